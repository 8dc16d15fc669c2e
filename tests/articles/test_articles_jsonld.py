"""JSON-LD as pages really print it: broken, nested, of several articles."""

from __future__ import annotations

import json

import pytest

from crawler.articles.jsonld import LinkedData, Party, parse_block, read_linked_data

HERE = "https://www.courier.example/wall"
TITLE = "Storm wall to rise by a metre"


def read(*values: object) -> LinkedData:
    return read_linked_data([json.dumps(value) for value in values], page_urls=[HERE], titles=[TITLE])


@pytest.mark.parametrize(
    "block",
    [
        '{"headline": "Wall"}',
        '{"headline": "Wall",}',
        '{"headline": "Wall"};',
        '<!-- {"headline": "Wall"} -->',
        '//<![CDATA[\n{"headline": "Wall"}\n//]]>',
        '/*<![CDATA[*/{"headline": "Wall"}/*]]>*/',
        '{"headline": "Wall"} trailing rubbish',
        '{"headline": "Wall", "text": "one\ntwo\tthree"}',
        '{\\"headline\\": \\"Wall\\"}',
        "{&quot;headline&quot;: &quot;Wall&quot;}",
        '{"headline": "Wall", "text": "a \\d stray backslash"}',
        '// a comment\n{"headline": "Wall", "list": [1, 2, ],}',
    ],
)
def test_a_broken_block_is_repaired(block: str) -> None:
    (value,) = parse_block(block)

    assert isinstance(value, dict)
    assert value["headline"] == "Wall"


def test_several_objects_in_one_block_are_all_read() -> None:
    assert parse_block('{"a": 1}\n{"b": 2}') == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    "block",
    ["", "null garbage", "[" * 100_000, '{"a":' * 100_000, '{"a": "' + "x" * 2_100_000 + '"}', '{"headline": "say "wall" twice"}'],
)
def test_what_cannot_be_read_gives_nothing(block: str) -> None:
    assert read_linked_data([block], page_urls=[HERE], titles=[TITLE]) == LinkedData()


def test_the_node_of_this_address_wins_over_an_earlier_one() -> None:
    other = {
        "@type": "NewsArticle",
        "headline": "Bakery opens",
        "url": "https://www.courier.example/bakery",
        "datePublished": "2020-01-01",
    }
    own = {"@type": "NewsArticle", "headline": "Wall grows", "url": "http://courier.example/wall/", "datePublished": "2026-11-20"}

    assert read(other, own).published == "2026-11-20"


def test_nodes_of_other_articles_are_passed_over() -> None:
    updates = [{"@type": "BlogPosting", "headline": TITLE, "datePublished": "2020-01-01"}]
    live = {"@type": "LiveBlogPosting", "headline": TITLE, "datePublished": "2026-11-20", "liveBlogUpdate": updates}

    found = read(live)

    assert found.published == "2026-11-20"
    assert found.is_live_blog


def test_authors_are_resolved_by_id_and_listed_names_are_parted() -> None:
    graph = {
        "@graph": [
            {
                "@type": "NewsArticle",
                "headline": TITLE,
                "author": [{"@id": "#ann"}, {"@type": "Organization", "name": "Courier"}, "Tom Reef"],
            },
            {"@type": "Person", "@id": "#ann", "name": "Ann Poe"},
        ]
    }

    assert read(graph).authors == (Party(name="Ann Poe"), Party(name="Courier", is_organisation=True), Party(name="Tom Reef"))


def test_the_claims_of_the_gates_are_exposed() -> None:
    node = {
        "@type": ["Article", "NewsArticle"], "headline": TITLE, "isAccessibleForFree": "False", "wordCount": "812 words",
        "articleBody": "<p>One.</p><p>Two &amp; three.</p>",
        "hasPart": {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paid"},
    }  # fmt: skip

    found = read(node)

    assert (found.is_accessible_for_free, found.word_count, found.paid_selectors) == (False, 812, (".paid",))
    assert found.article_body is not None
    assert found.article_body.split() == ["One.", "Two", "&", "three."]


def test_origin_claims_keep_their_property() -> None:
    node = {
        "@type": "NewsArticle",
        "headline": TITLE,
        "isBasedOn": "https://wire.example/wall",
        "provider": {"@type": "Organization", "name": "Wire"},
    }

    assert [(claim.key, claim.party.name, claim.party.url) for claim in read(node).origins] == [
        ("isBasedOn", None, "https://wire.example/wall"),
        ("provider", "Wire", None),
    ]


def test_a_page_of_ten_thousand_nodes_is_cut_not_refused() -> None:
    many = [{"@type": "Thing", "name": str(number)} for number in range(10_000)]

    assert read({"@type": "NewsArticle", "headline": TITLE, "about": many}).headlines == (TITLE,)
