"""Ids of feeds and pages are never given out twice, and deaths of those that held one are counted.

SQLite gives a new row the id of the newest one that was deleted, unless the table is made with AUTOINCREMENT, which no ALTER TABLE
adds: both tables are made anew, filled, and put in the place of the old ones (https://sqlite.org/lang_altertable.html §7). That is
done while references are not enforced, else dropping a table would empty those that point to it (`crawler.stores.sqlite`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("feeds", "pages")
# What is still said of pages that are gone: their ids are not to come back either.
LAST_PAGE = """
    UPDATE sqlite_sequence SET seq = max(
        seq,
        (SELECT coalesce(max(page_id), 0) FROM story_events),
        (SELECT coalesce(max(CAST(moved.key AS INTEGER)), 0) FROM decisions, json_each(decisions."before", '$.pages') AS moved)
    ) WHERE name = 'pages'
"""
COUNTED = """
    INSERT INTO sqlite_sequence (name, seq)
    SELECT 'pages', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'pages')
"""


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": True}) as batch:
            batch.add_column(sa.Column("deaths", sa.Integer(), nullable=False, server_default=sa.text("0")))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(COUNTED)
        op.execute(LAST_PAGE)


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": False}) as batch:
            batch.drop_column("deaths")
