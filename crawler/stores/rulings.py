"""Writing a verdict down: the page's cut text and index rows, its comparisons, and every story that it changes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from crawler.dedup.compare import RULE
from crawler.dedup.judge import Judgement, StoryRuling
from crawler.dedup.relation import MemberRuling
from crawler.dedup.signature import SCHEME
from crawler.model import PageId, Relation, StoryId
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
    promoted: list[StoryId] = field(default_factory=list)  # stories whose canonical version is another now
    merged: list[StoryId] = field(default_factory=list)


class Rulings:
    """Writes judgements on one connection, in the transaction in which they were read."""

    def __init__(self, connection: Connection, docket: SqlDocket, now: datetime) -> None:
        self.connection = connection
        self.docket = docket
        self.now = now

    def write(self, judgement: Judgement) -> Written:
        """After this the page, its comparisons and all stories touched stand as the judgement says."""
        self._write_page(judgement)
        self._write_rows(judgement)
        self._write_comparisons(judgement)
        written = Written()
        standing = self._standing(judgement)
        for ruling in judgement.stories:
            self._write_story(ruling, judgement.page, standing, written)
        for ruling in judgement.stories:
            for member in ruling.members:
                self.docket.forget(member.page)
        return written

    def _write_page(self, judgement: Judgement) -> None:
        self.connection.execute(
            update(articles)
            .where(articles.c.page_id == judgement.page)
            .values(
                kept=tokens_to_bytes(judgement.kept), marks=judgement.marks, text_key=judgement.text_key, scheme=SCHEME,
                rule=RULE, judged_at=self.now, judge_due=False,
            )
        )

    def _write_rows(self, judgement: Judgement) -> None:
        before = set(self.connection.execute(select(bands.c.row).where(bands.c.page_id == judgement.page)).scalars())
        now = set(judgement.rows)
        if gone := before - now:
            self.connection.execute(delete(bands).where(bands.c.page_id == judgement.page, bands.c.row.in_(gone)))
        if new := now - before:
            self.connection.execute(insert(bands), [{"row": row, "page_id": judgement.page} for row in sorted(new)])

    def _write_comparisons(self, judgement: Judgement) -> None:
        page = judgement.page
        self.connection.execute(delete(links).where(or_(links.c.low == page, links.c.high == page)))
        if judgement.comparisons:
            self.connection.execute(
                insert(links),
                [
                    {"low": c.low, "high": c.high, "joined": c.joined, "reason": c.reason, "measures": measures_to_json(c.measures)}
                    for c in judgement.comparisons
                ],
            )

    def _standing(self, judgement: Judgement) -> Mapping[int, AnyRow]:
        """Where every member stands before this judgement."""
        members = [member.page for ruling in judgement.stories for member in ruling.members]
        wanted = select(articles.c.page_id, articles.c.story_id, articles.c.relation, articles.c.first_seen_at)
        return {row.page_id: row for row in self.connection.execute(wanted.where(articles.c.page_id.in_(members)))}

    def _write_story(self, ruling: StoryRuling, judged: PageId, standing: Mapping[int, AnyRow], written: Written) -> None:
        story = ruling.id or self._create(ruling, standing)
        before = self.connection.execute(select(stories).where(stories.c.id == story)).one()
        moved = [member for member in ruling.members if self._is_moved(member, story, standing)]
        for member in ruling.members:
            if member in moved or member.page == judged or before.canonical_id != ruling.canonical:
                self._write_member(member, story)
        for member in moved:
            self._tell_move(member, story, standing, is_new=ruling.id is None)
        for gone in ruling.merged:
            self._merge(gone, story)
        promoted = before.canonical_id is not None and before.canonical_id != ruling.canonical
        if promoted:
            self._event(story, "promoted", ruling.canonical, {"instead_of": before.canonical_id, "why": ruling.why})
            written.promoted.append(story)
        written.merged += ruling.merged
        if any(member.page == judged for member in ruling.members):
            written.story, written.is_new = story, ruling.id is None
            written.relation = next(member.relation for member in ruling.members if member.page == judged)
        changed = bool(moved or promoted or ruling.merged) or before.canonical_id is None
        if changed or before.why_canonical != ruling.why or before.origins != ruling.origins:
            self._update_story(story, ruling, before, changed)

    def _create(self, ruling: StoryRuling, standing: Mapping[int, AnyRow]) -> StoryId:
        story = new_story_id()
        first = min(standing[member.page].first_seen_at for member in ruling.members)
        self.connection.execute(
            insert(stories).values(
                id=story, canonical_id=None, why_canonical="", members=len(ruling.members), origins=ruling.origins,
                first_seen_at=first, changed_at=self.now, settle_due=False,
            )
        )
        self._event(story, "created", ruling.canonical, {})
        return story

    def _is_moved(self, member: MemberRuling, story: StoryId, standing: Mapping[int, AnyRow]) -> bool:
        row = standing[member.page]
        return bool(row.story_id != story or row.relation != (None if member.relation is None else member.relation.value))

    def _write_member(self, member: MemberRuling, story: StoryId) -> None:
        self.connection.execute(
            update(articles)
            .where(articles.c.page_id == member.page)
            .values(
                story_id=story, relation=None if member.relation is None else member.relation.value, evidence=dict(member.evidence)
            )
        )

    def _tell_move(self, member: MemberRuling, story: StoryId, standing: Mapping[int, AnyRow], *, is_new: bool) -> None:
        before = standing[member.page].story_id
        if before == story:
            return
        if before is not None:
            self._event(StoryId(before), "left", member.page, {"to": story})
            self.connection.execute(update(stories).where(stories.c.id == before).values(settle_due=True))
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

    def _update_story(self, story: StoryId, ruling: StoryRuling, before: AnyRow, changed: bool) -> None:
        self.connection.execute(
            update(stories)
            .where(stories.c.id == story)
            .values(
                canonical_id=ruling.canonical, why_canonical=ruling.why, members=len(ruling.members), origins=ruling.origins,
                merged_into=None, changed_at=self.now if changed else before.changed_at,
                settle_due=before.settle_due or changed,
            )
        )

    def _event(self, story: StoryId, event: str, page: int | None, detail: Mapping[str, Any]) -> None:
        self.connection.execute(
            insert(story_events).values(story_id=story, at=self.now, event=event, page_id=page, detail=dict(detail))
        )


def _main_measures(member: MemberRuling) -> dict[str, Any]:
    measures = member.evidence.get("canonical") or {}
    return {name: measures[name] for name in ("reason", "jaccard", "containment", "coverage") if name in measures}
