"""What trials and evaluation read: the docket of a verdict that is never written, and what people decided of pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine, select

from crawler.dedup.document import Decisions
from crawler.model import PageId
from crawler.stores.docket import SqlDocket
from crawler.stores.engine import AT_ONCE, in_parts, read
from crawler.stores.schema import articles


class Studying:
    """Reads for study. Nothing here writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def docket(self) -> Iterator[SqlDocket]:
        """What a verdict reads, in one state of the database, for as long as the block runs."""
        with read(self._engine) as connection:
            yield SqlDocket(connection)

    def decisions(self) -> Decisions:
        """Every decision in force that takes part in a stored article."""
        pinned: dict[PageId, int] = {}
        together: set[tuple[PageId, PageId]] = set()
        apart: set[tuple[PageId, PageId]] = set()
        with read(self._engine) as connection:
            docket = SqlDocket(connection)
            pages = select(articles.c.page_id).order_by(articles.c.page_id).execution_options(yield_per=AT_ONCE)
            for part in connection.execute(pages).scalars().partitions():
                found = docket.decisions([PageId(page) for page in part])
                pinned |= found.pinned
                together |= found.together
                apart |= found.apart
        return Decisions(pinned=pinned, together=frozenset(together), apart=frozenset(apart))

    def urls(self, pages: Sequence[PageId]) -> dict[int, str]:
        """The addresses of these pages' articles."""
        found: dict[int, str] = {}
        with read(self._engine) as connection:
            for part in in_parts(pages):
                rows = connection.execute(select(articles.c.page_id, articles.c.url).where(articles.c.page_id.in_(part)))
                found |= {row.page_id: row.url for row in rows}
        return found
