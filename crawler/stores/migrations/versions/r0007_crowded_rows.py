"""How many index rows of a page are crowded; which stories were merged into one; an opening's hash goes, as nothing reads it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MERGED = sa.text("merged_into IS NOT NULL")


def upgrade() -> None:
    op.add_column("articles", sa.Column("crowded_rows", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("stories_merged", "stories", ["merged_into"], sqlite_where=_MERGED, postgresql_where=_MERGED)
    op.drop_index("articles_opening", "articles")
    op.drop_column("articles", "opening")


def downgrade() -> None:
    op.add_column("articles", sa.Column("opening", sa.BigInteger()))
    op.create_index("articles_opening", "articles", ["opening"])
    op.drop_index("stories_merged", "stories")
    op.drop_column("articles", "crowded_rows")
