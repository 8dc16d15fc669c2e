"""Whose page an entry's address is: one page an address, however many feeds carry it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from crawler.model import FeedEntry, PageState
from crawler.stores.chasing import adopt
from crawler.stores.engine import AnyRow, in_parts
from crawler.stores.schema import pages
from crawler.urls import address_key, host_of


class Addresses:
    """Finds or makes the pages of one poll's entries, and counts what it queued and what it only listed."""

    def __init__(self, connection: Connection, feed: AnyRow, now: datetime, oldest_wanted: datetime | None) -> None:
        self.queued = 0
        self.listed = 0
        self._connection = connection
        self._feed = feed
        self._now = now
        self._oldest_wanted = oldest_wanted
        self._why = f"new in {feed.title or feed.url}"

    def arrive(self, arrivals: Sequence[FeedEntry]) -> dict[str, int]:
        """The page of each entry, by the entry's key; those that are wanted and were not judged yet are due."""
        of_address: dict[str, list[FeedEntry]] = {}
        for entry in arrivals:
            of_address.setdefault(self._key(entry), []).append(entry)
        found = self._find(list(of_address))
        page_of = self._make({key: said for key, said in of_address.items() if key not in found})
        for key, page in found.items():
            self._wake(page, of_address[key])
            page_of[key] = page.id
        return {entry.key: page_of[key] for key, said in of_address.items() for entry in said}

    def _key(self, entry: FeedEntry) -> str:
        """An entry without an address is a page of its own, judged from the feed's text."""
        return address_key(entry.url) if entry.url else f"entry:{self._feed.id}:{entry.key}"

    def _find(self, keys: Sequence[str]) -> dict[str, AnyRow]:
        """The pages known at these addresses, redirects followed."""
        target = pages.alias("target")
        stands_for_it = target.c.id == func.coalesce(pages.c.redirect_to, pages.c.id)
        wanted = select(pages.c.key, target.c.id, target.c.state, target.c.chased_at).join(target, stands_for_it)
        wanted = wanted.add_columns(target.c.key.label("target_key"))
        found: dict[str, AnyRow] = {}
        for part in in_parts(keys):
            found |= {row.key: row for row in self._connection.execute(wanted.where(pages.c.key.in_(part)))}
        return found

    def _make(self, unknown: dict[str, list[FeedEntry]]) -> dict[str, int]:
        if not unknown:
            return {}
        rows = [self._row(key, said) for key, said in unknown.items()]
        for row in rows:
            self._count(row["state"], 1)
        made = self._connection.execute(insert(pages).returning(pages.c.key, pages.c.id), rows)
        return {row.key: row.id for row in made}

    def _count(self, state: str, number: int) -> None:
        self.listed += number * (state == PageState.LISTED.value)
        self.queued += number * (state == PageState.DUE.value)

    def _row(self, key: str, said: Sequence[FeedEntry]) -> dict[str, Any]:
        url = said[0].url or ""
        is_wanted = self._is_wanted(said)
        return {
            "key": key, "url": url, "host": host_of(url), "first_seen_at": self._now,
            "state": (PageState.DUE if is_wanted else PageState.LISTED).value,
            "due_at": self._now if is_wanted else None,
            "why_due": self._why if is_wanted else "older than poll.max_age_days when its feed was first polled",
        }

    def _wake(self, page: AnyRow, said: Sequence[FeedEntry]) -> None:
        """A page that was only listed is wanted now; one that failed may have a text to stand in for it now.

        One that nothing but an article had named is a page like any other now.
        """
        if page.chased_at is not None:
            row = self._row(page.target_key, said)
            url = row["url"] if address_key(row["url"]) == page.target_key else None
            due = {name: row[name] for name in ("state", "due_at", "why_due")}
            self._count(row["state"], adopt(self._connection, page, url, due))
            return
        may_stand_in = page.state == PageState.FAILED.value and any(entry.text for entry in said)
        if (may_stand_in or page.state == PageState.LISTED.value) and self._is_wanted(said):
            woken = update(pages).where(pages.c.id == page.id)
            due = {"state": PageState.DUE.value, "due_at": self._now, "why_due": self._why, "attempts": 0}
            self.queued += self._connection.execute(woken.values(**due)).rowcount

    def _is_wanted(self, said: Iterable[FeedEntry]) -> bool:
        """Whether one of the entries is young enough, or says nothing of its age."""
        if self._oldest_wanted is None:
            return True
        stated = [entry.published or entry.updated for entry in said]
        return any(time is None or time.at >= self._oldest_wanted for time in stated)
