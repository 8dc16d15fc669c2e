"""The tables, once for SQLite and PostgreSQL.

    feeds ──< entries >── pages ──< revisions          an appearance, an address, what it held and when
                            │
                         articles >── stories ──< story_events
                            ├──< bands                the index: one row for each (permutation, value)
                            ├──< title_keys           equal titles are candidates
                            └──< links >── articles   every comparison made, joined or refused, with its measures
    decisions ──< decided_pairs >── pages             what people decided, above every measure

    sites, site_names     what is known of a registrable domain: its chrome, what it calls itself
    hosts, robots         manners: holds after 429 and 503, cached robots.txt
    runs                  what each crawl or service run did
    search                full text of the canonical versions (SQLite FTS5; made in the migration)

Times are stored as UTC microseconds since 1970 in BIGINT (`UtcTime`), so that both databases compare and sort them alike.
"""

from __future__ import annotations

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
    column,
    table,
    text,
)

from crawler.stores.columns import EPOCH as EPOCH
from crawler.stores.columns import MICROSECOND as MICROSECOND
from crawler.stores.columns import AnyRow as AnyRow
from crawler.stores.columns import Id
from crawler.stores.columns import UtcTime as UtcTime

metadata = MetaData()

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
    Column("pace_entries", Float),  # model.Pace, both or neither
    Column("pace_hours", Float),
    Column("wishes", JSON, nullable=False, server_default="{}"),  # model.PollWishes, only what was stated
    Column("whole_at", UtcTime),
    Column("distrusted_at", UtcTime),
    Column("parts", JSON, nullable=False, server_default="[]"),  # model.FeedPart of each sitemap that an index led to
    Column("next_due_at", UtcTime, nullable=False),
    Column("why_due", Text, nullable=False, server_default=""),
    Column("last_polled_at", UtcTime),
    Column("last_ok_at", UtcTime),
    Column("failures", Float, nullable=False, server_default=text("0")),
    Column("last_error", Text),
    Column("moved_to", Text),  # a permanent redirect that was seen, and since when; adopted after a day
    Column("moved_since_at", UtcTime),
    Column("moved_count", Integer, nullable=False, server_default=text("0")),
    Column("gone_since_at", UtcTime),
    Column("gone_count", Integer, nullable=False, server_default=text("0")),
    Column("lease_token", BigInteger, nullable=False, server_default=text("0")),
    Column("leased_until_at", UtcTime),
    Column("deaths", Integer, nullable=False, server_default=text("0")),  # of processes that held it, since its last result
    Column("added_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,  # an id is told to people, and held by leases: it never becomes another feed's
)
Index("feeds_due", feeds.c.status, feeds.c.next_due_at)

