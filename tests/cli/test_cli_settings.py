"""Settings in layers, each value with its source; mistakes are one line that helps."""

from pathlib import Path

import pytest

from crawler.errors import SettingsError
from crawler.settings import LoadedSettings, Settings, load_settings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(toml: str | None = None, *overrides: str, **environ: str) -> LoadedSettings:
    file = None
    if toml is not None:
        file = Path("my.toml")
        file.write_text(toml)
    return load_settings(config=file, environ=environ, overrides=overrides)


def test_without_a_file_the_defaults_hold() -> None:
    loaded = load()
    assert loaded.settings == Settings()
    assert set(loaded.sources.values()) == {"default"}


def test_flag_goes_over_environment_over_file_over_default() -> None:
    toml = "[fetch]\ndelay_s = 1\nper_host = 2\ntimeout_s = 3"
    loaded = load(toml, "fetch.delay_s=9", CRAWLER_FETCH__DELAY_S="8", CRAWLER_FETCH__PER_HOST="4")
    fetch = loaded.settings.fetch
    assert (fetch.delay_s, fetch.per_host, fetch.timeout_s, fetch.concurrency) == (9.0, 4, 3.0, 32)
    assert loaded.sources["fetch.delay_s"] == "--set"
    assert loaded.sources["fetch.per_host"] == "environment CRAWLER_FETCH__PER_HOST"
    assert loaded.sources["fetch.timeout_s"] == "file my.toml"
    assert loaded.sources["fetch.concurrency"] == "default"


@pytest.mark.parametrize(
    ("override", "section", "name", "value"),
    [
        ("fetch.allow_private=true", "fetch", "allow_private", True),
        ("fetch.max_bytes=20000", "fetch", "max_bytes", 20_000),
        ("fetch.ports=80,8080", "fetch", "ports", (80, 8080)),
        ("fetch.ports=[443]", "fetch", "ports", (443,)),
        ("dedup.prefer=a.example, b.example", "dedup", "prefer", ("a.example", "b.example")),
        ("publishers.families=[['a.example', 'a.test']]", "publishers", "families", (("a.example", "a.test"),)),
        ("crawler.contact=desk@news.example", "crawler", "contact", "desk@news.example"),
        ("crawler.contact= https://news.example/crawler?to=desk ", "crawler", "contact", "https://news.example/crawler?to=desk"),
        ("crawler.contact=mailto:desk+bot@news.example", "crawler", "contact", "mailto:desk+bot@news.example"),
        ("crawler.contact=", "crawler", "contact", ""),
        ("recheck.after_s=", "recheck", "after_s", ()),
    ],
)
def test_words_of_a_shell_become_typed_values(override: str, section: str, name: str, value: object) -> None:
    assert getattr(getattr(load(None, override).settings, section), name) == value


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("fetch.deley_s=1", "unknown setting fetch.deley_s (--set); did you mean fetch.delay_s?"),
        ("delay_s=1", "did you mean fetch.delay_s?"),
        ("fetch.delay_s", "write it as KEY=VALUE"),
        ("fetch.delay_s=soon", "fetch.delay_s = 'soon' (--set): input should be a valid number"),
        ("fetch.delay_s=-1", "greater than or equal to 0"),
        ("fetch.ports=[80", "is not a list"),
        ("crawler.contact=me", "crawler.contact = 'me' (--set): give a page (https://"),
        ("crawler.contact=https://localhost", "give a page"),
        ("crawler.contact=https://news.example/) Evil/1.0 (", "give a page"),
        ("crawler.contact=desk@news.example\r\nX-Evil: 1", "give a page"),
        ("crawler.contact=https://news.example/über", "in ASCII"),
        (f"crawler.contact=https://news.example/{'x' * 200}", "give a page"),
        ("poll.min_s=90000", "poll.min_s (90000) is greater than poll.max_s (86400)"),
    ],
)
def test_a_mistake_is_named_with_its_source_and_the_nearest_key(override: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(None, override)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[fetsh]\ndelay_s = 1", "unknown section [fetsh] in my.toml; did you mean fetch?"),
        ("[fetch]\ndelay = 1", "unknown setting fetch.delay (file my.toml); did you mean fetch.delay_s?"),
        ("delay_s = 1", "stands outside of a section"),
        ("[fetch\n", "is not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named(toml: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(toml)
    assert said in str(error.value)


def test_a_misspelt_environment_variable_is_an_error() -> None:
    with pytest.raises(SettingsError, match=r"fethc\.delay_s"):
        load(None, CRAWLER_FETHC__DELAY_S="1")


def test_environment_of_other_programs_is_left_alone() -> None:
    assert load(None, CRAWLER_PORT="tcp://10.0.0.1:80", HOME="/", OTHER__FETCH="1").settings == Settings()


def test_file_named_by_the_environment_is_read_and_a_flag_goes_before_it() -> None:
    Path("env.toml").write_text("[store]\nkeep_days = 3")
    assert load(None, CRAWLER_CONFIG="env.toml").settings.store.keep_days == 3
    assert load("[store]\nkeep_days = 4", CRAWLER_CONFIG="env.toml").settings.store.keep_days == 4


def test_usual_file_is_found_and_a_missing_named_one_is_an_error() -> None:
    Path("config").mkdir()
    Path("config/crawler.toml").write_text("[store]\nkeep_days = 5")
    assert load().settings.store.keep_days == 5
    with pytest.raises(SettingsError, match=r"cannot read the settings file none\.toml"):
        load_settings(config=Path("none.toml"), environ={})


def test_secrets_come_from_files_and_are_never_shown() -> None:
    Path("secret").write_text("reader:hunter2\n")
    loaded = load("[secrets]\nDesk_file = 'secret'", CRAWLER_SECRETS__WIRE_FILE="secret", CRAWLER_CRAWLER__DATABASE_FILE="secret")
    assert loaded.settings.secrets["desk"].get_secret_value() == "reader:hunter2"
    assert loaded.settings.secrets["wire"].get_secret_value() == "reader:hunter2"
    assert loaded.settings.crawler.database.get_secret_value() == "reader:hunter2"
    assert "hunter2" not in repr(loaded)
    assert "hunter2" not in repr(list(loaded.rows()))


def test_a_secret_of_the_wrong_type_is_not_shown_in_the_error() -> None:
    with pytest.raises(SettingsError) as error:
        load("[secrets]\ndesk = ['hunter2']")
    assert "hunter2" not in str(error.value)


def test_a_secret_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match=r"cannot read the secret from nowhere"):
        load(None, CRAWLER_SECRETS__DESK_FILE="nowhere")


@pytest.mark.parametrize(
    ("variable", "meant"),
    [("CRAWLER_FETCH_DELAY_S", "CRAWLER_FETCH__DELAY_S"), ("CRAWLER_CONTACT", "CRAWLER_CRAWLER__CONTACT")],
)
def test_a_variable_with_an_underscore_too_few_is_refused_and_corrected(variable: str, meant: str) -> None:
    with pytest.raises(SettingsError, match=meant):
        load_settings(config=None, environ={variable: "1"}, overrides=())
