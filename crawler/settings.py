"""Every setting with its default and bounds, and where its value came from: flag, environment, file, default."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from crawler.errors import SettingsError

DEFAULT_CONFIG = Path("config") / "crawler.toml"
ENV_PREFIX = "CRAWLER_"
# What stands in a comment of the User-Agent (RFC 9110 §5.6.5, §10.1.5): no spaces, quotes, brackets or line ends
CONTACT = re.compile(
    r"https?://[\w-]+(\.[\w-]+)+(:\d{1,5})?([/?#][!#-'*-;=?-\[\]-~]*)?|(mailto:)?[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+",
    re.ASCII,
)
LONGEST_CONTACT = 200


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CrawlerSettings(Section):
    """Who we are and where things are kept."""

    contact: str = ""  # empty: none; a warning stands until there is one
    database: SecretStr = SecretStr("")  # empty: sqlite in the data directory
    workers: int = Field(default=0, ge=0, le=64)  # 0: one a core

    @field_validator("contact")
    @classmethod
    def _contact_can_be_reached(cls, contact: str) -> str:
        contact = contact.strip()
        if contact and not (len(contact) <= LONGEST_CONTACT and CONTACT.fullmatch(contact)):
            raise ValueError("give a page (https://news.example/crawler) or a mail address (desk@news.example), in ASCII")
        return contact


class FetchSettings(Section):
    delay_s: float = Field(default=2.0, ge=0, le=3600)
    per_host: int = Field(default=1, ge=1, le=16)
    concurrency: int = Field(default=32, ge=1, le=1024)
    timeout_s: float = Field(default=20.0, gt=0, le=600)
    max_bytes: int = Field(default=10_485_760, ge=1024)
    ports: tuple[int, ...] = (80, 443)
    allow_private: bool = False


class PollSettings(Section):
    every_s: int = Field(default=3600, ge=60)
    min_s: int = Field(default=600, ge=60)
    max_s: int = Field(default=86_400, ge=60)
    max_age_days: int = Field(default=0, ge=0)  # 0: no limit
    max_entries: int = Field(default=2000, ge=1)
    max_pages: int = Field(default=5, ge=1, le=100)  # of a feed in pages; 1: the first alone
    sitemap_days: int = Field(default=7, ge=0)  # 0: no limit

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> PollSettings:
        if self.min_s > self.max_s:
            raise ValueError(f"poll.min_s ({self.min_s}) is greater than poll.max_s ({self.max_s})")
        return self


class DedupSettings(Section):
    window_days: int = Field(default=30, ge=1)
    jaccard: float = Field(default=0.6, gt=0, le=1)
    containment: float = Field(default=0.7, gt=0, le=1)
    lead: float = Field(default=0.7, ge=0, le=1)
    prefer: tuple[str, ...] = ()
    chase_origins: bool = True


class RecheckSettings(Section):
    after_s: tuple[int, ...] = (3600, 21_600, 86_400)


class PublisherSettings(Section):
    families: tuple[tuple[str, ...], ...] = ()  # domains that are one site; the first names it


class StoreSettings(Section):
    keep_days: int = Field(default=0, ge=0)  # 0: for ever


class Settings(Section):
    crawler: CrawlerSettings = CrawlerSettings()
    fetch: FetchSettings = FetchSettings()
    poll: PollSettings = PollSettings()
    dedup: DedupSettings = DedupSettings()
    recheck: RecheckSettings = RecheckSettings()
    publishers: PublisherSettings = PublisherSettings()
    store: StoreSettings = StoreSettings()
    secrets: dict[str, SecretStr] = {}  # name -> "user:password", for feeds that need Basic auth


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """The settings in force, and of each ("fetch.delay_s") where its value came from, worded for a person."""

    settings: Settings
    sources: Mapping[str, str]
    file: Path | None  # the settings file that was read

    def rows(self) -> Iterator[tuple[str, Any, str]]:
        """Every setting as (key, value, source), in the order of the sections; secrets as `SecretStr`."""
        for key, source in self.sources.items():
            section, _, name = key.partition(".")
            holder = getattr(self.settings, section)
            yield key, holder[name] if section == "secrets" else getattr(holder, name), source


def load_settings(*, config: Path | None, environ: Mapping[str, str], overrides: Sequence[str] = ()) -> LoadedSettings:
    """Join the layers: `--set` over the environment over the file over the defaults.

    `config` is the file asked for by flag; without one CRAWLER_CONFIG names it, else ./config/crawler.toml is read where it
    exists. Raises SettingsError, naming the source, for an unknown key, a wrong type or a value out of bounds.
    """
    file = _config_file(config, environ)
    values: dict[str, Any] = {}
    sources = dict.fromkeys(known_settings(), "default")
    for layer in (_file_layer(file), _environment_layer(environ), _override_layer(overrides)):
        for key, value, source in layer:
            key, value = _read_secret_file(key, value, source)
            _require_known(key, source)
            values[key], sources[key] = value, source
    return LoadedSettings(settings=_validate(values, sources), sources=sources, file=file)


def known_settings() -> dict[str, Any]:
    """Every setting's key and default, in order; the names under `secrets` are free and not among them."""
    defaults = Settings()
    return {
        f"{section}.{name}": getattr(getattr(defaults, section), name)
        for section in Settings.model_fields if section != "secrets"
        for name in type(getattr(defaults, section)).model_fields
    }