entries = Table(
    "entries", metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("page_id", Id, ForeignKey("pages.id")),
    Column("content_hash", Text, nullable=False),
    Column("updated_at", UtcTime),  # the entry's own updated time, to see a change of it
    Column("entry", JSON, nullable=False),  # the whole FeedEntry, as stores.codecs writes it
    Column("first_seen_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),  # when it was last in the feed's window; ids are kept 30 days beyond
    UniqueConstraint("feed_id", "key"),
)
Index("entries_page", entries.c.page_id)
Index("entries_last_seen", entries.c.feed_id, entries.c.last_seen_at)

pages = Table(
    "pages", metadata,
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # urls.address_key: http and https are one page
    Column("url", Text, nullable=False),  # urls.normalise: what is fetched
    Column("host", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", UtcTime),  # when it is to be fetched (again); None: nothing is owed
    Column("why_due", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default=text("0")),  # since it last became due; counted at claim
    Column("hops", Integer, nullable=False, server_default=text("0")),
    Column("redirect_to", Id, ForeignKey("pages.id")),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("rechecks", Integer, nullable=False, server_default=text("0")),  # steps of recheck.after_s already made
    Column("fetched_at", UtcTime),
    Column("last_error", Text),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("lease_token", BigInteger, nullable=False, server_default=text("0")),
    Column("leased_until_at", UtcTime),
    Column("deaths", Integer, nullable=False, server_default=text("0")),  # of processes that held it, since its last result
    Column("chased_at", UtcTime),  # when an article named it as its origin; None: a feed brought it
    sqlite_autoincrement=True,  # what is said of a page that is gone (story_events, decisions) never comes to mean another
)
# Claiming skips what is leased, or on a host that is at work, within this index.
Index("pages_due", pages.c.due_at, pages.c.host, pages.c.id, pages.c.leased_until_at,
      sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL"))
Index("pages_chased", pages.c.chased_at,
      sqlite_where=text("chased_at IS NOT NULL"), postgresql_where=text("chased_at IS NOT NULL"))

revisions = Table(
    "revisions", metadata,
    Column("id", Id, primary_key=True),
    Column("page_id", Id, ForeignKey("pages.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, …
    Column("read_at", UtcTime, nullable=False),
    Column("url", Text, nullable=False),  # the final address fetched
    Column("article", JSON, nullable=False),  # metadata, state, source, reasons, cues: as stores.codecs writes them
    Column("marks", Text, nullable=False),
    Column("text", Text),  # None where `difference` restores it
    Column("difference", LargeBinary),  # crawler.dedup.difference against `base_id`
    Column("base_id", Id, ForeignKey("revisions.id")),
    Column("text_hash", Text, nullable=False),  # of the cleaned text: equal means no revision
    Column("words", Integer, nullable=False),
    UniqueConstraint("page_id", "number"),
)

stories = Table(
    "stories", metadata,
    Column("id", String(16), primary_key=True),
    Column("canonical_id", Id, ForeignKey("pages.id")),
    Column("why_canonical", Text, nullable=False, server_default=""),
    Column("merged_into", String(16)),  # a story found to be another: its id still finds it
    Column("members", Integer, nullable=False, server_default=text("1")),
    Column("origins", Integer, nullable=False, server_default=text("1")),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("settle_due", Boolean, nullable=False, server_default=text("0")),  # its copies' texts are yet to become differences
)
Index("stories_changed", stories.c.changed_at)
Index("stories_merged", stories.c.merged_into,
      sqlite_where=text("merged_into IS NOT NULL"), postgresql_where=text("merged_into IS NOT NULL"))
Index("stories_settle", stories.c.settle_due, sqlite_where=text("settle_due"))

articles = Table(
    "articles", metadata,  # the current verdict on a page: what crawler.dedup.Document needs, and what it found
    Column("page_id", Id, ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("revision_id", Id, ForeignKey("revisions.id"), nullable=False),
    Column("story_id", String(16), ForeignKey("stories.id")),
    Column("relation", String(16)),  # None for the canonical version
    Column("url", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("source", String(8), nullable=False),
    Column("title", Text),
    Column("language", String(16)),
    Column("publisher", Text),
    Column("published_at", UtcTime),
    Column("facts", JSON, nullable=False),  # titles, cues, agencies, organisations, published: for the verdict
    Column("tokens", LargeBinary, nullable=False),
    Column("marks", Text, nullable=False),  # one letter a block, chrome included
    Column("kept", LargeBinary, nullable=False),  # the tokens that are compared: what is left after chrome and gate are cut
    Column("text_key", BigInteger),  # hash of all kept tokens
    Column("scheme", String(32), nullable=False),  # of the signature in bands: scheme:hash:permutations:seed
    Column("evidence", JSON, nullable=False),
    Column("rule", Integer, nullable=False),  # rule version of the verdict
    Column("crowded_rows", Integer, nullable=False, server_default=text("0")),  # index rows that too many pages share to tell
    Column("first_seen_at", UtcTime, nullable=False),
    Column("judged_at", UtcTime, nullable=False),
    Column("judge_due", Boolean, nullable=False, server_default=text("0")),  # its site's chrome, or a decision, changed since
)
Index("articles_story", articles.c.story_id)
Index("articles_site", articles.c.site, articles.c.first_seen_at)
Index("articles_text_key", articles.c.text_key)
Index("articles_judge_due", articles.c.judge_due, sqlite_where=text("judge_due"), postgresql_where=text("judge_due"))

# Without these a dropped page or revision makes the database read whole tables for what may point to it.
for _pointer in (pages.c.redirect_to, revisions.c.base_id, stories.c.canonical_id, articles.c.revision_id):
    Index(f"{_pointer.table.name}_{_pointer.name}", _pointer)

bands = Table(
    "bands", metadata,
    Column("row", BigInteger, primary_key=True),  # permutation << 32 | value
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
    "links", metadata,  # low < high
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
    Column("at", UtcTime, nullable=False),
    Column("event", String(16), nullable=False),  # created, joined, left, promoted, merged, returned
    Column("page_id", Id),
    Column("detail", JSON, nullable=False),
)
Index("story_events_story", story_events.c.story_id)

decisions = Table(
    "decisions", metadata,  # what people decided; what was taken back stays
    Column("id", Id, primary_key=True),
    Column("verb", String(8), nullable=False),  # merge, split, pin, unpin
    Column("created_at", UtcTime, nullable=False),
    Column("undone_at", UtcTime),
    Column("note", Text, nullable=False, server_default=""),
    Column("subject", JSON, nullable=False),  # what it was said of, in stories' ids and addresses as they were
    Column("before", JSON, nullable=False),  # which page was in which story: what taking it back restores
)

decided_pairs = Table(
    "decided_pairs", metadata,  # low < high; a pin is a page with itself
    Column("decision_id", Id, ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("low", Id, ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True),
    Column("high", Id, ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True),
    Column("says", String(8), nullable=False),  # together, apart, pinned, unpinned
    Column("in_force", Boolean, nullable=False),  # not undone, and no later decision says otherwise
    sqlite_with_rowid=False,
)
Index("decided_pairs_low", decided_pairs.c.low, decided_pairs.c.high)
Index("decided_pairs_high", decided_pairs.c.high)

sites = Table(
    "sites", metadata,
    Column("site", Text, primary_key=True),
    Column("documents", Integer, nullable=False),  # articles judged so far
    Column("counted", Integer, nullable=False),  # … when its chrome was last counted
    Column("chrome", LargeBinary, nullable=False),  # sorted uint64 shingles
)

site_names = Table(
    "site_names", metadata,  # what pages of a site call it, folded (crawler.dedup.words.fold_name)
    Column("name", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("pages", Integer, nullable=False),
    sqlite_with_rowid=False,
)

hosts = Table(
    "hosts", metadata,
    Column("host", Text, primary_key=True),
    Column("held_until_at", UtcTime),
    Column("status", Integer),  # 429 or 503: what it answered; None: noted by an older version
    Column("reason", Text, nullable=False, server_default=""),
)

robots = Table(
    "robots", metadata,
    Column("origin", Text, primary_key=True),  # scheme://host[:port]
    Column("status", Integer),  # None: unreachable
    Column("body", LargeBinary, nullable=False),
    Column("fetched_at", UtcTime, nullable=False),
    Column("failing_since_at", UtcTime),
)

runs = Table(
    "runs", metadata,
    Column("id", Id, primary_key=True),
    Column("command", String(16), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("summary", JSON, nullable=False),
)

# Full text of the canonical versions, one row a page; a virtual table (SQLite FTS5), made in the migration, not by `metadata`.
search = table("search", column("rowid", BigInteger), column("title", Text), column("text", Text))
