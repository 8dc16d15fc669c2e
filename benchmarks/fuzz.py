"""Tries made-up inputs on one path until the time is over: python benchmarks/fuzz.py PATH [--minutes 10] [--seed N]

PATH is one of those in tests/fuzz/fuzz_targets.py: feed, opml, robots, sitemap, page, entry, body, address, discovery. Inputs
are invented documents, changed at random (tests/fuzz/fuzz_mutation.py). Printed at the end: how many inputs, how many of them
were read and not refused, faults, the slowest, and how much the process grew. Each fault (an exception that is not documented,
a promise broken, over 2 s of CPU, a hang, a death) is made as small as a minute allows and kept in tests/fuzz/cases/PATH.
Exit code 1 where there was one.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import psutil

FUZZ = Path(__file__).parents[1] / "tests" / "fuzz"
sys.path.insert(0, str(FUZZ))

from fuzz_mutation import mutate  # noqa: E402
from fuzz_seeds import SEEDS, TOKENS  # noqa: E402
from fuzz_targets import TARGETS, run  # noqa: E402

MAX_CPU_S = 2.0
HANG_S = 60.0  # of wall time, on machines that others use too
WARM = 0.5  # the share of the run after which growth is counted: caches of bounded size fill first
SMALLER_S = 60.0
KEPT_LATELY = 200  # inputs that were read, and are changed again
PER_REPORT = 50

MEBIBYTE = 1 << 20


@dataclass
class Progress:
    """What a run has found so far. `warm_bytes` is the memory held once everything had been used."""

    inputs: int = 0
    read: int = 0
    slowest_s: float = 0.0
    slowest: tuple[bytes, int] = (b"", 0)
    warm_bytes: int = 0
    held_bytes: int = 0
    faults: list[tuple[str, bytes, int]] = field(default_factory=list)


def fault_of(path: str, data: bytes, variant: int) -> str | None:
    """The fault that an input shows, as one line that names it; None where there is none."""
    started = time.process_time()
    try:
        run(path, data, variant)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno} {str(error)[:200]!a}"
    spent_s = time.process_time() - started
    return f"slow: {spent_s:.1f} s of CPU for {len(data):,} bytes" if spent_s > MAX_CPU_S else None


def work(path: str, seed: int, until: float, current: Path, pipe: Connection) -> None:
    """Try inputs until the time is over. What is tried stands in a file, for whoever finds this process dead."""
    rng, documents, began = Random(seed), list(SEEDS[path]), time.time()
    fixed, progress, myself = len(documents), Progress(), psutil.Process()
    while time.time() < until:
        data, variant = mutate(rng, documents, TOKENS[path]), rng.randrange(TARGETS[path].variants)
        current.write_bytes(bytes([variant]) + data)
        started = time.process_time()
        try:
            is_read, fault = run(path, data, variant), None
        except Exception:
            is_read, fault = False, fault_of(path, data, variant)
        spent_s = time.process_time() - started
        if spent_s > MAX_CPU_S and fault is None:
            fault = fault_of(path, data, variant)  # once more: what the machine did in between is no fault of ours
        progress.inputs += 1
        progress.read += is_read
        if spent_s > progress.slowest_s and fault is None:
            progress.slowest_s, progress.slowest = spent_s, (data, variant)
        if is_read and len(data) < 20_000 and rng.random() < 0.05:
            documents[fixed:] = [*documents[fixed:], data][-KEPT_LATELY:]
        if fault is not None:
            progress.faults.append((fault, data, variant))
        if progress.inputs % PER_REPORT == 0 or fault is not None:
            progress.held_bytes = myself.memory_info().rss
            if time.time() - began >= WARM * (until - began) and not progress.warm_bytes:
                progress.warm_bytes = progress.held_bytes
            pipe.send(progress)
            progress.faults = []
    progress.held_bytes = myself.memory_info().rss
    pipe.send(progress)
    pipe.send(None)


def watch(path: str, seed: int, until: float, told: Callable[[str], None]) -> tuple[Progress, list[tuple[str, bytes, int]]]:
    """Run `work` in a process, a new one where it hangs or dies; its progress added up, and every kind of fault once."""
    total, faults = Progress(), dict[str, tuple[str, bytes, int]]()
    while time.time() < until - 1:
        current = Path(tempfile.gettempdir(), f"fuzz-{os.getpid()}")
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(target=work, args=(path, seed, until, current, theirs))
        process.start()
        theirs.close()
        latest, ended = Progress(), False
        while not ended:
            try:
                if not ours.poll(HANG_S):
                    raise TimeoutError
                found = ours.recv()
            except (EOFError, TimeoutError) as error:
                process.kill()
                process.join()
                data = current.read_bytes()
                kind = "hang" if isinstance(error, TimeoutError) else f"death by exit code {process.exitcode}"
                faults.setdefault(kind, (kind, data[1:], data[0]))
                told(f"{kind}: {len(data) - 1:,} bytes")
                break
            if found is None:
                ended = True
            else:
                latest = found
                for fault in found.faults:
                    if (kind := fault[0].partition(" ")[2].partition(" ")[2].partition(" ")[0] or fault[0][:5]) not in faults:
                        faults[kind] = fault
                        told(fault[0])
        process.join()
        current.unlink(missing_ok=True)
        total = added(total, latest)
        seed += 1_000_003
    return total, list(faults.values())


def added(one: Progress, other: Progress) -> Progress:
    slower = max(one, other, key=lambda progress: progress.slowest_s)
    return Progress(
        inputs=one.inputs + other.inputs, read=one.read + other.read, slowest_s=slower.slowest_s, slowest=slower.slowest,
        warm_bytes=other.warm_bytes, held_bytes=other.held_bytes,
    )  # fmt: skip


def smaller(path: str, fault: str, data: bytes, variant: int) -> bytes:
    """The input with everything left out that the fault does not need, as far as time allows."""
    kind, until, size = fault.split(" ")[:3], time.time() + SMALLER_S, len(data) // 2
    while size >= 1 and time.time() < until:
        at = 0
        while at < len(data) and time.time() < until:
            left = data[:at] + data[at + size :]
            found = fault_of(path, left, variant)
            if found is not None and found.split(" ")[:3] == kind:
                data = left
            else:
                at += size
        size //= 2
    return data


def keep(path: str, fault: str, data: bytes, variant: int) -> Path:
    """Write a fault's input among the cases; the variant that shows it is told, as the test tries them all."""
    if fault.split(" ")[0].rstrip(":") not in ("hang", "death", "slow"):
        data = smaller(path, fault, data, variant)
    folder = FUZZ / "cases" / path
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / hashlib.blake2b(data, digest_size=5).hexdigest()
    file.write_bytes(data)
    return file


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", choices=sorted(TARGETS))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args(arguments)
    until = time.time() + 60 * wanted.minutes
    total, faults = watch(wanted.path, wanted.seed, until, lambda line: print(line, flush=True))
    grown = (total.held_bytes - total.warm_bytes) / MEBIBYTE
    print(
        f"{wanted.path}: {total.inputs:,} inputs in {wanted.minutes:g} min, {total.read:,} read, {len(faults)} kinds of faults; "
        f"slowest {total.slowest_s:.2f} s of CPU ({len(total.slowest[0]):,} bytes); {total.held_bytes / MEBIBYTE:.0f} MiB held, "
        f"{grown:+.0f} MiB since half of the time"
    )
    Path(tempfile.gettempdir(), f"fuzz-slowest-{wanted.path}").write_bytes(total.slowest[0])
    for fault, data, variant in faults:
        print(f"  {keep(wanted.path, fault, data, variant)} (variant {variant}): {fault}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
