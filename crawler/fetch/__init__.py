"""The network's edge: an httpx client behind its own transport, the address guard, limits, manners and robots.txt."""

from crawler.fetch.client import Fetcher
from crawler.fetch.ports import CachedRobots, Hold, HostMemory, RobotsCache
from crawler.fetch.results import Fetched, NotModified, Redirected

__all__ = ["CachedRobots", "Fetched", "Fetcher", "Hold", "HostMemory", "NotModified", "Redirected", "RobotsCache"]
