"""A page's language: a stated one is trusted unless it is English, which templates state on text of any language."""

from __future__ import annotations

import re

from crawler.articles.wording import word_set

_FUNCTION_WORDS = word_set(
    "the of and to in that is for on with was as at by it from he she they has have be are this but not his her were an"
)
_SAMPLE_CHARS = 400
_LEAST_CHARS = 40  # shorter samples are detected no better than by chance of their names
_TAG = re.compile(r"^([a-z]{2,3})(?:[-_]|$)")
_MACRO = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}  # one subtag for one language


def read_language(*, stated: str | None, body_sample: str) -> str | None:
    """BCP 47 primary subtag. `stated` is <html lang> or the next best field; 30 of 37 wrong ones were "en" on other text."""
    tag = primary_subtag(stated)
    sample = body_sample[:_SAMPLE_CHARS]
    if tag not in (None, "en") or len(sample) < _LEAST_CHARS:
        return tag
    if tag == "en" and looks_english(sample):
        return "en"
    detected = _detect(sample)
    return _MACRO.get(detected, detected) if detected else None


def primary_subtag(tag: str | None) -> str | None:
    match = _TAG.match((tag or "").strip().lower())
    return _MACRO.get(match[1], match[1]) if match else None


def looks_english(sample: str) -> bool:
    """Whether a sample is plainly English: nearly all ASCII letters, and a sixth of its words English function words."""
    words = re.findall(r"[a-z]+", sample.lower())
    foreign = sum(char.isalpha() and not char.isascii() for char in sample)
    return len(words) >= 6 and foreign <= len(sample) // 50 and sum(word in _FUNCTION_WORDS for word in words) * 6 >= len(words)


def _detect(sample: str) -> str | None:
    """The detector's answer. Its model is read by the first text that needs it: that takes 0.4 s.

    None where it cannot be read: it is unpacked into the temporary folder, which may be full.
    """
    import py3langid

    try:
        label, _ = py3langid.classify(sample)
    except OSError:
        return None
    return str(label)


def load_detector() -> None:
    """Read the detector's model now, once for all processes that are forked from this one: an eighth of all pages need it."""
    _detect("")
