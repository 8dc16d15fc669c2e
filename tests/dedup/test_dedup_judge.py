import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from texts import NOW, make_document, make_story, minutes

from crawler.dedup.candidates import SHARING, Proposed, propose_pages
from crawler.dedup.chrome import is_count_due, learn_chrome
from crawler.dedup.clusters import is_digest, keep_ids, pairs_of
from crawler.dedup.compare import Bounds, compare
from crawler.dedup.document import Comparison, Decisions, Document
from crawler.dedup.judge import Rules
from crawler.model import CueKind, OriginCue, PageId, StoryId, TextState
from crawler.study.memory import MemoryDocket

PROMOTION = "Members read every title from every paper in one quiet place without any advertising on all the devices they own."
GATE = "Make an account to go on reading this and thousands of other titles in our app today."


def crawl(documents: Sequence[Document], names: dict[str, frozenset[str]] | None = None) -> MemoryDocket:
    docket = MemoryDocket(Rules(), names)
    docket.add_all(documents)
    return docket


def stories_of(docket: MemoryDocket) -> set[frozenset[str]]:
    return {frozenset(docket.held[page].url for page in pages) for pages in docket.story_pages.values()}


def canonical_of(docket: MemoryDocket, page: int) -> str:
    story = docket.held[PageId(page)].story
    assert story is not None
    return docket.held[docket.canonical[story]].url


def test_a_copy_that_came_first_gives_way_to_its_original_and_the_story_keeps_its_id() -> None:
    story = make_story(1)
    docket = crawl([make_document(1, story, url="https://app.example/n/1", published=minutes(30))])
    before = docket.held[PageId(1)].story
    docket.add(make_document(2, story, url="https://paper.example/a", published=minutes(0)))
    assert canonical_of(docket, 1) == "https://paper.example/a"
    assert docket.held[PageId(1)].story == docket.held[PageId(2)].story == before


def test_an_origin_that_a_copy_names_outranks_an_earlier_time() -> None:
    story = make_story(1)
    cue = OriginCue(kind=CueKind.CANONICAL, weight=3, url="https://paper.example/a")
    docket = crawl([
        make_document(1, story, url="https://copy.example/x", published=minutes(-90), cues=[cue]),
        make_document(2, story, url="https://paper.example/a", published=minutes(0)),
    ])
    assert canonical_of(docket, 1) == "https://paper.example/a"


def test_a_credit_to_a_page_with_another_text_changes_nothing() -> None:
    cue = OriginCue(kind=CueKind.CANONICAL, weight=3, url="https://paper.example/a")
    docket = crawl([
        make_document(1, make_story(1), url="https://copy.example/x", cues=[cue]),
        make_document(2, make_story(2), url="https://paper.example/a"),
    ])
    assert len(stories_of(docket)) == 2


def test_a_name_that_many_sites_bear_names_none_of_them() -> None:
    story = make_story(1)
    cue = OriginCue(kind=CueKind.CREDIT_LINE, weight=3, name="The News")
    pages = [
        make_document(1, story, url="https://copy.example/x", published=minutes(0), cues=[cue]),
        make_document(2, story, url="https://paper.example/a", published=minutes(10)),
    ]
    few = crawl(pages, {"news": frozenset({"paper.example"})})
    many = crawl(pages, {"news": frozenset({"paper.example", "one.example", "two.example"})})
    assert canonical_of(few, 1) == "https://paper.example/a"
    assert canonical_of(many, 1) == "https://copy.example/x"


def test_a_whole_text_outranks_an_earlier_one_that_is_cut_off() -> None:
    story = make_story(1)
    docket = crawl([
        make_document(1, story[:3], state=TextState.GATED, published=minutes(0)),
        make_document(2, story, published=minutes(60)),
    ])
    assert canonical_of(docket, 1) == "https://paper2.example/story"


def test_an_app_that_wraps_and_cuts_is_seen_through_once_its_chrome_is_known() -> None:
    originals = [make_story(seed) for seed in range(6)]
    pages = [make_document(i, text, published=minutes(i)) for i, text in enumerate(originals)]
    wrapped = [
        make_document(
            100 + i, [text[0], PROMOTION, text[1], GATE], url=f"https://app.example/{i}", title=f"Title of story number {i}"
        )
        for i, text in enumerate(originals)
    ]
    docket = crawl([*wrapped, *pages])
    assert stories_of(docket) == {frozenset({f"https://app.example/{i}", f"https://paper{i}.example/story"}) for i in range(6)}
    assert all(docket.held[PageId(100 + i)].relation == "excerpt" for i in range(6))


