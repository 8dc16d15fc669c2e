"""What people decide of pages, and when an address was first named as an origin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("verb", sa.String(8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger()),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("subject", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
    )
    op.create_table(
        "decided_pairs",
        sa.Column("decision_id", _ID, sa.ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("low", _ID, sa.ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("high", _ID, sa.ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("says", sa.String(8), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("decided_pairs_low", "decided_pairs", ["low", "high"])
    op.create_index("decided_pairs_high", "decided_pairs", ["high"])
    op.add_column("pages", sa.Column("chased_at", sa.BigInteger()))
    op.create_index(
        "pages_chased", "pages", ["chased_at"],
        sqlite_where=sa.text("chased_at IS NOT NULL"), postgresql_where=sa.text("chased_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("pages_chased", "pages")
    op.drop_column("pages", "chased_at")
    op.drop_table("decided_pairs")
    op.drop_table("decisions")
