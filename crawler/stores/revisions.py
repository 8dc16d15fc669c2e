"""What an address held at each time it was read: its revisions, and what each of them says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, Engine, select

from crawler.dedup.chrome import cut
from crawler.dedup.shingles import Shingles
from crawler.dedup.words import read_tokens, tokenise
from crawler.model import PageId, TextSource, TextState
from crawler.stores.engine import read
from crawler.stores.schema import AnyRow, articles, pages, revisions, sites
from crawler.stores.settling import read_text, shown_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One reading of a page. `base` is the revision of the canonical page that a copy's text was taken from."""

    page: PageId
    url: str
    number: int
    read_at: datetime
    title: str | None
    words: int
    state: TextState
    source: TextSource
    base_page: PageId | None
    base_url: str | None
    base_number: int | None


class Revisions:
    """Every method is one read transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, page: PageId) -> list[Revision]:
        """The revisions of a page, the oldest first; none where it was never read."""
        base = revisions.alias("base")
        wanted = (
            select(
                revisions.c.page_id, revisions.c.number, revisions.c.read_at, revisions.c.url, revisions.c.article,
                revisions.c.words, base.c.page_id.label("base_page"), base.c.number.label("base_number"),
                pages.c.url.label("base_url"),
            )
            .outerjoin(base, base.c.id == revisions.c.base_id)
            .outerjoin(pages, pages.c.id == base.c.page_id)
            .where(revisions.c.page_id == page)
            .order_by(revisions.c.number)
        )
        with read(self._engine) as connection:
            return [_revision(row) for row in connection.execute(wanted)]

    def text(self, page: PageId, number: int) -> str:
        """What was the article's own of one revision, cut by what is known now of its site's chrome; empty where there is none."""
        with read(self._engine) as connection:
            row = connection.execute(select(revisions).where(revisions.c.page_id == page, revisions.c.number == number)).first()
            if row is None:
                return ""
            text = read_text(connection, row)
            tokens = read_tokens(tokenise(text.split("\n") if text else []))
            return shown_text(text, cut(tokens, row.marks, _chrome(connection, page)).marks)


def _chrome(connection: Connection, page: PageId) -> Shingles:
    wanted = select(sites.c.chrome).join(articles, articles.c.site == sites.c.site).where(articles.c.page_id == page)
    return np.frombuffer(connection.execute(wanted).scalar() or b"", dtype="<u8")


def _revision(row: AnyRow) -> Revision:
    return Revision(
        page=PageId(row.page_id), url=row.url, number=row.number, read_at=row.read_at, title=row.article["metadata"].get("title"),
        words=row.words, state=TextState(row.article["state"]), source=TextSource(row.article["source"]),
        base_page=None if row.base_page is None else PageId(row.base_page), base_url=row.base_url, base_number=row.base_number,
    )