def test_stubs_of_other_stories_in_one_wrapper_stay_apart() -> None:
    stubs = [
        make_document(i, [make_story(i, words=18)[0], PROMOTION, GATE, PROMOTION[::-1]], url=f"https://app.example/{i}",
                      title=f"Another headline for stub number {i}")
        for i in range(8)
    ]
    assert len(stories_of(crawl(stubs))) == 8


def test_a_story_under_several_addresses_of_a_site_does_not_become_its_chrome() -> None:
    story = make_story(1)
    title = "Harbour bridge to close for a year"
    pages = [make_document(i, story, url=f"https://paper.example/{i}", title=title) for i in range(4)]
    assert len(learn_chrome(pages)) == 0
    assert len(stories_of(crawl(pages))) == 1


def test_a_headline_that_a_template_leaves_on_all_pages_does_not_hide_the_chrome() -> None:
    furniture = make_story(90, paragraphs=2)
    pages = [
        make_document(i, [*make_story(i, paragraphs=4), *furniture], url=f"https://paper.example/{i}",
                      titles=[f"Headline of the story with number {i}", "All the news of the harbour and the coast"])
        for i in range(3)
    ]
    chrome = learn_chrome(pages)
    assert len(chrome) == len(make_document(9, furniture).distinct_shingles)


def test_a_wrapper_around_stubs_under_one_headline_of_the_site_is_chrome() -> None:
    wrapper = make_story(90, paragraphs=3)
    stubs = [
        make_document(i, [*make_story(i, paragraphs=1, words=12), *wrapper], url=f"https://app.example/{i}",
                      titles=[f"Headline of the stub with number {i}", "All the news of the harbour and the coast"])
        for i in range(4)
    ]
    assert len(learn_chrome(stubs)) == len(make_document(9, wrapper).distinct_shingles)


def test_a_roundup_joins_none_of_its_stories() -> None:
    originals = [make_story(seed, paragraphs=4) for seed in range(5)]
    roundup = make_document(50, [text[0] for text in originals], url="https://brief.example/1")
    docket = crawl([*[make_document(i, text) for i, text in enumerate(originals)], roundup])
    assert frozenset({"https://brief.example/1"}) in stories_of(docket)


def two_stories() -> tuple[list[str], list[str]]:
    return make_story(1, paragraphs=6, words=60), make_story(2, paragraphs=6, words=60)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1)])
@pytest.mark.parametrize("made", ["parts", "whole", "live page"])
def test_a_page_made_of_two_stories_joins_neither(made: str, order: Sequence[int]) -> None:
    a, b = two_stories()
    own = make_story(5, paragraphs=4)
    page = {"parts": a[:3] + b[:2], "whole": a + b, "live page": own[:1] + a + own[1:] + b}[made]
    pages = [make_document(number, text, published=minutes(number)) for number, text in enumerate((a, b, page), start=1)]
    assert len(stories_of(crawl([pages[place] for place in order]))) == 3


def test_an_original_of_which_one_paper_has_the_first_half_and_another_the_whole_is_no_digest() -> None:
    story = make_story(1, paragraphs=10)
    whole, half = make_document(1, story, published=minutes(0)), make_document(2, story[:5], published=minutes(1))
    other = make_document(3, story[:7], published=minutes(2), state=TextState.GATED)
    assert len(stories_of(crawl([half, other, whole]))) == 1


def test_an_original_under_lines_of_its_page_is_no_digest_of_its_copies_that_are_two_stories_yet() -> None:
    story = make_story(1, paragraphs=8)
    original = make_document(1, make_story(5, paragraphs=2) + story, published=minutes(0))
    copies = [make_document(10, story[:5], published=minutes(3)), make_document(11, story[4:], published=minutes(4))]
    pairs = pairs_of([compared(original, copy, copy_story=f"s{copy.page}") for copy in copies] + [compared(*copies)])
    assert not is_digest(original.page, pairs)
    del pairs[copies[0].page][copies[1].page]
    assert is_digest(original.page, pairs)


def compared(one: Document, other: Document, copy_story: str | None = None) -> Comparison:
    nothing = learn_chrome([])
    made = compare(one, other, low_chrome=nothing, high_chrome=nothing, bounds=Bounds())
    return replace(made, high_story=None if copy_story is None else StoryId(copy_story))


