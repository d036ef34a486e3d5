"""Alembic's entry: runs the revisions of the service named in the configuration, on the owner's connection."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
