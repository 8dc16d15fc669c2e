"""Lists of feeds in and out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import BadOpml
from crawler.feeds.opml import FollowedFeed, join_topic, read_feed_list, read_opml, split_topic, write_opml
from crawler.feeds.text import plain_line
from crawler.model import Feed, FeedId, FeedStatus, Validators

AT = datetime(2024, 3, 5, tzinfo=UTC)
STARTER = Path(__file__).parents[2] / "config" / "feeds.opml"

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=12).filter(
    lambda name: plain_line(name) == name
)
LISTS = st.lists(
    st.builds(
        FollowedFeed,
        url=st.integers(0, 9999).map(lambda number: f"https://feeds.example/{number}?id={number}"),
        title=st.none() | NAMES,
        site_url=st.none() | st.just("https://www.a.example/"),
        topics=st.lists(st.lists(NAMES, min_size=1, max_size=3).map(join_topic), max_size=3, unique=True).map(tuple),
    ),
    max_size=6,
    unique_by=lambda feed: feed.url,
)


def stored(feed: FollowedFeed) -> Feed:
    return Feed(
        id=FeedId(1),
        url=feed.url,
        title=feed.title,
        site_url=feed.site_url,
        topics=feed.topics,
        status=FeedStatus.ACTIVE,
        every_s=None,
        text_only=False,
        auth=None,
        validators=Validators(),
        body_hash=None,
        interval_s=None,
        next_due_at=AT,
        why_due="",
        last_polled_at=None,
        last_ok_at=None,
        failures=0,
        last_error=None,
        added_at=AT,
    )


def test_folders_become_topics_and_a_feed_named_twice_is_one() -> None:
    data = b"""<?xml version="1.0"?><OPML version="1.0"><Body>
      <outline TEXT="Loose" XMLURL="https://a.example/loose" HTMLURL="https://a.example/"/>
      <outline text="World"><outline text="Europe &gt; North"><outline title="Both" xmlUrl="feed://a.example/both"/></outline></outline>
      <outline text="Daily"><outline xmlUrl="http://a.example/both"/></outline>
    </Body></OPML>"""
    assert read_feed_list(data) == [
        FollowedFeed(url="https://a.example/loose", title="Loose", site_url="https://a.example/"),
        FollowedFeed(url="http://a.example/both", title="Both", topics=(r"World > Europe \> North", "Daily")),
    ]


@given(LISTS)
def test_a_list_written_and_read_again_is_the_same(feeds: list[FollowedFeed]) -> None:
    again = read_opml(write_opml([stored(feed) for feed in feeds]))
    assert sorted(again, key=lambda feed: feed.url) == sorted(
        (
            FollowedFeed(
                url=f.url, title=f.title, site_url=f.site_url, topics=tuple(t for a in again if a.url == f.url for t in a.topics)
            )
            for f in feeds
        ),
        key=lambda feed: feed.url,
    )
    assert {feed.url: set(feed.topics) for feed in again} == {feed.url: set(feed.topics) for feed in feeds}


@given(st.lists(st.text(max_size=8), min_size=1, max_size=4))
def test_a_topic_splits_into_the_folders_it_was_joined_from(folders: list[str]) -> None:
    assert split_topic(join_topic(folders)) == tuple(folders)


def test_a_plain_list_has_one_address_a_line_and_comments() -> None:
    data = b"\xef\xbb\xbf# mine\n\nhttps://a.example/feed  # daily\r\n http://b.example/rss?id=1\nhttps://a.example/feed\n"
    assert [feed.url for feed in read_feed_list(data)] == ["https://a.example/feed", "http://b.example/rss?id=1"]


@pytest.mark.parametrize(
    ("data", "line", "why"),
    [
        (b"<opml><body>\n<outline text='x'\n</body></opml>", "line 3", "broken"),
        (b"<opml>\n<body>\n<outline type='rss' text='Gap'/></body></opml>", "line 3", "no xmlUrl"),
        (b"<opml><body>\n<outline xmlUrl='ftp://a.example/'/></body></opml>", "line 2", "no http(s) address"),
        (b"<html><body/></html>", "line 1", "no OPML"),
        (b"<opml><head/></opml>", "line 1", "no OPML"),
        (b"https://a.example/\nnonsense\n", "line 2", "no http(s) address"),
        (b"<opml><body>" + b"<outline text='f'>" * 40 + b"</outline>" * 40 + b"</body></opml>", "line 1", "deep"),
        (
            b'<!DOCTYPE opml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><opml><body><outline xmlUrl="&b;"/></body></opml>',
            "line 1",
            "no http(s) address",
        ),
        (b"<", "line 1", "broken"),
    ],
)
def test_a_bad_list_is_refused_with_its_line(data: bytes, line: str, why: str) -> None:
    with pytest.raises(BadOpml) as refused:
        read_feed_list(data)
    assert line in str(refused.value)
    assert why in str(refused.value)


def test_an_external_entity_in_a_list_is_never_read() -> None:
    data = b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/hostname">]><opml><body><outline text="t" xmlUrl="https://a.example/"/>&x;</body></opml>'
    assert [feed.title for feed in read_opml(data)] == ["t"]


def test_control_characters_do_not_stop_an_export() -> None:
    feed = FollowedFeed(url="https://a.example/", title="a\x00\x1bb", topics=("c\x07d",))
    assert read_opml(write_opml([stored(feed)])) == [FollowedFeed(url="https://a.example/", title="ab", topics=("cd",))]


@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: f"<opml><body>{text}</body></opml>".encode("utf-8", "replace"))
)
def test_any_bytes_are_a_list_or_a_bad_one(data: bytes) -> None:
    try:
        read_feed_list(data)
    except BadOpml:
        return


def test_the_starter_list_names_thirty_feeds_in_folders_and_several_languages() -> None:
    feeds = read_feed_list(STARTER.read_bytes())
    assert len(feeds) >= 30
    assert all(feed.topics and feed.title and feed.url.startswith("https://") for feed in feeds)
    assert len({split_topic(topic)[0] for feed in feeds for topic in feed.topics}) >= 8