def test_a_closing_paragraph_that_other_releases_bear_too_makes_no_digest() -> None:
    about = make_story(9, paragraphs=1, words=90)
    release, others = make_story(1, paragraphs=6), [make_story(seed, paragraphs=8) + about for seed in (2, 3)]
    docket = crawl([
        make_document(1, release + about, published=minutes(0)),
        make_document(2, release, state=TextState.GATED, published=minutes(5)),
        *[make_document(10 + place, text) for place, text in enumerate(others)],
    ])
    assert len(stories_of(docket)) == 3


def test_excerpts_of_a_long_original_do_not_make_it_a_roundup() -> None:
    story = make_story(1, paragraphs=12)
    excerpts = [make_document(10 + i, story[: 3 + i]) for i in range(4)]
    assert len(stories_of(crawl([make_document(1, story), *excerpts]))) == 1


def test_the_three_hundredth_edited_copy_is_found_though_its_rows_are_crowded() -> None:
    sharing = [(row, PageId(page)) for row in range(64) for page in range(1, 300) if (row + page) % 8]
    proposed = propose_pages([], sharing, [])
    assert (len(proposed.pages), proposed.crowded_rows) == (SHARING, 64)


def test_a_paragraph_under_everything_proposes_nobody_and_is_counted() -> None:
    crowd = [(row, PageId(page)) for row in range(5) for page in range(1, 300)]
    few = [(row, PageId(500)) for row in range(10, 13)]
    assert propose_pages([], [*crowd, *few], []) == Proposed((PageId(500),), 5)


def test_a_sites_chrome_is_counted_again_by_the_recent_pages_however_many_there_were() -> None:
    assert [is_count_due(documents, 200) for documents in (219, 220)] == [False, True]
    assert [is_count_due(documents, 100_000) for documents in (100_039, 100_040)] == [False, True]


def test_stories_are_never_joined_through_a_chain() -> None:
    a, b = make_story(1, paragraphs=10), make_story(2, paragraphs=10)
    bridge = make_document(3, [*a, *b], published=minutes(99))
    docket = crawl([make_document(1, a, published=minutes(0)), make_document(2, b, published=minutes(1)), bridge])
    assert docket.held[PageId(1)].story != docket.held[PageId(2)].story


def test_a_part_that_comes_back_takes_the_id_it_left_though_both_were_first_seen_at_once() -> None:
    story = make_story(1)
    members = [
        replace(make_document(page, story, published=minutes(page)), story=StoryId(id), kept=make_document(page, story).tokens)
        for page, id in ((1, "s9"), (2, "s1"))
    ]
    naming = keep_ids([members], {StoryId("s9"): PageId(1), StoryId("s1"): PageId(2)}, {StoryId("s9"): NOW, StoryId("s1"): NOW})
    assert naming.ids == ("s9",)


@pytest.mark.parametrize(
    ("parts", "ids"),
    [
        ([["a1", "a2", "b1"], ["b2"]], ("sb", None)),  # one page has another text now: who looks for the story finds it
        ([["a1", "b1"], ["a2"]], ("sb", None)),
        ([["a1", "a2", "n1"], ["b1", "b2", "n2"]], ("sa", "sb")),  # they were one for a moment
        ([["b1", "b2"], ["n1", "n2", "a1"], ["a2"]], ("sb", "sa", None)),
    ],
)
def test_a_story_that_parts_keeps_its_id_where_its_own_pages_are(parts: list[list[str]], ids: tuple[str | None, ...]) -> None:
    """All are of the story sb; those of a were of sa until that was merged into it, those of n came since."""
    numbers = {name: PageId(number) for number, name in enumerate(sorted(name for part in parts for name in part), 1)}
    documents = {name: replace(make_document(page, make_story(1)), story=StoryId("sb")) for name, page in numbers.items()}
    homes = {page: StoryId("sa") for name, page in numbers.items() if name.startswith("a")}
    first = {StoryId("sa"): NOW, StoryId("sb"): NOW}
    naming = keep_ids([[documents[name] for name in part] for part in parts], {StoryId("sb"): numbers["b1"]}, first, homes)
    assert (naming.ids, naming.merged) == (ids, {})


