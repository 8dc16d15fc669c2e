"""The first tables, as they were when the second revision was written: frozen, whatever crawler.stores.schema says since.

Times are UTC microseconds since 1970.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SEARCH = "CREATE VIRTUAL TABLE search USING fts5(title, text, tokenize = 'unicode61 remove_diacritics 2')"

metadata = MetaData()
Id = BigInteger().with_variant(Integer, "sqlite")

feeds = Table(
    "feeds", metadata,
    Column("id", Id, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("host", Text, nullable=False),
    Column("title", Text),
    Column("site_url", Text),
    Column("topics", JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("every_s", Integer),
    Column("text_only", Boolean, nullable=False, server_default=text("0")),
    Column("auth", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("interval_s", Float),
    Column("next_due_at", BigInteger, nullable=False),
    Column("why_due", Text, nullable=False, server_default=""),
    Column("last_polled_at", BigInteger),
    Column("last_ok_at", BigInteger),
    Column("failures", Float, nullable=False, server_default=text("0")),
    Column("last_error", Text),
    Column("moved_to", Text),
    Column("moved_since_at", BigInteger),
    Column("moved_count", Integer, nullable=False, server_default=text("0")),
    Column("gone_since_at", BigInteger),
    Column("gone_count", Integer, nullable=False, server_default=text("0")),
    Column("lease_token", BigInteger, nullable=False, server_default=text("0")),
    Column("leased_until_at", BigInteger),
    Column("added_at", BigInteger, nullable=False),
)
Index("feeds_due", feeds.c.status, feeds.c.next_due_at)

entries = Table(
    "entries", metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("page_id", Id, ForeignKey("pages.id")),
    Column("content_hash", Text, nullable=False),
    Column("updated_at", BigInteger),
    Column("entry", JSON, nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    UniqueConstraint("feed_id", "key"),
)
Index("entries_page", entries.c.page_id)
Index("entries_last_seen", entries.c.feed_id, entries.c.last_seen_at)

pages = Table(
    "pages", metadata,
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", BigInteger),
    Column("why_due", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("hops", Integer, nullable=False, server_default=text("0")),
    Column("redirect_to", Id, ForeignKey("pages.id")),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("rechecks", Integer, nullable=False, server_default=text("0")),
    Column("fetched_at", BigInteger),
    Column("last_error", Text),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("lease_token", BigInteger, nullable=False, server_default=text("0")),
    Column("leased_until_at", BigInteger),
)
Index("pages_due", pages.c.due_at, pages.c.host, pages.c.id, pages.c.leased_until_at,
      sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL"))

revisions = Table(
    "revisions", metadata,
    Column("id", Id, primary_key=True),
    Column("page_id", Id, ForeignKey("pages.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("read_at", BigInteger, nullable=False),
    Column("url", Text, nullable=False),
    Column("article", JSON, nullable=False),
    Column("marks", Text, nullable=False),
    Column("text", Text),
    Column("difference", LargeBinary),
    Column("base_id", Id, ForeignKey("revisions.id")),
    Column("text_hash", Text, nullable=False),
    Column("words", Integer, nullable=False),
    UniqueConstraint("page_id", "number"),
)

stories = Table(
    "stories", metadata,
    Column("id", String(16), primary_key=True),
    Column("canonical_id", Id, ForeignKey("pages.id")),
    Column("why_canonical", Text, nullable=False, server_default=""),
    Column("merged_into", String(16)),
    Column("members", Integer, nullable=False, server_default=text("1")),
    Column("origins", Integer, nullable=False, server_default=text("1")),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("settle_due", Boolean, nullable=False, server_default=text("0")),
)
Index("stories_changed", stories.c.changed_at)
Index("stories_settle", stories.c.settle_due, sqlite_where=text("settle_due"))

articles = Table(
    "articles", metadata,
    Column("page_id", Id, ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("revision_id", Id, ForeignKey("revisions.id"), nullable=False),
    Column("story_id", String(16), ForeignKey("stories.id")),
    Column("relation", String(16)),
    Column("url", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("source", String(8), nullable=False),
    Column("title", Text),
    Column("language", String(16)),
    Column("publisher", Text),
    Column("published_at", BigInteger),
    Column("facts", JSON, nullable=False),
    Column("tokens", LargeBinary, nullable=False),
    Column("marks", Text, nullable=False),
    Column("kept", LargeBinary, nullable=False),
    Column("opening", BigInteger),
    Column("text_key", BigInteger),
    Column("scheme", String(32), nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("rule", Integer, nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("judged_at", BigInteger, nullable=False),
    Column("judge_due", Boolean, nullable=False, server_default=text("0")),
)
Index("articles_story", articles.c.story_id)
Index("articles_site", articles.c.site, articles.c.first_seen_at)
Index("articles_opening", articles.c.opening)
Index("articles_text_key", articles.c.text_key)
Index("articles_judge_due", articles.c.judge_due, sqlite_where=text("judge_due"), postgresql_where=text("judge_due"))

for _pointer in (pages.c.redirect_to, revisions.c.base_id, stories.c.canonical_id, articles.c.revision_id):
    Index(f"{_pointer.table.name}_{_pointer.name}", _pointer)

bands = Table(
    "bands", metadata,
    Column("row", BigInteger, primary_key=True),
    Column("page_id", Id, primary_key=True),
    sqlite_with_rowid=False,
)
Index("bands_page", bands.c.page_id)

title_keys = Table(
    "title_keys", metadata,
    Column("key", BigInteger, primary_key=True),
    Column("page_id", Id, primary_key=True),
    sqlite_with_rowid=False,
)
Index("title_keys_page", title_keys.c.page_id)

links = Table(
    "links", metadata,
    Column("low", Id, ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True),
    Column("high", Id, ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True),
    Column("joined", Boolean, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("measures", JSON, nullable=False),
    sqlite_with_rowid=False,
)
Index("links_high", links.c.high)

story_events = Table(
    "story_events", metadata,
    Column("id", Id, primary_key=True),
    Column("story_id", String(16), ForeignKey("stories.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("event", String(16), nullable=False),
    Column("page_id", Id),
    Column("detail", JSON, nullable=False),
)
Index("story_events_story", story_events.c.story_id)

sites = Table(
    "sites", metadata,
    Column("site", Text, primary_key=True),
    Column("documents", Integer, nullable=False),
    Column("counted", Integer, nullable=False),
    Column("chrome", LargeBinary, nullable=False),
)

site_names = Table(
    "site_names", metadata,
    Column("name", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("pages", Integer, nullable=False),
    sqlite_with_rowid=False,
)

hosts = Table(
    "hosts", metadata,
    Column("host", Text, primary_key=True),
    Column("held_until_at", BigInteger),
    Column("reason", Text, nullable=False, server_default=""),
)

robots = Table(
    "robots", metadata,
    Column("origin", Text, primary_key=True),
    Column("status", Integer),
    Column("body", LargeBinary, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
    Column("failing_since_at", BigInteger),
)

runs = Table(
    "runs", metadata,
    Column("id", Id, primary_key=True),
    Column("command", String(16), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("summary", JSON, nullable=False),
)


def upgrade() -> None:
    connection = op.get_bind()
    metadata.create_all(connection, checkfirst=False)
    if connection.dialect.name == "sqlite":
        op.execute(SEARCH)


def downgrade() -> None:
    op.execute("DROP TABLE search")
    metadata.drop_all(op.get_bind())
