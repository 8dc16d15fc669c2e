"""A run's summary and its log lines: every item accounted for, nothing fetched raw, no secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from crawler.cli import progress
from crawler.cli.accounts import MOST_TROUBLES, account, masked
from crawler.cli.console import counted
from crawler.cli.invocation import Invocation
from crawler.cli.logs import event_logger, set_up_logs
from crawler.events import (
    AnswerRemarked,
    ArticleJudged,
    ArticleRead,
    FeedFailed,
    FeedPolled,
    PageFailed,
    PageFetched,
    RequestRetried,
)
from crawler.model import FeedId, PageId, PollResult, RecordResult, StoryId
from crawler.pipeline.summary import RunSummary

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRET = "https://reader:hunter2@news.example/rss"


def run_of(*events: object) -> RunSummary:
    summary = RunSummary(started_at=NOW, ended_at=NOW + timedelta(seconds=75))
    for event in events:
        summary.observe(event)  # type: ignore[arg-type]
    return summary


def failed_page(number: int, reason: str) -> PageFailed:
    return PageFailed(page=PageId(number), url=f"https://a.example/{number}", reason=reason, will_retry=False)


def test_a_summary_in_json_shows_no_secret() -> None:
    failure = FeedFailed(feed=FeedId(2), url=SECRET, reason=f"{SECRET}: 503", next_try="14:20")
    values = masked(run_of(failure, failed_page(2, f"{SECRET}: 404")).as_json())
    assert "hunter2" not in json.dumps(values)
    assert values["feeds_failed"][0]["url"] == "https://***@news.example/rss"
    assert [one["where"] for one in values["troubles"]] == ["https://***@news.example/rss", "https://a.example/2"]


def test_a_summary_names_each_stage_and_each_failure() -> None:
    judged = RecordResult(page=PageId(1), story=StoryId("s1"), outcome="new_story")
    lines = list(
        account(
            run_of(
                FeedPolled(feed=FeedId(1), url="u", not_modified=False, result=PollResult(new_entries=2, pages_queued=2)),
                FeedFailed(feed=FeedId(2), url=SECRET, reason="503\x1b[31m Busy", next_try="14:20"),
                PageFetched(page=PageId(1), url="u", status=200, bytes=2_000_000),
                ArticleRead(page=PageId(1), url="u", state="full", words=300),
                ArticleJudged(url="u", result=judged),
                failed_page(2, "404 Not Found"),
            )
        )
    )
    assert lines == [
        "feeds    2 polled · 1 new or changed · 1 failed",
        "entries  2 new",
        "pages    2 taken · 1 read · 1 failed",
        "text     1 read · 1 full",
        "stories  1 new",
        "time     1 min 15 s, 2.0 MB of pages",
        "trouble  2 hosts",
        "  WHERE                         WHAT    WHAT NEXT           WHY",
        "  https://***@news.example/rss  1 feed  polled again 14:20  503 Busy",
        "  https://a.example/2           1 page  given up            404 Not Found",
    ]


def test_one_is_one_and_more_are_more() -> None:
    assert [counted(1, "copy", "copies"), counted(2, "copy", "copies"), counted(0, "page")] == ["1 copy", "2 copies", "0 pages"]
    summary = RunSummary(started_at=NOW, originals_promoted=1, pages_rejudged=1, requests_retried=1)
    said = "\n".join(account(summary))
    assert "1 original promoted · 1 page judged again" in said
    assert "1 request repeated" in said


def test_many_troubles_are_counted_not_all_listed() -> None:
    lines = list(account(run_of(*(failed_page(n, f"reason {n}") for n in range(MOST_TROUBLES + 3)))))
    assert lines[-1] == "  … and 3 more; `status` lists the feeds and pages that fail"
    assert len(lines) < MOST_TROUBLES + 12


def test_a_summary_in_json_stays_small_however_much_fails() -> None:
    url = "https://a.example/" + "x" * 2000
    failed = [FeedFailed(feed=FeedId(n), url=f"{url}{n}", reason=f"reason {n}", next_try="14:20") for n in range(3000)]
    values = run_of(*failed).as_json()
    assert (values["feeds_failed_not_listed"], values["troubles_not_listed"]) == (2800, 2800)
    assert len(json.dumps(values)) < 1_500_000


def test_troubles_are_one_line_a_host_and_reason_the_heaviest_first() -> None:
    def page(number: int, **outcome: bool) -> PageFailed:
        url = f"https://a.example/{number}"
        return PageFailed(page=PageId(number), url=url, reason=f"{url}: answered 404", **({"will_retry": False} | outcome))

    robots = "https://b.example/robots.txt: answered 503, so nothing there may be asked for"
    troubles = run_of(
        AnswerRemarked(url="https://c.example/feed", remark="NUL bytes in its text"),
        RequestRetried(url="https://d.example/1", reason="answered 500", wait_s=1.0),
        RequestRetried(url="https://a.example/1", reason="answered 404", wait_s=1.0),  # is told as a failure
        page(9, from_feed=True),
        PageFailed(page=PageId(8), url="https://b.example/8", reason=robots, will_retry=True),
        page(1),
        page(2),
        FeedFailed(feed=FeedId(1), url="https://e.example/x", reason="https://e.example/x sent an empty body", next_try="15:00"),
    ).troubles()
    assert [(one.where, one.count, one.reason, one.next) for one in troubles] == [
        ("https://e.example/x", 1, "sent an empty body", "polled again 15:00"),
        ("a.example", 2, "answered 404", "given up"),
        ("https://b.example/8", 1, "robots.txt answered 503, so nothing there may be asked for", "tried again later"),
        ("https://a.example/9", 1, "answered 404", "the feed's text stands in"),
        ("d.example", 1, "answered 500", "asked again, then well"),
        ("c.example", 1, "NUL bytes in its text", "used all the same"),
    ]


@pytest.fixture
def _quiet_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_quiet_logging")
def test_log_lines_in_json_are_clean_and_keep_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Invocation(log_format="json"))
    event_logger()(FeedFailed(feed=FeedId(2), url=SECRET, reason="503\x1b[31m Busy", next_try="14:20"))
    event_logger()(PageFetched(page=PageId(1), url="u", status=200, bytes=1))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["level"], line["url"], line["reason"]) for line in lines] == [
        ("feed_failed", "warning", "https://***@news.example/rss", "503 Busy")
    ]
    assert lines[0]["timestamp"].endswith("Z")


@pytest.mark.usefixtures("_quiet_logging")
@pytest.mark.parametrize(
    ("invocation", "logged"),
    [(Invocation(verbosity=2), 2), (Invocation(verbosity=1), 1), (Invocation(), 1), (Invocation(quiet=True), 0)],
)
def test_verbosity_decides_what_is_logged(invocation: Invocation, logged: int, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(invocation)
    event_logger()(FeedFailed(feed=FeedId(2), url="u", reason="r", next_try="14:20"))
    event_logger()(PageFetched(page=PageId(1), url="u", status=200, bytes=1))
    assert len(capsys.readouterr().err.splitlines()) == logged


@pytest.mark.usefixtures("_quiet_logging")
def test_log_lines_as_text_have_no_colour_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Invocation(log_format="text"))
    event_logger()(FeedFailed(feed=FeedId(2), url="u", reason="r", next_try="14:20"))
    line = capsys.readouterr().err
    assert "feed_failed" in line
    assert "\x1b" not in line


@pytest.mark.usefixtures("_quiet_logging")
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_traceback_in_a_log_line_keeps_no_secret(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Invocation(log_format=log_format, debug=True))
    try:
        raise ValueError(f"cannot read {SECRET}")
    except ValueError:
        structlog.get_logger("crawler").debug("polling", exc_info=True)
        logging.getLogger("crawler.pipeline").debug("polling %s", SECRET, exc_info=True)
    said = capsys.readouterr().err
    assert said.count("Traceback") == 2
    assert "***@news.example" in said
    assert "cannot read https://reader" not in said


def test_progress_is_plain_lines_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    with progress.show_progress(Invocation()) as observe:
        observe(PageFetched(page=PageId(1), url="u", status=200, bytes=1))
    captured = capsys.readouterr()
    assert captured.err == "feeds 0/0; pages 1/1; text 0/1; stories 0/0\n"
    assert captured.out == ""


def test_quiet_shows_no_progress(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    with progress.show_progress(Invocation(quiet=True)) as observe:
        observe(PageFetched(page=PageId(1), url="u", status=200, bytes=1))
    assert capsys.readouterr().err == ""
