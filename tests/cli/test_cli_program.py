"""The program as a whole: quick to answer, clear in failure, clean in what it prints."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
HEAVY = ("sqlalchemy", "trafilatura", "numpy", "pydantic", "rich", "structlog", "httpx", "feedparser", "lxml", "asyncio")


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_version_and_help_answer_at_once_and_load_nothing_heavy(argument: str) -> None:
    program = f"import sys; from crawler.cli import main; code = main([{argument!r}]); print(*sys.modules); sys.exit(code)"
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert time.monotonic() - started < 3  # 0.25 s on a busy machine when measured; the imports below are what keeps it so
    assert not {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()} & set(HEAVY)


def test_help_lists_every_command(run) -> None:
    answer = run("--help")
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.partition("Commands:\n")[2].splitlines()] == list(COMMANDS)


def test_module_and_script_are_the_same_program() -> None:
    done = subprocess.run([sys.executable, "run_crawler.py", "--version"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("crawler ")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["craw"], "No such command 'craw'"),
        (["crawl", "--feeds", "none.opml"], "none.opml"),
        (["--set", "fetch.deley_s=1", "status"], "did you mean fetch.delay_s?"),
        (["--config", "none.toml", "status", "--config"], "cannot read the settings file none.toml"),
        (["crawl", "--since", "yesterday-ish"], "neither a span"),
        (["feeds", "add", "--every", "5s", "https://a.example/rss"], "no interval of a minute or more"),
        (["export", "stories.docx"], "cannot tell a format"),
    ],
)
def test_a_usage_error_is_exit_code_2_and_says_what_to_do(run, args: list[str], said: str) -> None:
    answer = run(*args)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""


def test_debug_shows_the_traceback(run) -> None:
    answer = run("--debug", "--set", "fetch.deley_s=1", "status")
    assert answer.code == 2
    assert "Traceback" in answer.err


def test_status_config_shows_every_setting_with_its_source_and_hides_secrets(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAWLER_SECRETS__DESK", "reader:hunter2")
    answer = run("--set", "fetch.delay_s=0.5", "status", "--config")
    assert answer.code == 0
    shown = {line.split()[0]: line.split()[1:] for line in answer.out.splitlines()}
    assert shown["fetch.delay_s"] == ["0.5", "--set"]
    assert shown["store.keep_days"] == ["0", "default"]
    assert shown["secrets.desk"] == ["********", "environment", "CRAWLER_SECRETS__DESK"]
    assert "hunter2" not in answer.out + answer.err


def test_status_config_in_json_keeps_types(run) -> None:
    lines = {line["setting"]: line for line in run("status", "--config", "--json").lines}
    assert lines["fetch.ports"] == {"setting": "fetch.ports", "value": [80, 443], "source": "default"}
    assert lines["crawler.database"]["value"] == ""


def test_a_reader_that_stops_reading_is_no_error() -> None:
    command = f"{sys.executable} run_crawler.py status --config --json | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""
