"""Feeds: parsing, discovery, OPML."""
