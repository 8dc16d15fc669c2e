"""The invented stories, read from crawler/demo/texts/*.txt: fields, an empty line, paragraphs parted by empty lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A story as somebody prints it. `place` is where its dateline stands, empty for none."""

    title: str
    author: str
    published_at: datetime
    caption: str
    place: str
    paragraphs: tuple[str, ...]

    @property
    def summary(self) -> str:
        """What a feed says of it: the first paragraph."""
        return self.paragraphs[0]


@cache
def load_story(name: str) -> Text:
    """The story kept under this name."""
    head, _, body = (files("crawler.demo") / "texts" / f"{name}.txt").read_text(encoding="utf-8").partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    return Text(
        title=fields["title"],
        author=fields["author"],
        published_at=datetime.fromisoformat(fields["published"]),
        caption=fields.get("caption", ""),
        place=fields.get("place", ""),
        paragraphs=tuple(paragraph.strip() for paragraph in body.split("\n\n")),
    )
