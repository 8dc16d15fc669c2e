"""Follows many news feeds and keeps each story once."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("feed-crawler")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
