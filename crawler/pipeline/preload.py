"""Imports what every task needs, once: the server that worker processes are forked from loads this module and nothing else."""

from __future__ import annotations

import crawler.articles.read
import crawler.feeds.parse
from crawler.articles.language import load_detector
from crawler.articles.voices import load_stop_words

__all__ = ["crawler"]

load_detector()
load_stop_words()
