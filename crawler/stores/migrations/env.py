"""Alembic's entry: runs the revisions on the connection that `migrate_database` hands over, in its transaction.

From the command line it opens the database of `-x database=sqlite:///PATH` instead (to write a new revision, say).
"""

from alembic import context
from sqlalchemy import Connection

from crawler.stores.engine import begin_write, connect_engine
from crawler.stores.schema import metadata


def run(connection: Connection) -> None:
    # SQLite can roll a table's creation back, which Alembic does not take for granted.
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    with begin_write(connect_engine(context.get_x_argument(as_dictionary=True)["database"])) as own:
        run(own)