def test_what_a_person_decides_stands_above_the_texts() -> None:
    story = make_story(1)
    docket = MemoryDocket(Rules())
    docket.decided = Decisions(
        pinned={PageId(2): 1},
        apart=frozenset({(PageId(1), PageId(3))}),
        together=frozenset({(PageId(2), PageId(4))}),
    )
    docket.add_all([
        make_document(1, story, published=minutes(0)), make_document(2, story, published=minutes(10)),
        make_document(3, story, published=minutes(20)), make_document(4, make_story(2)),
    ])
    assert docket.held[PageId(2)].story == docket.held[PageId(4)].story
    assert docket.held[PageId(1)].story != docket.held[PageId(3)].story
    assert canonical_of(docket, 2) == "https://paper2.example/story"


def random_family(rng: random.Random, seed: int) -> list[Document]:
    """One story as several sites carry it: whole, cut, wrapped, edited, with and without times and credits."""
    story = make_story(seed, paragraphs=8)
    family = []
    for i in range(rng.randint(2, 7)):
        page = 100 * seed + i
        blocks = story[: rng.randint(3, 8)] if rng.random() < 0.4 else list(story)
        if rng.random() < 0.3:
            blocks.insert(rng.randrange(len(blocks)), make_story(1000 + page, paragraphs=1)[0])
        cue = OriginCue(kind=CueKind.CREDIT_LINE, weight=rng.choice([1, 3]), url=f"https://paper{100 * seed}.example/story")
        family.append(
            make_document(
                page, blocks,
                published=minutes(rng.randint(0, 600)) if rng.random() < 0.8 else None,
                first_seen_at=NOW + timedelta(minutes=rng.randint(0, 600)),
                state=TextState.FULL if len(blocks) >= 8 else rng.choice([TextState.FULL, TextState.TRUNCATED]),
                cues=[cue] if i and rng.random() < 0.4 else [],
            )
        )
    return family


def test_a_hundred_stories_end_alike_in_any_order_of_arrival(record_property: pytest.FixtureRequest) -> None:
    rng = random.Random(7)
    differing = 0
    for seed in range(1, 101):
        family = random_family(rng, seed)
        outcomes = []
        for _ in range(4):
            rng.shuffle(family)
            docket = crawl(family)
            by_story = {
                frozenset(docket.held[page].url for page in pages): docket.held[docket.canonical[story]].url
                for story, pages in docket.story_pages.items()
            }
            outcomes.append(by_story)
        for outcome in outcomes[1:]:
            shared = outcome.keys() & outcomes[0].keys()
            changed = [members for members in shared if outcome[members] != outcomes[0][members]]
            assert not changed, "the same members, another canonical version"
        differing += any(outcome.keys() != outcomes[0].keys() for outcome in outcomes[1:])
    print(f"{differing} of 100 stories had other members in another order of arrival")
    assert differing == 0


def test_judging_again_changes_nothing() -> None:
    rng = random.Random(3)
    family = [document for seed in range(1, 20) for document in random_family(rng, seed)]
    docket = crawl(family)
    before, canonical = dict(docket.story_pages), dict(docket.canonical)
    for document in family:
        docket.judge(document.page)
    assert (docket.story_pages, docket.canonical) == (before, canonical)


def test_a_story_of_more_pages_than_are_clustered_together_is_ruled_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.dedup.judge.MOST_CONNECTED", 4)
    story = make_story(1)
    docket = crawl([make_document(page, story, published=minutes(-page)) for page in range(1, 11)])
    assert [len(pages) for pages in docket.story_pages.values()] == [10]
    assert [page for page, document in docket.held.items() if document.relation is None] == [10]
    docket.judge(PageId(3))
    assert [len(pages) for pages in docket.story_pages.values()] == [10]


@pytest.mark.parametrize("earlier", [-1, 1], ids=["the original first", "the original last"])
def test_a_story_of_more_copies_than_are_proposed_stays_one(monkeypatch: pytest.MonkeyPatch, earlier: int) -> None:
    monkeypatch.setattr("crawler.dedup.candidates.SHARING", 4)
    monkeypatch.setattr("crawler.dedup.judge.SHARING", 4)
    story = make_story(1, paragraphs=5, words=30)
    copies = [
        make_document(page, [*story, *make_story(1000 + page, paragraphs=1, words=15)], published=minutes(-earlier * page))
        for page in range(1, 31)
    ]
    assert len(stories_of(crawl(copies))) == 1
