"""Print what one page costs the client in CPU time: pages of many hosts through a plain forward proxy on loopback.

usage: python benchmarks/fetch_throughput.py [PAGES] [HOSTS] [AT_ONCE]     (1000 pages of 240 hosts, 32 at once)

The proxy runs in a process of its own and answers every request with one gzip page of 80 KB; robots.txt is a 404. The
client's CPU time is read from this process alone.
"""

from __future__ import annotations

import asyncio
import gzip
import multiprocessing
import random
import sys
import time
from multiprocessing.connection import Connection

from crawler.fetch import CachedRobots, Fetcher, Hold
from crawler.model import Validators
from crawler.settings import FetchSettings


class Forgetful:
    """Remembers no robots.txt and no hold."""

    async def load(self, origin: str) -> CachedRobots | None:
        return None

    async def save(self, origin: str, robots: CachedRobots) -> None:
        return None

    async def load_crawl_delay_s(self, url: str) -> float | None:
        return None

    async def load_hold(self, host: str) -> Hold | None:
        return None

    async def hold(self, host: str, hold: Hold, reason: str) -> None:
        return None


def serve(ready: Connection) -> None:
    """Answer every request on a port told through `ready`, until killed."""
    words = random.Random(1).choices([f"word{n}" for n in range(4000)], k=11_000)
    body = gzip.compress(f"<html><body><p>{' '.join(words)}</p></body></html>".encode())
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    page = head.encode() + body

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            is_robots = b"/robots.txt " in head[:200]
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" if is_robots else page)
            await writer.drain()

    async def run() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # clients that hang up at the end
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def crawl(port: int, pages: int, hosts: int, at_once: int) -> None:
    settings = FetchSettings(delay_s=0, per_host=2, concurrency=at_once)
    memory = Forgetful()
    waiting = [f"http://site{n % hosts}.example/article/{n}" for n in range(pages)]
    environ = {"HTTP_PROXY": f"http://127.0.0.1:{port}"}
    async with Fetcher(
        settings, contact="", robots_cache=memory, host_memory=memory, observe=lambda _: None, environ=environ
    ) as fetcher:

        async def lane() -> None:
            while waiting:
                url = waiting.pop()
                if await fetcher.is_allowed(url):
                    await fetcher.get_page(url, validators=Validators())

        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(at_once)))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    requests = pages + hosts
    cost = f"{cpu * 1000 / requests:.2f} ms of client CPU a request, {requests / wall:.0f} requests/s"
    print(f"{pages} pages and {hosts} robots.txt: {cost}")


def main() -> None:
    pages, hosts, at_once = (int(given) for given in (*sys.argv[1:], *("1000", "240", "32")[len(sys.argv) - 1 :]))
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        asyncio.run(crawl(ours.recv(), pages, hosts, at_once))
    finally:
        server.kill()


if __name__ == "__main__":
    main()
