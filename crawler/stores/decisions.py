"""What people decide of stories and pages: written, taken back, listed.

    merge   all pages of two stories are one story's, under the first one's id
    split   a page is apart from every other page of its story, under a new id
    pin     a page is the canonical version of its story, wherever it is; `unpin` ends that
    undo    takes a decision back: what it overruled is in force again, and pages return to the stories they came from

Every method is one transaction that writes the decision and marks all pages it touches to be judged again: by the command itself,
or by the service that is running. Of decisions that contradict each other the later stands (`crawler.dedup.deciding`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update

from crawler.dedup.deciding import Saying, Says
from crawler.errors import UsageError
from crawler.model import PageId, StoryId
from crawler.stores.decided import add_sayings, read_bundles, read_decision, read_decisions, renew_force
from crawler.stores.engine import begin_verdict, read
from crawler.stores.reassigning import have_judged, lead_back, members_of, move_pages, snapshot, stories_of
from crawler.stores.schema import articles, decided_pairs, decisions
from crawler.stores.views import Decision

Words = Sequence[tuple[Says, PageId, PageId]]


class DecisionStore:
    """Decisions; nothing is judged here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def merge(self, page: PageId, other: PageId, now: datetime, *, note: str = "") -> Decision:
        """After this all pages of both pages' stories are together, under the id of the first; of one story, these two stay so."""
        with begin_verdict(self._engine) as connection:
            story, gone = _story_of(connection, page), _story_of(connection, other)
            if page == other:
                raise UsageError(f"both are {_urls(connection, [page])[0]} of {story}: there is nothing to merge")
            moves: dict[PageId, StoryId] = {}
            words = {_pair(Says.TOGETHER, page, other)}
            if story != gone:
                moves = {PageId(member.page_id): story for member in members_of(connection, gone)}
                both = [*members_of(connection, story), *members_of(connection, gone)]
                words |= {_pair(Says.TOGETHER, page, PageId(member.page_id)) for member in both if member.page_id != page}
            return _write(connection, "merge", sorted(words), moves, [story, gone], [page, other], note, now)

    def split(self, page: PageId, now: datetime, *, note: str = "") -> Decision:
        """After this a page has a story of its own, apart from every other page of the one it left; those stay together."""
        from crawler.stores.rulings import new_story_id

        with begin_verdict(self._engine) as connection:
            story = _story_of(connection, page)
            others = [PageId(member.page_id) for member in members_of(connection, story) if member.page_id != page]
            if not others:
                raise UsageError(f"{_urls(connection, [page])[0]} is the only page of its story {story}: there is nothing to split")
            rest = sorted(set(read_bundles(connection).of(page)) - {page})
            words = [_pair(Says.APART, page, other) for other in others]
            words += [_pair(Says.TOGETHER, rest[0], other) for other in rest[1:]]
            return _write(connection, "split", words, {page: new_story_id()}, [story], [page], note, now)

    def keep_apart(self, page: PageId, other: PageId, now: datetime, *, note: str = "") -> Decision:
        """After this two pages of different stories never share one."""
        with begin_verdict(self._engine) as connection:
            stories = [_story_of(connection, page), _story_of(connection, other)]
            if stories[0] == stories[1]:
                raise UsageError(f"both are in the story {stories[0]}: split one of them from it")
            return _write(connection, "split", [_pair(Says.APART, page, other)], {}, stories, [page, other], note, now)

    def pin(self, page: PageId, now: datetime, *, note: str = "") -> Decision:
        """After this a page is the canonical version of its story, wherever it is."""
        with begin_verdict(self._engine) as connection:
            story = _story_of(connection, page)
            return _write(connection, "pin", [(Says.PINNED, page, page)], {}, [story], [page], note, now)

    def unpin(self, page: PageId, now: datetime, *, note: str = "") -> Decision:
        """After this a page is canonical only where it is elected. Raises UsageError where it is not pinned."""
        with begin_verdict(self._engine) as connection:
            pinned = select(decided_pairs.c.low).where(
                decided_pairs.c.low == page, decided_pairs.c.says == Says.PINNED, decided_pairs.c.in_force
            )
            story, urls = _story_of(connection, page), _urls(connection, [page])
            if connection.execute(pinned).first() is None:
                raise UsageError(f"{urls[0]} is not pinned")
            return _write(connection, "unpin", [(Says.UNPINNED, page, page)], {}, [story], [page], note, now)

    def undo(self, id: int | None, now: datetime) -> Decision:
        """After this a decision (None: the last one that is not undone) is taken back, and its pages are where they were.

        A page that another decision holds with pages that stay, stays with them. Raises UsageError where there is none to undo.
        """
        with begin_verdict(self._engine) as connection:
            decision = _to_undo(connection, id)
            connection.execute(update(decisions).where(decisions.c.id == decision.id).values(undone_at=now))
            touched = renew_force(connection) | _pages_of(connection, decision.id)
            have_judged(connection, touched)
            touched |= _put_back(connection, decision.id, now)
            have_judged(connection, touched)
            undone = read_decision(connection, decision.id)
            assert undone is not None
            return undone

    def all(self) -> list[Decision]:
        """Every decision, the last first; undone ones too."""
        with read(self._engine) as connection:
            return read_decisions(connection)


