"""`explain`: why pages are one story, or are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.invocation import Invocation, output_options

if TYPE_CHECKING:
    from crawler.model import PageId
    from crawler.stores.reading import Reading
    from crawler.stores.views import Member, StoryView


_AGREE_AND_APART = (
    "the texts agree, but a page joins a story only by its canonical version or a third of its members; a roundup, a digest or a "
    "live page only as a whole; and what people decided stands"
)


@click.command("explain")
@click.argument("first", metavar="ID|URL")
@click.argument("second", metavar="[ID|URL]", required=False)
@output_options
@click.pass_obj
def command(invocation: Invocation, first: str, second: str | None) -> None:
    """Explain a verdict: of a story, each member's; of a copy's address, its own; of two, what stands between them.

    Shown are the measures, the longest shared runs, the cues, the candidates refused and why, and side by side what differs.
    """
    from crawler.cli.evidence import render

    with invocation.store() as store:
        reading: Reading = store.reading
        explained = _explain_pair(reading, first, second) if second else _explain_one(reading, first)
        if invocation.as_json:
            for values in explained:
                invocation.emit(values)
        else:
            invocation.say("\n\n".join("\n".join(render(values)) for values in explained))


def _explain_one(reading: Reading, reference: str) -> Iterator[dict[str, Any]]:
    """The evidence of one member where its address is given, else of all members of the story."""
    from crawler.cli.lookup import look_up
    from crawler.stores.views import PageView

    view = look_up(reading, reference)
    if isinstance(view, PageView):
        yield {"url": view.url, "story": None, "state": view.state, "why": view.last_error or view.why_due}
        return
    members = (view.record.canonical, *view.record.copies)
    page = reading.page(reference)
    named = [member for member in members if page is not None and member.page == page.id]
    for member in named or members:
        yield _member_values(reading, view, member)


def _member_values(reading: Reading, view: StoryView, member: Member) -> dict[str, Any]:
    """The stored evidence of a member, page ids made addresses, with the texts compared where it is a copy."""
    canonical = view.record.canonical
    values: dict[str, Any] = {
        "url": member.url,
        "title": member.title,
        "story": view.record.id,
        "relation": member.relation or "canonical",
        "rule": member.rule,
        "text_state": member.state,
        "text_source": member.source,
        "crowded_rows": member.crowded_rows or None,
    }
    evidence = dict(member.evidence)
    measures = evidence.pop("canonical", None)
    values["decided"] = _decided(reading, member.page)
    if member.page == canonical.page:
        values["why_canonical"] = view.why_canonical
    else:
        values["canonical"] = canonical.url
        values["measures"] = measures
    values |= {name: value for name, value in evidence.items() if name not in ("rule", "runs")}
    values["cut"] = _cut(reading, member)
    if member.page != canonical.page:
        values |= _text_values(_text(reading, member), view.record.text)
    return _with_addresses(values, _addresses(reading))


def _explain_pair(reading: Reading, first: str, second: str) -> Iterator[dict[str, Any]]:
    """What stands between two pages: the comparison that was made, or that none was, and their texts compared."""
    from crawler.cli.lookup import find_member

    one, other = find_member(reading, first), find_member(reading, second)
    story, other_story = (page.story if page else None for page in (reading.page(one.page), reading.page(other.page)))
    values: dict[str, Any] = {"url": one.url, "title": one.title, "story": story, "with": other.url, "other_story": other_story}
    values["verdict"] = "one story" if story == other_story else "two stories"
    values["decided"] = _decided(reading, one.page, other.page)
    values |= _comparison_values(reading, one, other)
    if values["joined"] and story != other_story:
        values["kept_apart"] = _AGREE_AND_APART
    values |= _text_values(_text(reading, one), _text(reading, other))
    yield _with_addresses(values, _addresses(reading))


def _decided(reading: Reading, *pages: PageId) -> list[str]:
    """The decisions in force on these pages, in words."""
    from crawler.cli.deciding import decision_text

    return [decision_text(decision) for decision in reading.decisions(pages)]


def _comparison_values(reading: Reading, one: Member, other: Member) -> dict[str, Any]:
    """The measures between two pages, as seen from the first: from its evidence, else from the comparison that was kept."""
    rows = [one.evidence.get("canonical"), *one.evidence.get("refused", ())]
    measures = next((row for row in rows if isinstance(row, Mapping) and row.get("page") == other.page), None)
    comparison = next((c for c in reading.comparisons(one.page) if c.other_page == other.page), None)
    if measures is None and comparison is None:
        return {"joined": None, "reason": "not compared, or too little shared to be worth keeping"}
    if measures is None and comparison is not None:
        measures = {"reason": comparison.reason} | dict(comparison.measures)
    return {"joined": comparison.joined if comparison else None, "measures": measures}


def _text(reading: Reading, member: Member) -> str:
    return "\n".join(block.text for block in reading.blocks(member.page) if block.mark == "t")


def _cut(reading: Reading, member: Member) -> list[dict[str, Any]]:
    """What of the page was not compared, by what it was taken for, in the order of the page."""
    from crawler.model import BlockMark

    cut: dict[str, list[str]] = {}
    for block in reading.blocks(member.page):
        if block.mark != BlockMark.TEXT:
            cut.setdefault(BlockMark(block.mark).name.lower(), []).append(block.text)
    return [
        {"as": name, "words": sum(len(line.split()) for line in lines), "text": " … ".join(lines)} for name, lines in cut.items()
    ]


def _text_values(text: str, other: str) -> dict[str, Any]:
    from crawler.cli.comparing import compare_texts, longest_shared

    stretches = compare_texts(text, other)
    return {
        "longest_shared_runs": [{"words": stretch.words, "text": stretch.here} for stretch in longest_shared(stretches)],
        "differences": [{"here": stretch.here, "there": stretch.there} for stretch in stretches if not stretch.is_shared],
    }


def _addresses(reading: Reading) -> Callable[[int], str]:
    def address(page: int) -> str:
        from crawler.model import PageId

        view = reading.page(PageId(page))
        return view.url if view else f"page {page}, since dropped"

    return address


def _with_addresses(values: dict[str, Any], address: Callable[[int], str]) -> dict[str, Any]:
    """Evidence names pages by their ids; a person wants addresses."""
    for name in ("refused", "through"):
        if isinstance(rows := values.get(name), list):
            values[name] = [_with_address(row, address) for row in rows]
    if isinstance(measures := values.get("measures"), dict):
        values["measures"] = {key: value for key, value in measures.items() if key != "page"}
    return values


def _with_address(row: Any, address: Callable[[int], str]) -> Any:
    if isinstance(row, dict) and "page" in row:
        return {"url": address(row["page"])} | {key: value for key, value in row.items() if key != "page"}
    return address(row) if isinstance(row, int) else row
