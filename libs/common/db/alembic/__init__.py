"""One Alembic environment for all services; each has its own history in services/<name>/migrations/versions."""
