"""Bring a database to the version that this code speaks; Alembic is imported only where there is something to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, column, inspect, select, table

from crawler.errors import StoreTooNew
from crawler.stores.engine import begin_migration, read

HEAD = "0007"  # the newest revision in migrations/versions

_VERSION = table("alembic_version", column("version_num"))


def migrate_database(engine: Engine) -> None:
    """After this the database has the tables of this version. Raises StoreTooNew where a later version has written it."""
    with read(engine) as connection:
        if _version(connection) == HEAD:
            return
    with begin_migration(engine) as connection:  # another process may have migrated it meanwhile
        version = _version(connection)
        if version != HEAD:
            _upgrade(connection, version, str(engine.url.database))


def _version(connection: Connection) -> str | None:
    """The revision of the database, None where it is empty."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()


def _upgrade(connection: Connection, version: str | None, database: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise StoreTooNew(
            f"{database} was written by a newer version of the crawler (its revision is {version!r}, the newest known here"
            f" {HEAD!r}): install that version, or use another --data-dir"
        )
    command.upgrade(config, "head")
