"""What is wrong with an answer that is used all the same is told."""

from __future__ import annotations

import pytest
from fetch_web import Open, Web, answer, says

from crawler.events import AnswerRemarked, Event
from crawler.fetch.remarks import remarks_on
from crawler.model import Validators

NONE = Validators()


@pytest.mark.parametrize(
    ("body", "content_type", "remarks"),
    [
        (b"<p>plain\ttext\r\n</p>", "text/html; charset=utf-8", []),
        ("<p>smörgåsbord</p>".encode(), "text/html; charset=utf-8", []),
        ("<p>smörgåsbord</p>".encode("cp1252"), "text/html; charset=windows-1252", []),
        ("<p>smörgåsbord</p>".encode("cp1252"), None, []),
        ("<p>smörgåsbord</p>".encode("cp1252"), "text/html; charset=UTF-8", ["says that it is UTF-8 and is not"]),
        ("<p>wide</p>".encode("utf-16"), "text/html; charset=utf-8", []),
        ("<p>wide</p>".encode("utf-16-be"), "text/html; charset=utf-16be", []),
        (b"<p>nul\0byte</p>", "text/html", ["NUL bytes in its text"]),
        (b"<p>\x1b[31mred\x07</p>", "text/html", ["control characters in its text"]),
        (b"", None, []),
    ],
)
def test_bytes_that_break_what_the_header_says_are_remarked_on(body: bytes, content_type: str | None, remarks: list[str]) -> None:
    assert list(remarks_on(body, content_type)) == remarks


async def test_a_move_and_a_broken_charset_are_told_and_the_answer_used(web: Web, open_fetcher: Open, events: list[Event]) -> None:
    web.parts["/old"] = says(answer(301, Location="/new"))
    web.parts["/new"] = says(answer(200, b"<rss>caf\xe9</rss>", Content_Type="text/xml; charset=utf-8"))
    fetcher = await open_fetcher()
    await fetcher.get_feed(web.url("/old"), validators=NONE)
    assert events == [
        AnswerRemarked(url=web.url("/old"), remark=f"moved for good to {web.url('/new')}"),
        AnswerRemarked(url=web.url("/old"), remark="says that it is UTF-8 and is not"),
    ]
    events.clear()
    await fetcher.get_page(web.url("/new"), validators=NONE)
    assert [event.remark for event in events if isinstance(event, AnswerRemarked)] == ["says that it is UTF-8 and is not"]
