"""With which status a host asked to be left alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hosts", sa.Column("status", sa.Integer()))


def downgrade() -> None:
    op.drop_column("hosts", "status")
