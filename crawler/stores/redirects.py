"""A redirect ends a request: whose page its target is, and what becomes of the page that led there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from crawler.model import PageId, PageState
from crawler.stores.chasing import adopt
from crawler.stores.engine import AnyRow
from crawler.stores.leases import close_lease
from crawler.stores.schema import entries, pages
from crawler.urls import address_key, host_of, normalise

MOST_HOPS = 5


def follow_redirect(connection: Connection, page: AnyRow, target_url: str, now: datetime) -> str | None:
    """Record that a held page leads to `target_url`; the reason where that cannot be, and nothing is written then.

        the same page, spelt otherwise (http and https)   asked again as the target spells it
        a page known or queued                            the entries join it
        no page yet                                       becomes one, due now, one hop further

    A page judged from its own text keeps its verdict and its entries: articles taken down lead to front pages.
    """
    target_url = normalise(target_url) or target_url
    if page.state == PageState.DONE.value:
        said = f"redirects to {target_url}"
        close_lease(connection, pages, page.id, due_at=None, why_due="", attempts=0, fetched_at=now, last_error=said)
        return None
    if target_url == page.url:
        return "it redirects to itself"
    if page.hops >= MOST_HOPS:
        return f"more than {MOST_HOPS} redirects"
    if address_key(target_url) == page.key:
        _respell(connection, page, target_url, now)
        return None
    target = page_at(connection, address_key(target_url))
    if target is not None and target.id == page.id:
        return "its redirects lead back to itself"
    _leave(connection, page, _arrive(connection, page, target, target_url, now), now)
    return None


def page_at(connection: Connection, key: str) -> AnyRow | None:
    """The page of an address, redirects that are known followed (they are kept flat: one step)."""
    wanted = select(pages.c.id, pages.c.key, pages.c.state, pages.c.redirect_to, pages.c.chased_at)
    row = connection.execute(wanted.where(pages.c.key == key)).first()
    if row is None or row.redirect_to is None:
        return row
    return connection.execute(wanted.where(pages.c.id == row.redirect_to)).first()


def _respell(connection: Connection, page: AnyRow, url: str, now: datetime) -> None:
    close_lease(
        connection, pages, page.id, url=url, host=host_of(url), hops=page.hops + 1, due_at=now, attempts=0,
        why_due="redirected to another spelling of its address",
    )


def _arrive(connection: Connection, page: AnyRow, target: AnyRow | None, url: str, now: datetime) -> PageId:
    """The page that stands for the target; one that was only listed, or named by an article, is wanted now if `page` is."""
    due = {"state": PageState.DUE.value, "due_at": now, "why_due": f"a redirect from {page.url}"}
    if target is None:
        new = insert(pages).values(
            key=address_key(url), url=url, host=host_of(url), hops=page.hops + 1, first_seen_at=page.first_seen_at,
            chased_at=page.chased_at, **due,
        )
        return PageId(connection.execute(new.returning(pages.c.id)).scalar_one())
    if page.chased_at is not None:
        return PageId(target.id)
    if target.chased_at is not None:
        adopt(connection, target, url if target.key == address_key(url) else None, due)
    elif target.state == PageState.LISTED.value:
        connection.execute(update(pages).where(pages.c.id == target.id).values(**due))
    return PageId(target.id)


def _leave(connection: Connection, page: AnyRow, target: PageId, now: datetime) -> None:
    """The entries and whatever led here belong to the target; a verdict on the feed's text stands."""
    connection.execute(update(entries).where(entries.c.page_id == page.id).values(page_id=target))
    left = {"due_at": None, "why_due": "", "attempts": 0, "fetched_at": now, "last_error": None}
    if page.state == PageState.FEED_ONLY.value:
        close_lease(connection, pages, page.id, **left)
        return
    connection.execute(update(pages).where(pages.c.redirect_to == page.id).values(redirect_to=target))
    close_lease(connection, pages, page.id, state=PageState.REDIRECTED.value, redirect_to=target, **left)
