"""Every collector's parser on broken answers: nothing escapes, nothing passes, nothing is costly."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.fuzz.generating import LONG
from tests.fuzz.series import MOST_CPU_MS, MOST_GROWTH_MIB, Tally, run
from tests.fuzz.subjects import SUBJECTS

INPUTS = 1_000_000 if LONG else 5_000
PORTION = 25_000
CORES = 2


@pytest.fixture(scope="module")
def cores() -> Iterator[ProcessPoolExecutor]:
    # Spawned: a fork would inherit the event loop and the memory of whatever ran before.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CORES, mp_context=context) as pool:
        yield pool


def tallied(pool: ProcessPoolExecutor, name: str) -> Tally:
    tally, inputs = Tally(), round(INPUTS * SUBJECTS[name].part)
    portion = PORTION if LONG else -(-inputs // CORES)
    starts = range(0, inputs, portion)
    counts = [min(portion, inputs - start) for start in starts]
    for part in pool.map(run, [name] * len(starts), starts, counts):
        tally.add(part)
    assert tally.inputs == inputs
    return tally


@pytest.mark.parametrize("name", SUBJECTS)
def test_broken_answers_escape_nothing_pass_nothing_and_cost_little(name, cores, note):
    tally = tallied(cores, name)
    note(
        name,
        tally.inputs,
        f"escaped {len(tally.escaped)}",
        f"facts {tally.facts:,}",
        f"passes {tally.passes:,}",
        f"unearned {len(tally.unearned)}",
        f"worst {tally.worst_ms:.1f} ms",
        f"growth {tally.growth_mib:.1f} MiB",
        f"{tally.seconds:,.0f} s",
    )

    assert not tally.escaped, "\n".join(tally.escaped)
    assert not tally.unearned, "\n".join(tally.unearned)
    # Right answers are among them: a series in which nothing passed would show nothing.
    assert set(tally.earned) >= SUBJECTS[name].passes
    assert tally.errors["Unintelligible"] > tally.inputs // 50
    assert tally.worst_ms <= MOST_CPU_MS
    assert tally.growth_mib <= MOST_GROWTH_MIB
