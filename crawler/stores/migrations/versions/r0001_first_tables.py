"""The first tables.

Follows crawler.stores.schema until a second revision is written; that one first freezes these tables here as they were.
"""

from __future__ import annotations

from alembic import op

from crawler.stores import sqlite
from crawler.stores.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    metadata.create_all(connection, checkfirst=False)
    if connection.dialect.name == sqlite.BACKEND:
        op.execute(sqlite.SEARCH)


def downgrade() -> None:
    op.execute("DROP TABLE search")
    metadata.drop_all(op.get_bind())
