"""`check`: new, copy, known; and nothing is stored."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from local_web import LocalWeb
from study_press import Press, make_article, make_story
from study_program import Run

from crawler.study.checking import unshared

ORIGINAL = "https://harbour.example/ferry"
STORY = make_story(1)


@pytest.fixture
def known(press: Press) -> str:
    """A stored story's id."""
    result = press.publish(make_article(ORIGINAL, STORY, title="The ferry leaves for good"))
    press.publish(make_article("https://meadow.example/hay", make_story(2)))
    press.rest()
    assert result.story is not None
    return result.story


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], str]:
    def write(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


def page(paragraphs: list[str], head: str = "") -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    body = f"<body><article><h1>A page</h1>{text}</article></body>"
    return f"<!doctype html><html><head><title>A page</title>{head}</head>{body}</html>"


def test_a_text_of_its_own_is_new(known: str, run: Run, write: Callable[[str, str], str]) -> None:
    answer = run("check", write("new.txt", "\n\n".join(make_story(3))), "--exit-code")
    assert (answer.code, answer.out.splitlines()[0]) == (0, "new")


def test_a_cut_text_is_a_copy_and_what_it_lacks_is_named(known: str, run: Run, write: Callable[[str, str], str]) -> None:
    answer = run("check", write("copy.txt", "\n\n".join(STORY[:5])), "--exit-code", "--json")
    assert answer.code == 10
    (values,) = answer.lines
    assert (values["answer"], values["story"], values["compared_with"]) == ("copy", known, ORIGINAL)
    assert (values["relation"], values["reason"]) == ("excerpt", "jaccard")
    assert values["containment"] == 1.0
    assert values["coverage"] == pytest.approx(5 / 8, abs=0.02)
    assert values["missing"] == STORY[5:]
    assert values["added"] == []


def test_what_would_become_the_canonical_version_is_a_copy_too(press: Press, run: Run, write: Callable[[str, str], str]) -> None:
    from crawler.model import TextState

    press.publish(make_article("https://app.example/1", STORY[:5], state=TextState.TRUNCATED))
    answer = run("check", write("whole.txt", "\n".join(STORY)), "--exit-code", "--json")
    assert (answer.code, answer.lines[0]["relation"], answer.lines[0]["added"]) == (10, "canonical", STORY[5:])


def test_without_the_option_the_exit_code_is_0(known: str, run: Run, write: Callable[[str, str], str]) -> None:
    answer = run("check", write("copy.txt", "\n".join(STORY)))
    assert answer.code == 0
    assert answer.out.startswith(f"copy of {known} ({ORIGINAL})")


def test_stdin_is_read_and_html_told_from_text(known: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(page(STORY).encode())))
    assert run("check", "-", "--exit-code").code == 10


def test_a_known_address_says_whether_the_text_is_the_same(known: str, run: Run, write: Callable[[str, str], str]) -> None:
    same = run("check", write("same.html", page(STORY)), "--url", ORIGINAL, "--exit-code", "--json")
    changed = run("check", write("other.html", page([*STORY[:7], *make_story(9)[:1]])), "--url", ORIGINAL, "--exit-code", "--json")
    assert (same.code, changed.code) == (11, 11)
    assert same.lines[0]["same_text"] is True
    assert (changed.lines[0]["same_text"], changed.lines[0]["missing"]) == (False, STORY[7:])
    assert (changed.lines[0]["story"], changed.lines[0]["relation"]) == (known, "canonical")


def test_near_misses_are_shown_with_their_reasons(known: str, run: Run, write: Callable[[str, str], str]) -> None:
    quoting = [*make_story(4), *STORY[:3]]
    answer = run("check", write("quoting.txt", "\n\n".join(quoting)), "--json", "--exit-code")
    assert answer.code == 0
    assert [near["url"] for near in answer.lines[0]["near"]] == [ORIGINAL]


def test_nothing_is_stored(known: str, run: Run, write: Callable[[str, str], str], press: Press) -> None:
    before = (press.stories(), list(press.store.reading.records()))
    run("check", write("copy.txt", "\n".join(STORY[:5])))
    run("check", write("new.txt", "\n".join(make_story(5))))
    assert (press.stories(), list(press.store.reading.records())) == before


def test_an_empty_text_and_no_file_are_errors(run: Run, write: Callable[[str, str], str]) -> None:
    assert run("check", write("empty.txt", " \n")).code == 1
    answer = run("check", "missing.txt")
    assert answer.code == 2
    assert "missing.txt" in answer.err


def test_paragraphs_said_in_other_order_are_not_missing() -> None:
    assert unshared(STORY, STORY[::-1]) == ()
    assert unshared(STORY, []) == tuple(STORY)


def test_terminal_escapes_of_a_page_do_not_reach_the_terminal(run: Run, write: Callable[[str, str], str]) -> None:
    text = page(STORY).replace("A page", "A \x1b[2Jpage", 1)
    assert "\x1b" not in run("check", write("page.html", text)).out


async def check_on_the_web(web: LocalWeb, store: object, url: str) -> object:
    import asyncio
    from datetime import UTC, datetime

    from crawler.cli.looking import check_address
    from crawler.settings import FetchSettings, Settings

    settings = Settings(fetch=FetchSettings(delay_s=0))
    return await asyncio.to_thread(
        check_address, store, settings, url, now=datetime.now(UTC), environ=web.environ,  # type: ignore[arg-type]
    )  # fmt: skip


async def test_an_address_is_fetched_and_its_redirects_followed(local_web: LocalWeb, press: Press) -> None:
    target = local_web.serve("http://paper.example/1", page(make_story(6)))
    local_web.redirect("http://paper.example/old", target)
    checked = await check_on_the_web(local_web, press.store, "http://paper.example/old")
    assert (checked.answer, checked.url) == ("new", target)  # type: ignore[attr-defined]
    assert press.store.reading.page(target) is None


async def test_a_page_that_robots_forbids_is_not_asked_for(local_web: LocalWeb, press: Press) -> None:
    from crawler.errors import FetchError

    local_web.serve("http://paper.example/robots.txt", "User-agent: *\nDisallow: /", type="text/plain")
    local_web.serve("http://paper.example/1", page(STORY))
    with pytest.raises(FetchError, match=r"robots\.txt forbids"):
        await check_on_the_web(local_web, press.store, "http://paper.example/1")
    assert local_web.urls() == []
    assert press.store.manners.load_robots("http://paper.example") is None


async def test_a_known_address_is_known_though_it_cannot_be_had(local_web: LocalWeb, press: Press) -> None:
    press.publish(make_article("http://paper.example/1", STORY))
    local_web.fail("http://paper.example/1", 404)
    checked = await check_on_the_web(local_web, press.store, "http://paper.example/1")
    assert (checked.answer, checked.is_same_text) == ("known", None)  # type: ignore[attr-defined]
