"""The docs name every command, option, setting, event and exit code; the settings file says what the code says."""

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import pytest

from crawler import events
from crawler.cli.logs import event_name
from crawler.cli.main import COMMANDS, group
from crawler.settings import Settings, known_settings, load_settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONFIG = ROOT / "config" / "crawler.toml"


def commands() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        command = importlib.import_module(f"crawler.cli.{name}").command
        yield name, command
        if isinstance(command, click.Group):
            for inner, subcommand in command.commands.items():
                yield f"{name} {inner}", subcommand


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_and_option_is_documented(name: str, command: click.Command) -> None:
    page = (DOCS / "commands.md").read_text()
    assert f"`{name}" in page or f"## {name}\n" in page
    for option in command.params:
        if isinstance(option, click.Option):
            assert any(spelling in page for spelling in option.opts), f"{name} {option.opts}"
    assert command.help


def test_every_global_option_is_documented() -> None:
    page = (DOCS / "commands.md").read_text()
    for option in group.params:
        assert any(spelling in page for spelling in option.opts), option.opts


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_own_section(command: str) -> None:
    assert f"\n## {command}\n" in (DOCS / "commands.md").read_text()


@pytest.mark.parametrize("event", get_args(events.Event))
def test_every_event_is_documented(event: type) -> None:
    assert f"`{event_name(object.__new__(event))}`" in (DOCS / "commands.md").read_text()


@pytest.mark.parametrize("setting", list(known_settings()))
def test_every_setting_is_documented_with_its_default(setting: str) -> None:
    page = (DOCS / "settings.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith(f"| `{setting}` |"))
    assert row.split("|")[2].strip() == written(known_settings()[setting])


def written(value: object) -> str:
    """A default as the docs write it."""
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    if value == "":
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    return str(list(value)) if isinstance(value, tuple) else str(value)


def test_settings_file_holds_every_setting_with_its_default() -> None:
    loaded = load_settings(config=CONFIG, environ={})
    assert loaded.settings == Settings()
    assert {key for key, source in loaded.sources.items() if source == "default"} == set()


def test_settings_file_says_something_of_every_setting() -> None:
    for line in CONFIG.read_text().splitlines():
        if "=" in line and not line.lstrip().startswith("#"):
            assert re.search(r"\s# \S", line), line


def test_settings_file_is_valid_toml_in_the_order_of_the_sections() -> None:
    assert list(tomllib.loads(CONFIG.read_text())) == list(Settings.model_fields)


def test_every_exit_code_of_the_errors_is_documented() -> None:
    page = (DOCS / "commands.md").read_text()
    for code in (0, 1, 2, 3, 75, 130):
        assert f"| {code} |" in page


def test_docs_link_to_what_exists() -> None:
    for page in (ROOT / "README.md", *DOCS.rglob("*.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_architecture_names_every_room() -> None:
    page = (DOCS / "architecture.md").read_text()
    for room in (path.name for path in (ROOT / "crawler").iterdir() if (path / "__init__.py").exists()):
        assert f"{room}/" in page, room


def test_program_is_started_by_a_few_lines() -> None:
    assert len(ast.parse((ROOT / "run_crawler.py").read_text()).body) <= 3
