"""Pairs that a verdict decided closely: what `review` asks a person about.

    near miss   compared and refused: just below a bound, or for want of a shared opening, or by the stricter bounds within a site
    weak join   a copy just above the bound that joined it, by a named origin, or through other members only

Of the pairs between two stories only the closest is asked; none that was asked before, and none whose stories a person kept apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, case, func, or_, select

from crawler.dedup.compare import Bounds
from crawler.model import PageId, StoryId
from crawler.stores.engine import read
from crawler.stores.schema import AnyRow, articles, decided_pairs, decisions, links, stories
from crawler.stores.views import Doubt

MARGIN = 0.1  # so near to a bound, below or above, is close
_ROUNDING = 1e-9
_SHOWN = ("jaccard", "containment", "coverage", "lead", "shared")  # measures
_SHARED_WITHOUT = ("no_lead", "same_site")  # refused though much is shared
_LOW, _HIGH = articles.alias("low_article"), articles.alias("high_article")


class Doubts:
    """Reads doubts, the closest first."""

    def __init__(self, engine: Engine, bounds: Bounds) -> None:
        self._engine = engine
        self._bounds = bounds

    def open(self) -> list[Doubt]:
        """Every doubt that nobody has settled."""
        with read(self._engine) as connection:
            asked = _asked(connection)
            return sorted(
                (doubt for doubt in (*self._near_misses(connection), *self._weak_joins(connection)) if _key(doubt) not in asked),
                key=lambda doubt: (doubt.distance, doubt.page, doubt.other),
            )

    def _near_misses(self, connection: Connection) -> Iterator[Doubt]:
        closest: dict[tuple[StoryId, StoryId], Doubt] = {}
        kept_apart = _kept_apart(connection)
        for row in connection.execute(self._near_miss_select()):
            doubt = _doubt(row, joined=False, reason=row.reason, measures=row.measures, distance=self._below(row))
            between = _between(doubt)
            if between not in kept_apart and (between not in closest or doubt.distance < closest[between].distance):
                closest[between] = doubt
        yield from closest.values()

    def _near_miss_select(self) -> Select[Any]:
        bounds, is_site = self._bounds, _LOW.c.site == _HIGH.c.site
        jaccard, containment = (links.c.measures[name].as_float() for name in ("jaccard", "containment"))
        near = or_(
            jaccard >= case((is_site, bounds.site_jaccard), else_=bounds.jaccard) - MARGIN - _ROUNDING,
            containment >= case((is_site, bounds.site_containment), else_=bounds.containment) - MARGIN - _ROUNDING,
        )
        return (
            select(links.c.low, links.c.high, links.c.reason, links.c.measures, *_sides())
            .join(_LOW, _LOW.c.page_id == links.c.low)
            .join(_HIGH, _HIGH.c.page_id == links.c.high)
            .where(~links.c.joined, _LOW.c.story_id != _HIGH.c.story_id)
            .where(or_(links.c.reason.in_(_SHARED_WITHOUT), and_(links.c.reason == "different", near)))
        )

    def _below(self, row: AnyRow) -> float:
        """How far the nearest bound is; of what shares enough, how far the opening's is."""
        bounds, measures = self._bounds, row.measures
        is_site = row.low_site == row.high_site
        jaccard = bounds.site_jaccard if is_site else bounds.jaccard
        containment = bounds.site_containment if is_site else bounds.containment
        lead = (bounds.site_lead if is_site else bounds.lead) - measures["lead"]
        contained = max(containment - measures["containment"], lead, 0.0)
        return float(min(max(jaccard - measures["jaccard"], 0.0), contained))

    def _weak_joins(self, connection: Connection) -> Iterator[Doubt]:
        for row in connection.execute(self._weak_join_select()):
            measures, through = row.evidence["canonical"], row.evidence.get("through") or []
            reason = "through members" if through else measures["reason"]
            yield _doubt(row, joined=True, reason=reason, measures=measures, distance=0.0 if through else self._above(measures))

    def _weak_join_select(self) -> Select[Any]:
        bounds, evidence = self._bounds, _LOW.c.evidence
        reason = evidence[("canonical", "reason")].as_string()
        is_site = _LOW.c.site == _HIGH.c.site
        jaccard = case((is_site, bounds.site_jaccard), else_=bounds.jaccard) + MARGIN
        containment = case((is_site, bounds.site_containment), else_=bounds.containment) + MARGIN
        weak: ColumnElement[bool] = or_(
            func.coalesce(func.json_array_length(evidence["through"]), 0) > 0,
            and_(reason == "jaccard", evidence[("canonical", "jaccard")].as_float() < jaccard),
            and_(reason == "contained", evidence[("canonical", "containment")].as_float() < containment),
            reason.in_(("named", "opening")),
        )
        return (
            select(_LOW.c.page_id.label("low"), _HIGH.c.page_id.label("high"), evidence, *_sides())
            .join(stories, stories.c.id == _LOW.c.story_id)
            .join(_HIGH, _HIGH.c.page_id == stories.c.canonical_id)
            .where(_LOW.c.relation.is_not(None), weak)
        )

    def _above(self, measures: Any) -> float:
        if measures["reason"] == "named":
            return 0.0
        name = "jaccard" if measures["reason"] == "jaccard" else "containment"
        return float(max(measures[name] - getattr(self._bounds, name), 0.0))


def _sides() -> list[ColumnElement[Any]]:
    return [
        column.label(f"{side}_{name}")
        for side, article in (("low", _LOW), ("high", _HIGH))
        for name, column in (("story", article.c.story_id), ("site", article.c.site), ("url", article.c.url))
    ]


def _doubt(row: AnyRow, *, joined: bool, reason: str, measures: Any, distance: float) -> Doubt:
    return Doubt(
        page=PageId(row.low), other=PageId(row.high), urls=(row.low_url, row.high_url),
        stories=(StoryId(row.low_story), StoryId(row.high_story)), joined=joined, reason=reason, distance=distance,
        measures={name: measures[name] for name in _SHOWN if name in measures},
    )  # fmt: skip


def _key(doubt: Doubt) -> tuple[PageId, PageId]:
    return min(doubt.page, doubt.other), max(doubt.page, doubt.other)


def _between(doubt: Doubt) -> tuple[StoryId, StoryId]:
    return min(doubt.stories), max(doubt.stories)


def _asked(connection: Connection) -> set[tuple[PageId, PageId]]:
    """The pairs of which a person said something that is not undone."""
    said = select(decided_pairs.c.low, decided_pairs.c.high).join(decisions, decisions.c.id == decided_pairs.c.decision_id)
    return {(PageId(row.low), PageId(row.high)) for row in connection.execute(said.where(decisions.c.undone_at.is_(None)))}


def _kept_apart(connection: Connection) -> set[tuple[StoryId, StoryId]]:
    """The stories between which two pages are apart by a person's word."""
    apart = (
        select(_LOW.c.story_id.label("one"), _HIGH.c.story_id.label("other"))
        .select_from(decided_pairs)
        .join(_LOW, _LOW.c.page_id == decided_pairs.c.low)
        .join(_HIGH, _HIGH.c.page_id == decided_pairs.c.high)
        .where(decided_pairs.c.in_force, decided_pairs.c.says == "apart")
    )
    return {(min(row.one, row.other), max(row.one, row.other)) for row in connection.execute(apart) if row.one and row.other}
