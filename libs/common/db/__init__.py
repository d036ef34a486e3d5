"""The database: engine, unit of work, reads as JSON, row security, audit, migrations."""
