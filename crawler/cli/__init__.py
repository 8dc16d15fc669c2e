"""The commands: what a person types, and what comes back on stdout, on stderr and as an exit code."""

from crawler.cli.main import main

__all__ = ["main"]
