"""Everything that is kept, behind methods that are one transaction each."""

from crawler.stores.store import Store, open_store

__all__ = ["Store", "open_store"]
