"""What people decide holds, whatever the texts say and in whatever order it was decided."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from texts import make_document, make_story, minutes

from crawler.dedup.deciding import Bundles, Saying, Says, in_force
from crawler.dedup.document import Decisions, Document, pair_of
from crawler.dedup.judge import Rules
from crawler.model import PageId
from crawler.study.memory import MemoryDocket


def saying(decision: int, says: Says, a: int, b: int | None = None) -> Saying:
    low, high = pair_of(PageId(a), PageId(a if b is None else b))
    return Saying(decision, low, high, says)


def decisions_of(sayings: set[Saying]) -> Decisions:
    pairs = {says: frozenset((s.low, s.high) for s in sayings if s.says is says) for says in Says}
    pinned = {s.low: s.decision for s in sayings if s.says is Says.PINNED}
    return Decisions(pinned=pinned, together=pairs[Says.TOGETHER], apart=pairs[Says.APART])


PAGES = st.integers(1, 6)
PAIRS = st.builds(saying, st.integers(1, 9), st.sampled_from([Says.TOGETHER, Says.APART]), PAGES, PAGES)
SAYINGS = st.lists(PAIRS.filter(lambda said: said.low != said.high))


@given(SAYINGS)
def test_decisions_in_force_never_contradict_each_other(sayings: list[Saying]) -> None:
    decided = decisions_of(in_force(sayings))
    bundles = Bundles(decided.together)
    assert not any(high in bundles.of(low) for low, high in decided.apart)


@given(SAYINGS)
def test_the_last_decision_is_in_force_whatever_came_before(sayings: list[Saying]) -> None:
    last = saying(10, Says.APART, 1, 2)
    assert last in in_force([*sayings, last])


@given(SAYINGS)
def test_decisions_out_of_force_contradict_what_was_decided_later(sayings: list[Saying]) -> None:
    standing = in_force(sayings)
    for lost in set(sayings) - standing:
        later = {s for s in standing if s.decision >= lost.decision}
        decided = decisions_of(later)
        bundles = Bundles(decided.together, decided.apart)
        if lost.says is Says.APART:
            assert lost.high in bundles.of(lost.low)
        else:
            assert bundles.are_apart(bundles.of(lost.low), bundles.of(lost.high))


def test_the_last_word_on_a_pin_stands() -> None:
    pinned, unpinned = saying(1, Says.PINNED, 4), saying(2, Says.UNPINNED, 4)
    assert in_force([pinned, unpinned]) == {unpinned}
    assert in_force([pinned]) == {pinned}


def family(seed: int, first: int) -> list[Document]:
    """Four sites' versions of one story, one of them cut and one with a paragraph of its own."""
    story = make_story(seed, paragraphs=6)
    shown = [story, story[:3], [*story, *make_story(1000 + seed, paragraphs=1)], story[2:]]
    return [make_document(first + i, blocks, published=minutes(seed + i)) for i, blocks in enumerate(shown)]


def check(docket: MemoryDocket, decided: Decisions) -> None:
    story = {page: document.story for page, document in docket.held.items()}
    assert all(story[low] == story[high] for low, high in decided.together)
    assert not any(story[low] == story[high] for low, high in decided.apart)
    for page in decided.pinned:
        rivals = [other for other in decided.pinned if story[other] == story[page]]
        standing = story[page]
        assert standing is not None
        assert docket.canonical[standing] == max(rivals, key=lambda rival: decided.pinned[rival])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_what_was_decided_holds_after_every_verdict(seed: int) -> None:
    rng = random.Random(seed)
    documents = [document for number in range(3) for document in family(10 * seed + number, 1 + 4 * number)]
    docket, sayings = MemoryDocket(Rules()), list[Saying]()
    rng.shuffle(documents)
    docket.add_all(documents[:8])
    for decision in range(1, 9):
        a, b = rng.sample([document.page for document in docket.held.values()], 2)
        says = rng.choice([Says.TOGETHER, Says.TOGETHER, Says.APART, Says.APART, Says.PINNED, Says.UNPINNED])
        sayings.append(saying(decision, says, a, b if says in (Says.TOGETHER, Says.APART) else None))
        if rng.random() < 0.3:
            sayings.remove(rng.choice(sayings))
        docket.decided = decisions_of(in_force(sayings))
        for page in rng.sample(sorted(docket.held), len(docket.held)):
            docket.judge(page)
        check(docket, docket.decided)
        if documents[8:]:
            docket.add(documents.pop())
            check(docket, docket.decided)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_pin_changes_no_storys_members_and_no_id(seed: int) -> None:
    documents = family(seed, 1)
    docket = MemoryDocket(Rules())
    docket.add_all(documents)
    before = dict(docket.story_pages)
    docket.decided = Decisions(pinned={PageId(random.Random(seed).randint(1, 4)): 1})
    for document in documents:
        docket.judge(document.page)
    assert {story: set(pages) for story, pages in docket.story_pages.items()} == {s: set(p) for s, p in before.items()}


def test_a_late_copy_joins_a_part_of_what_a_person_put_together() -> None:
    docket = MemoryDocket(Rules())
    docket.add_all([*family(1, 1), make_document(9, make_story(2), published=minutes(-60))])
    docket.decided = Decisions(together=frozenset({(PageId(1), PageId(9))}))
    docket.judge(PageId(1))
    docket.add(make_document(20, make_story(1, paragraphs=6), published=minutes(99)))
    docket.add(make_document(21, make_story(2), published=minutes(99)))
    assert len({docket.held[PageId(page)].story for page in (1, 2, 3, 4, 9, 20, 21)}) == 1


def test_an_original_that_comes_after_a_merge_brings_its_copy_and_what_was_put_with_it() -> None:
    docket = MemoryDocket(Rules())
    docket.add_all([make_document(1, make_story(1), published=minutes(0)), make_document(2, make_story(2), published=minutes(9))])
    docket.decided = Decisions(together=frozenset({(PageId(1), PageId(2))}))
    docket.judge(PageId(1))
    docket.add(make_document(3, make_story(2), published=minutes(-99)))
    assert len({docket.held[PageId(page)].story for page in (1, 2, 3)}) == 1