def _write(
    connection: Connection, verb: str, words: Words, moves: Mapping[PageId, StoryId], stories: Sequence[StoryId],
    pages: Sequence[PageId], note: str, now: datetime,
) -> Decision:
    """Write a decision down, move what it moves, and have all that it touches judged."""
    row = {
        "verb": verb, "created_at": now, "note": note, "before": snapshot(connection, moves),
        "subject": {"stories": list(dict.fromkeys(stories)), "urls": _urls(connection, pages)},
    }
    id = connection.execute(insert(decisions).values(row)).inserted_primary_key
    assert id is not None
    add_sayings(connection, [Saying(id[0], low, high, says) for says, low, high in words])
    touched = renew_force(connection) | {page for _, low, high in words for page in (low, high)}
    have_judged(connection, touched)
    move_pages(connection, moves, now, decision=id[0])
    have_judged(connection, touched)
    decision = read_decision(connection, id[0])
    assert decision is not None
    return decision


def _to_undo(connection: Connection, id: int | None) -> Decision:
    if id is None:
        standing = select(decisions.c.id).where(decisions.c.undone_at.is_(None)).order_by(decisions.c.id.desc())
        id = connection.scalar(standing.limit(1))
        if id is None:
            raise UsageError("there is no decision to undo")
    decision = read_decision(connection, id)
    if decision is None:
        raise UsageError(f"there is no decision {id}; `decisions` lists them")
    if decision.undone_at is not None:
        raise UsageError(f"decision {id} is undone already")
    return decision


def _put_back(connection: Connection, id: int, now: datetime) -> set[PageId]:
    """Return the pages that a decision moved, unless what is in force holds them with pages that stay; which those are."""
    before = connection.execute(select(decisions.c.before).where(decisions.c.id == id)).scalar_one()
    moves = {PageId(int(page)): StoryId(story) for page, story in before["pages"].items()}
    bundles = read_bundles(connection)
    standing = stories_of(connection, {mate for page in moves for mate in bundles.of(page)})
    planned = standing | moves
    back = {page: story for page, story in moves.items() if {planned.get(mate, story) for mate in bundles.of(page)} == {story}}
    move_pages(connection, back, now, decision=id, canonical=before["canonical"])
    lead_back(connection, before["merged"])
    return set(back)


def _pages_of(connection: Connection, id: int) -> set[PageId]:
    rows = connection.execute(select(decided_pairs.c.low, decided_pairs.c.high).where(decided_pairs.c.decision_id == id))
    return {PageId(page) for row in rows for page in (row.low, row.high)}


def _story_of(connection: Connection, page: PageId) -> StoryId:
    story = stories_of(connection, [page]).get(page)
    if story is None:
        raise UsageError(f"page {page} is in no story: what was not judged cannot be decided on")
    return story


def _urls(connection: Connection, pages: Sequence[PageId]) -> list[str]:
    rows = connection.execute(select(articles.c.page_id, articles.c.url).where(articles.c.page_id.in_(pages)))
    urls: dict[int, str] = {row.page_id: row.url for row in rows}
    return [urls[page] for page in pages]


def _pair(says: Says, a: PageId, b: PageId) -> tuple[Says, PageId, PageId]:
    return says, min(a, b), max(a, b)
