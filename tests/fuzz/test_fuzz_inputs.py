"""Every input that once broke a path is run again, and some made-up ones, always the same; benchmarks/fuzz.py runs millions."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random

import pytest
from cpu_time import within_cpu_s
from fuzz_mutation import mutate
from fuzz_seeds import SEEDS, TOKENS
from fuzz_targets import TARGETS, run

CASES = Path(__file__).parent / "cases"
MAX_CPU_S = 2.0
INPUTS = {"page": 40, "entry": 60, "feed": 120}  # what a second or two allows
MOST_INPUTS = 250


@pytest.mark.parametrize("case", sorted(CASES.glob("*/*")), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_what_once_broke_a_path_no_longer_does(case: Path) -> None:
    path, data = case.parent.name, case.read_bytes()
    for variant in range(TARGETS[path].variants):
        within_cpu_s(MAX_CPU_S, partial(run, path, data, variant))


@pytest.mark.parametrize("path", TARGETS)
def test_made_up_inputs_leave_what_is_promised_true(path: str) -> None:
    rng = Random(path)
    for _ in range(INPUTS.get(path, MOST_INPUTS)):
        run(path, mutate(rng, SEEDS[path], TOKENS[path]), rng.randrange(TARGETS[path].variants))
