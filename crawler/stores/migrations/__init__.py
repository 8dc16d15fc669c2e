"""The database's versions: Alembic revisions, run by `migrate_database` when a store is opened."""
