"""Writing a verdict down: the page's cut text and index rows, its comparisons, and every story that it changes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, or_, select, update

from crawler.dedup.compare import RULE
from crawler.dedup.judge import Judgement, StoryRuling
from crawler.dedup.relation import MemberRuling
from crawler.dedup.signature import SCHEME
from crawler.model import PageId, Relation, StoryId
from crawler.stores.chasing import are_chased
from crawler.stores.docket import SqlDocket
from crawler.stores.facts import measures_to_json, tokens_to_bytes
from crawler.stores.schema import AnyRow, articles, bands, links, stories, story_events

ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o, u: read aloud and typed
ID_LENGTH = 8


def new_story_id() -> StoryId:
    """A fresh public id; 40 bits, so that a million stories meet by chance about once in two."""
    return StoryId("s" + "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH)))


@dataclass(slots=True, kw_only=True)
class Written:
    """What a judgement changed."""

    story: StoryId | None = None
    relation: Relation | None = None
    is_new: bool = False
    is_unmatched: bool = False  # an origin that was named, and whose text is no story's
    promoted: list[StoryId] = field(default_factory=list)  # stories whose canonical version is another now
    merged: list[StoryId] = field(default_factory=list)


_PAGE: BindParameter[Any] = bindparam("page")
# Built once: building a statement costs SQLAlchemy more than SQLite takes to do it.
_SET_PAGE = update(articles).where(articles.c.page_id == _PAGE).values(
    kept=bindparam("kept"), marks=bindparam("marks"), text_key=bindparam("text_key"), scheme=SCHEME, rule=RULE,
    judged_at=bindparam("judged_at"), judge_due=False, story_id=bindparam("story"), relation=bindparam("now"),
    evidence=bindparam("proof"), crowded_rows=bindparam("crowded"),
)
_GET_ROWS = select(bands.c.row).where(bands.c.page_id == _PAGE)
_DROP_ROWS = delete(bands).where(bands.c.page_id == _PAGE, bands.c.row.in_(bindparam("rows", expanding=True)))
_ADD_ROWS = insert(bands)
_DROP_LINKS = delete(links).where(or_(links.c.low == _PAGE, links.c.high == _PAGE))
_ADD_LINKS = insert(links)
_SET_MEMBER = update(articles).where(articles.c.page_id == _PAGE).values(
    story_id=bindparam("story"), relation=bindparam("now"), evidence=bindparam("proof")
)
_HAVE_JUDGED = update(articles).where(
    articles.c.page_id.in_(bindparam("pages", expanding=True)),
    articles.c.story_id.in_(select(stories.c.id).where(stories.c.members > 1)),
).values(judge_due=True)
_ADD_STORY = insert(stories)
_SET_STORY = update(stories).where(stories.c.id == bindparam("story")).values(
    canonical_id=bindparam("canonical"), why_canonical=bindparam("why"), members=bindparam("number"), origins=bindparam("own"),
    merged_into=None, changed_at=bindparam("at"), settle_due=bindparam("settle"),
)
_UNSETTLE = update(stories).where(stories.c.id == bindparam("story")).values(settle_due=True)
_ADD_EVENT = insert(story_events)


class Rulings:
    """Writes judgements on one connection, in the transaction in which they were read."""

    def __init__(self, connection: Connection, docket: SqlDocket, now: datetime) -> None:
        self.connection = connection
        self.docket = docket
        self.now = now
        self._judged: PageId | None = None
        self._is_judged_chased: bool | None = None
        self._standing_of_judged: dict[str, Any] = {}  # written with the page itself

    def write(self, judgement: Judgement, *, is_first: bool = False, is_chased: bool | None = None) -> Written:
        """After this the page, its comparisons and all stories touched stand as the judgement says.

        `is_first`: the page never had a verdict. `is_chased`: whether only articles named it; None where that is not known.
        """
        self._judged, self._is_judged_chased = judgement.page, is_chased
        self._write_rows(judgement, is_first=is_first)
        self._write_comparisons(judgement, is_first=is_first)
        written = Written()
        before = {row.id: row for row in self.docket.story_rows([ruling.id for ruling in judgement.stories if ruling.id])}
        for ruling in self._with_ids_where_feeds_lead(judgement.stories):
            if ruling.id is None and self._is_chased(ruling):
                self._set_aside(ruling, judgement.page, written)
            elif ruling.id is None:
                self._create_story(ruling, judgement.page, written)
            else:
                self._write_story(ruling, ruling.id, before[ruling.id], judgement.page, written)
        self._write_page(judgement)
        if judgement.again:
            self.connection.execute(_HAVE_JUDGED, {"pages": judgement.again})
        for ruling in judgement.stories:
            for member in ruling.members:
                self.docket.forget(member.page)
        self.docket.forget_stories()
        return written

    def _write_page(self, judgement: Judgement) -> None:
        self.connection.execute(
            _SET_PAGE,
            {
                "page": judgement.page, "kept": tokens_to_bytes(judgement.kept), "marks": judgement.marks,
                "text_key": judgement.text_key, "judged_at": self.now, "crowded": judgement.crowded_rows,
                **self._standing_of_judged,
            },
        )

    def _write_rows(self, judgement: Judgement, *, is_first: bool) -> None:
        page, now = judgement.page, set(judgement.rows)
        before = set() if is_first else set(self.connection.execute(_GET_ROWS, {"page": page}).scalars())
        if gone := before - now:
            self.connection.execute(_DROP_ROWS, {"page": page, "rows": sorted(gone)})
        if new := now - before:
            self.connection.execute(_ADD_ROWS, [{"row": row, "page_id": page} for row in sorted(new)])

    def _write_comparisons(self, judgement: Judgement, *, is_first: bool) -> None:
        if not is_first:
            self.connection.execute(_DROP_LINKS, {"page": judgement.page})
        if judgement.comparisons:
            self.connection.execute(
                _ADD_LINKS,
                [
                    {"low": c.low, "high": c.high, "joined": c.joined, "reason": c.reason, "measures": measures_to_json(c.measures)}
                    for c in judgement.comparisons
                ],
            )

    def _is_chased(self, ruling: StoryRuling) -> bool:
        members = [member.page for member in ruling.members]
        if self._is_judged_chased is False and self._judged in members:
            return False
        return are_chased(self.connection, members)

    def _with_ids_where_feeds_lead(self, rulings: Sequence[StoryRuling]) -> list[StoryRuling]:
        """Where a story parts into pages that feeds brought and origins that were only named, the former keep its id."""
        found = list(rulings)
        for place, taker in enumerate(found):
            of_stories = {member.before.story for member in taker.members} - {None}
            giver = next((at for at, other in enumerate(found) if other.id in of_stories and other is not taker), None)
            if taker.id is None and giver is not None and self._is_chased(found[giver]) and not self._is_chased(taker):
                found[place], found[giver] = replace(taker, id=found[giver].id), replace(found[giver], id=None)
        return found

    def _set_aside(self, ruling: StoryRuling, judged: PageId, written: Written) -> None:
        """Pages that nobody but articles has named make no story; a page that matches them later still finds them."""
        for member in ruling.members:
            if (before := member.before.story) is not None:
                self._event(before, "left", member.page, {})
                self.connection.execute(_UNSETTLE, {"story": before})
            self._write_member(member, None)
            written.is_unmatched = written.is_unmatched or member.page == judged

    def _create_story(self, ruling: StoryRuling, judged: PageId, written: Written) -> None:
        story = new_story_id()
        first = min(member.before.first_seen_at for member in ruling.members)
        self.connection.execute(
            _ADD_STORY,
            {
                "id": story, "canonical_id": ruling.canonical, "why_canonical": ruling.why, "members": len(ruling.members),
                "origins": ruling.origins, "first_seen_at": first, "changed_at": self.now, "settle_due": True,
            },
        )
        self._event(story, "created", ruling.canonical, {})
        for member in ruling.members:
            self._write_member(member, story)
            self._tell_move(member, story, is_new=True)
        self._note(ruling, story, judged, written)

    def _write_story(self, ruling: StoryRuling, story: StoryId, before: AnyRow, judged: PageId, written: Written) -> None:
        promoted = before.canonical_id is not None and before.canonical_id != ruling.canonical
        moved = [member for member in ruling.members if member.is_moved(story)]
        for member in ruling.members:
            if member in moved or member.page == judged or promoted:
                self._write_member(member, story)
        if before.merged_into is not None:  # what was one for a moment, or by mistake, parts under the ids it had
            self._event(story, "returned", ruling.canonical, {})
        for member in moved:
            self._tell_move(member, story, is_new=False)
        for gone in ruling.merged:
            self._merge(gone, story)
        if promoted:
            self._event(story, "promoted", ruling.canonical, {"instead_of": before.canonical_id, "why": ruling.why})
            written.promoted.append(story)
        self._note(ruling, story, judged, written)
        fewer = before.members != len(ruling.members)
        changed = bool(moved or promoted or ruling.merged or fewer) or before.canonical_id is None
        if changed or before.why_canonical != ruling.why or before.origins != ruling.origins:
            self.connection.execute(
                _SET_STORY,
                {
                    "story": story, "canonical": ruling.canonical, "why": ruling.why, "number": len(ruling.members),
                    "own": ruling.origins, "at": self.now if changed else before.changed_at,
                    "settle": bool(before.settle_due or changed),
                },
            )

    def _note(self, ruling: StoryRuling, story: StoryId, judged: PageId, written: Written) -> None:
        written.merged += ruling.merged
        for member in ruling.members:
            if member.page == judged:
                written.story, written.is_new, written.relation = story, ruling.id is None, member.relation

    def _write_member(self, member: MemberRuling, story: StoryId | None) -> None:
        relation = None if member.relation is None or story is None else member.relation.value
        standing = {"story": story, "now": relation, "proof": dict(member.evidence)}
        if member.page == self._judged:
            self._standing_of_judged = standing
        else:
            self.connection.execute(_SET_MEMBER, {"page": member.page, **standing})

    def _tell_move(self, member: MemberRuling, story: StoryId, *, is_new: bool) -> None:
        before = member.before.story
        if before == story:
            return
        if before is not None:
            self._event(before, "left", member.page, {"to": story})
            self.connection.execute(_UNSETTLE, {"story": before})
        if not is_new or member.relation is not None:
            self._event(story, "joined", member.page, {"relation": member.relation, **_main_measures(member)})

    def _merge(self, gone: StoryId, into: StoryId) -> None:
        canonical = self.connection.execute(select(stories.c.canonical_id).where(stories.c.id == gone)).scalar()
        self.connection.execute(
            update(stories).where(stories.c.id == gone).values(
                merged_into=into, canonical_id=None, members=0, changed_at=self.now, settle_due=False
            )
        )
        self.connection.execute(update(stories).where(stories.c.merged_into == gone).values(merged_into=into))
        self._event(into, "merged", canonical, {"story": gone})

    def _event(self, story: StoryId, event: str, page: int | None, detail: Mapping[str, Any]) -> None:
        self.connection.execute(
            _ADD_EVENT, {"story_id": story, "at": self.now, "event": event, "page_id": page, "detail": dict(detail)}
        )


def _main_measures(member: MemberRuling) -> dict[str, Any]:
    measures = member.evidence.get("canonical") or {}
    return {name: measures[name] for name in ("reason", "jaccard", "containment", "coverage") if name in measures}
