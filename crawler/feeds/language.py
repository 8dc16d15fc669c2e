"""The language that a feed declares."""

from __future__ import annotations

import re

_PRIMARY = re.compile(r"\s*([a-zA-Z]{2,3})(?:[-_\s].*)?\s*", re.DOTALL)


def primary_language(tag: str | None) -> str | None:
    """The primary subtag of a language tag (BCP 47) in lower case, or None where it is none."""
    found = _PRIMARY.fullmatch(tag or "")
    return found[1].lower() if found else None
