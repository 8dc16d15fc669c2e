"""When a page is asked again for corrections: a schedule that thins out with its age."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta


def next_recheck(first_seen_at: datetime, now: datetime, after_s: Sequence[int]) -> datetime | None:
    """The next step of `recheck.after_s` after a page's first sight that lies ahead; None past the last."""
    steps = sorted(first_seen_at + timedelta(seconds=seconds) for seconds in after_s)
    return next((step for step in steps if step > now), None)
