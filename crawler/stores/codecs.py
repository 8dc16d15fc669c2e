"""Values as they are stored in JSON columns, and back, exactly: absent fields are left out, times are microseconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crawler.model import (
    Article,
    CueKind,
    FeedEntry,
    FeedPart,
    Metadata,
    OriginCue,
    PollWishes,
    Precision,
    TextSource,
    TextState,
    Timestamp,
    Validators,
)  # fmt: skip
from crawler.stores.schema import EPOCH, MICROSECOND

Json = dict[str, Any]

_ENTRY_FIELDS = (
    "key", "url", "title", "author", "summary", "content", "source_title", "source_url", "image_url", "content_hash",
)  # fmt: skip
_METADATA_FIELDS = ("title", "publisher", "canonical_url", "language", "image_url")
_METADATA_LISTS = ("titles", "authors", "organisations", "agencies")


def timestamp_to_json(stated: Timestamp | None) -> list[Any] | None:
    if stated is None:
        return None
    return [(stated.at - EPOCH) // MICROSECOND, stated.precision.value, stated.zone_known, stated.source]


def timestamp_from_json(stored: list[Any] | None) -> Timestamp | None:
    if stored is None:
        return None
    micros, precision, zone_known, source = stored
    return Timestamp(at=EPOCH + micros * MICROSECOND, precision=Precision(precision), zone_known=zone_known, source=source)


def entry_to_json(entry: FeedEntry) -> Json:
    stored = _given(entry, _ENTRY_FIELDS)
    stored |= _present(published=timestamp_to_json(entry.published), updated=timestamp_to_json(entry.updated))
    return stored


def entry_from_json(stored: Mapping[str, Any]) -> FeedEntry:
    fields = {name: stored[name] for name in _ENTRY_FIELDS if name in stored}
    fields.setdefault("url", None)
    return FeedEntry(
        published=timestamp_from_json(stored.get("published")), updated=timestamp_from_json(stored.get("updated")), **fields
    )


def wishes_to_json(wishes: PollWishes) -> Json:
    skips = _present(skip_hours=sorted(wishes.skip_hours) or None, skip_days=sorted(wishes.skip_days) or None)
    return _present(every_s=wishes.every_s) | skips


def wishes_from_json(stored: Mapping[str, Any]) -> PollWishes:
    return PollWishes(
        every_s=stored.get("every_s"), skip_hours=frozenset(stored.get("skip_hours", ())),
        skip_days=frozenset(stored.get("skip_days", ())),
    )


def parts_to_json(parts: Iterable[FeedPart]) -> list[Json]:
    return [_given(part, ("url", "changed_at", "body_hash")) | _given(part.validators, ("etag", "last_modified")) for part in parts]


def parts_from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[FeedPart, ...]:
    return tuple(
        FeedPart(
            url=part["url"], changed_at=part.get("changed_at"), body_hash=part.get("body_hash"),
            validators=Validators(etag=part.get("etag"), last_modified=part.get("last_modified")),
        )
        for part in stored
    )


def cue_to_json(cue: OriginCue) -> Json:
    return {"kind": cue.kind.value, "weight": cue.weight} | _given(cue, ("url", "name", "quote"))


def cue_from_json(stored: Mapping[str, Any]) -> OriginCue:
    return OriginCue(
        kind=CueKind(stored["kind"]), weight=stored["weight"], url=stored.get("url"), name=stored.get("name"),
        quote=stored.get("quote", ""),
    )


def metadata_to_json(metadata: Metadata) -> Json:
    stored = _given(metadata, _METADATA_FIELDS)
    stored |= {name: list(listed) for name in _METADATA_LISTS if (listed := getattr(metadata, name))}
    stored |= _present(published=timestamp_to_json(metadata.published), updated=timestamp_to_json(metadata.updated))
    return stored


def metadata_from_json(stored: Mapping[str, Any]) -> Metadata:
    fields: Json = {name: stored[name] for name in _METADATA_FIELDS if name in stored}
    fields |= {name: tuple(stored[name]) for name in _METADATA_LISTS if name in stored}
    return Metadata(
        published=timestamp_from_json(stored.get("published")), updated=timestamp_from_json(stored.get("updated")),
        **fields,
    )


def article_to_json(article: Article) -> Json:
    """All of an article but its text and tokens."""
    return {
        "url": article.url,
        "metadata": metadata_to_json(article.metadata),
        "marks": article.marks,
        "state": article.state.value,
        "source": article.source.value,
        "reasons": list(article.reasons),
        "cues": [cue_to_json(cue) for cue in article.cues],
    }


def article_from_json(stored: Mapping[str, Any], *, text: str) -> Article:
    """The article with its blocks, one a line of `text`, and without its tokens."""
    return Article(
        url=stored["url"],
        metadata=metadata_from_json(stored["metadata"]),
        blocks=tuple(text.split("\n")) if text else (),
        marks=stored["marks"],
        state=TextState(stored["state"]),
        source=TextSource(stored["source"]),
        reasons=tuple(stored["reasons"]),
        cues=tuple(cue_from_json(cue) for cue in stored["cues"]),
    )


def _given(value: object, names: Iterable[str]) -> Json:
    """The fields that differ from what an absent one is read as; an empty string where None means absent stays."""
    return {name: field for name in names if (field := getattr(value, name)) is not None}


def _present(**fields: Any) -> Json:
    return {name: field for name, field in fields.items() if field is not None}
