"""How often a feed brings something new, what it asks of its pollers, and whether its 304 can be trusted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feeds", sa.Column("pace_entries", sa.Float()))
    op.add_column("feeds", sa.Column("pace_hours", sa.Float()))
    op.add_column("feeds", sa.Column("wishes", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("feeds", sa.Column("whole_at", sa.BigInteger()))
    op.add_column("feeds", sa.Column("distrusted_at", sa.BigInteger()))


def downgrade() -> None:
    for name in ("distrusted_at", "whole_at", "wishes", "pace_hours", "pace_entries"):
        op.drop_column("feeds", name)