_Layer = Iterator[tuple[str, Any, str]]


def _config_file(config: Path | None, environ: Mapping[str, str]) -> Path | None:
    if config is None and environ.get("CRAWLER_CONFIG"):
        config = Path(environ["CRAWLER_CONFIG"])
    if config is not None or DEFAULT_CONFIG.exists():
        return config or DEFAULT_CONFIG
    return None


def _file_layer(file: Path | None) -> _Layer:
    if file is None:
        return
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {file}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {file} is not valid TOML: {error}") from error
    for section, table in document.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{section} in {file} stands outside of a section; write it under one, such as [crawler]")
        if section not in Settings.model_fields:
            raise SettingsError(f"unknown section [{section}] in {file}{_nearest(section, list(Settings.model_fields))}")
        for name, value in table.items():
            yield f"{section}.{name.lower() if section == 'secrets' else name}", value, f"file {file}"


def _environment_layer(environ: Mapping[str, str]) -> _Layer:
    for variable in sorted(environ):
        section, separator, name = variable.removeprefix(ENV_PREFIX).partition("__")
        if variable.startswith(ENV_PREFIX) and separator:
            key = f"{section}.{name}".lower()
            yield key, _from_text(key, environ[variable], f"environment {variable}"), f"environment {variable}"
        elif variable.startswith(ENV_PREFIX) and (meant := _meant(variable.removeprefix(ENV_PREFIX).lower())):
            written = ENV_PREFIX + meant.replace(".", "__").upper()
            raise SettingsError(f"environment {variable} sets nothing: for {meant} write {written}, with two underscores")


def _meant(name: str) -> str | None:
    """The setting that a variable with one underscore too few stands for; None where it is none of ours."""
    return next((key for key in known_settings() if name in (key.replace(".", "_"), key.partition(".")[2])), None)


def _override_layer(overrides: Sequence[str]) -> _Layer:
    for override in overrides:
        key, separator, text = override.partition("=")
        key = key.strip().lower()
        if not separator:
            raise SettingsError(f"--set {override}: write it as KEY=VALUE, such as --set fetch.delay_s=0")
        yield key, _from_text(key, text.strip(), "--set"), "--set"


def _from_text(key: str, text: str, source: str) -> Any:
    """A value as written in a shell: lists as TOML ("[80, 443]") or with commas ("80,443"); pydantic reads the rest."""
    if get_origin(_annotation(key)) is not tuple:
        return text
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{key} from {source}: {text} is not a list: {error}") from error


def _annotation(key: str) -> Any:
    section, _, name = key.partition(".")
    if section == "secrets":
        return SecretStr
    holder = Settings.model_fields.get(section)
    fields = holder.annotation.model_fields if holder and isinstance(holder.annotation, type) else {}
    return fields[name].annotation if name in fields else None


def _read_secret_file(key: str, value: Any, source: str) -> tuple[str, Any]:
    """`crawler.database_file` and `secrets.NAME_file` name a file that holds the secret: its content, without the last newline."""
    stem = key.removesuffix("_file")
    if stem == key or stem.endswith(".") or _annotation(stem) is not SecretStr:
        return key, value
    try:
        return stem, Path(str(value)).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{key} from {source}: cannot read the secret from {value}: {error}") from error


def _require_known(key: str, source: str) -> None:
    if _annotation(key) is None:
        raise SettingsError(f"unknown setting {key} ({source}){_nearest(key, list(known_settings()))}")


def _nearest(key: str, known: list[str]) -> str:
    name = key.rpartition(".")[2]
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5) or [k for k in known if k.rpartition(".")[2] == name][:1]
    return f"; did you mean {near[0]}?" if near else "; `status --config` lists them all"


def _validate(values: Mapping[str, Any], sources: Mapping[str, str]) -> Settings:
    nested: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        nested.setdefault(section, {})[name] = value
    try:
        return Settings.model_validate(nested)
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(dict(problem), values, sources) for problem in error.errors())) from None


def _explain(problem: dict[str, Any], values: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    key = ".".join(str(part) for part in problem["loc"][:2])
    message = str(problem["msg"]).removeprefix("Value error, ")
    if key not in values:  # a rule over several settings names them itself
        return message
    shown = "the value" if _annotation(key) is SecretStr else repr(values[key])
    return f"{key} = {shown} ({sources[key]}): {message[0].lower()}{message[1:]}"
