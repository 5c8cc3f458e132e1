"""Long series of one subject: what escaped, what passed, what it cost."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import re
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from checks import BY_ID
from checks.check import ASSET, SERVICE
from checks.facts.observation import Facts
from checks.facts.verdict import Outcome
from collectors.errors import CollectError
from tests.checks.given import observed, verdict
from tests.fuzz.foreign import foreign
from tests.fuzz.memory import InMemory, Spoiling
from tests.fuzz.subjects import SUBJECTS
from tests.fuzz.subjects.subject import Subject

MOST_CPU_MS = 100.0
MOST_GROWTH_MIB = 16.0
BLOCK = 1_000
HOWS = ("broken",) * 6 + ("hanging",) * 2 + ("foreign", "cut", "sliced", "right")
MOST_TOLD = 5


@dataclass
class Tally:
    """What a series came to; `escaped` and `unearned` name the inputs to repeat, the first few."""

    inputs: int = 0
    facts: int = 0
    passes: int = 0
    earned: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    escaped: list[str] = field(default_factory=list)
    unearned: list[str] = field(default_factory=list)
    worst_ms: float = 0.0
    growth_mib: float = 0.0
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        self.inputs += other.inputs
        self.facts += other.facts
        self.passes += other.passes
        self.earned += other.earned
        self.errors += other.errors
        self.escaped += other.escaped
        self.unearned += other.unearned
        self.worst_ms = max(self.worst_ms, other.worst_ms)
        self.growth_mib = max(self.growth_mib, other.growth_mib)
        self.seconds += other.seconds


def run(name: str, first: int, count: int) -> Tally:
    """Inputs `first` and following of a subject; the same for the same numbers."""
    tally = Tally()
    with _hushed():
        _measure(name, first, count, tally)
    return tally


@contextmanager
def _hushed() -> Any:
    """A panic of a compiled library is caught, and told to standard error all the same."""
    os.environ["RUST_BACKTRACE"] = "0"
    logging.disable(logging.CRITICAL)
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
        logging.disable(logging.NOTSET)


def _measure(name: str, first: int, count: int, tally: Tally) -> None:
    # What is there already is not looked at again, so that no answer pays for it.
    gc.collect()
    gc.freeze()
    started = time.process_time()
    try:
        # The first call of everything fills caches that stay.
        asyncio.run(_block(SUBJECTS[name], range(64), Tally()))
        for start in range(first, first + count, BLOCK):
            numbers = range(start, min(start + BLOCK, first + count))
            with _growth(tally):
                asyncio.run(_block(SUBJECTS[name], numbers, tally))
    finally:
        gc.unfreeze()
    tally.seconds = time.process_time() - started


async def _block(subject: Subject, numbers: range, tally: Tally) -> None:
    for number in numbers:
        await _one(subject, number, tally)


async def _one(subject: Subject, number: int, tally: Tally) -> None:
    rng = Random(f"{subject.name} {number}")
    spoiling = Spoiling(
        rng, rng.choice(HOWS), rng.randrange(subject.answers), foreign(subject.captures)
    )
    wire = subject.memory(rng.choice(subject.devices), spoiling)
    tally.inputs += 1
    facts: Facts | None = None
    started = time.thread_time()
    try:
        facts = await subject.ask(wire, subject.target)
    except CollectError as error:
        tally.errors[type(error).__name__] += 1
        if not str(error).isprintable():
            _told(tally.escaped, f"{subject.name} {number}: unprintable {error!a}")
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise
    except BaseException as error:  # noqa: BLE001  that is what is looked for
        _told(tally.escaped, f"{subject.name} {number}: {type(error).__name__}: {error}")
    tally.worst_ms = max(tally.worst_ms, (time.thread_time() - started) * 1_000)
    if wire.gate.refusals:
        _told(tally.escaped, f"{subject.name} {number}: it made us say {wire.gate.refusals}")
    if facts is not None:
        tally.facts += 1
        _judge(subject, number, facts, wire, tally)


def _judge(subject: Subject, number: int, facts: Facts, wire: InMemory, tally: Tally) -> None:
    """No check passes what does not stand in the octets."""
    for check in _passing(subject.name, facts):
        tally.passes += 1
        if subject.earned(check, facts, wire):
            tally.earned[check] += 1
        else:
            _told(tally.unearned, f"{subject.name} {number}: {check} passes {facts}")


@lru_cache(maxsize=256)
def _passing(name: str, facts: Facts) -> tuple[str, ...]:
    return tuple(
        check.id
        for check in _readers(type(facts))
        if verdict(check, observed(facts), **SUBJECTS[name].expected).outcome is Outcome.PASS
    )


@lru_cache
def _readers(kind: type[Facts]) -> tuple[Any, ...]:
    return tuple(c for c in BY_ID.values() if kind in c.reads and c.about in (SERVICE, ASSET))


def _told(those: list[str], what: str) -> None:
    if len(those) < MOST_TOLD:
        those.append(what[:1_000])


_STATUS = Path("/proc/self/status")


@contextmanager
def _growth(tally: Tally) -> Any:
    """The highest water of a block over what there was before it: no answer of it took more."""
    with suppress(OSError):
        # proc(5): 5 sets the peak back to what is used now.
        Path("/proc/self/clear_refs").write_text("5")
    before = _kib("VmRSS")
    yield
    tally.growth_mib = max(tally.growth_mib, (_kib("VmHWM") - before) / 1_024)


def _kib(what: str) -> int:
    found = re.search(rf"{what}:\s+(\d+) kB", _STATUS.read_text())
    assert found is not None
    return int(found[1])
