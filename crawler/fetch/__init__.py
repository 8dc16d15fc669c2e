"""The network's edge: an httpx client behind its own transport, the address guard, limits, manners and robots.txt."""

from crawler.fetch.client import Fetcher
from crawler.fetch.ports import CachedRobots, HostMemory, RobotsCache
from crawler.fetch.results import Fetched, NotModified, Redirected

__all__ = ["CachedRobots", "Fetched", "Fetcher", "HostMemory", "NotModified", "Redirected", "RobotsCache"]
