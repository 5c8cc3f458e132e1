"""The bench each scenario runs on, and the table of what every one of them showed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import hostile, netns, peers
from tests.acceptance.bench import Bench
from tests.acceptance.table import PRINTED, WHOLE


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "config")


@pytest.fixture
def start() -> Iterator[Callable[..., Any]]:
    """`start(context manager)` enters it and leaves it with the test."""
    with ExitStack() as stack:
        yield stack.enter_context


@pytest.fixture
def node(start: Callable[..., Any], tmp_path: Path) -> Callable[..., int]:
    """`node(peer, variant)` is the port of a peer written for node."""

    def started(name: str, variant: str, **more: str) -> int:
        if (why := peers.node_lacks(name)) is not None:
            pytest.skip(why)
        return start(peers.node(name, variant, tmp_path / f"{name}-{variant}", **more))

    return started


@pytest.fixture
def cable(start: Callable[..., Any]) -> netns.Cable:
    """Beyond it: a sound Modbus unit, an OPC UA port that says nothing, a mute UDP port."""
    made: netns.Cable = start(netns.cable())
    start(hostile.tcp(netns.RTU, 1502, hostile.identifies, made.in_far))
    start(hostile.tcp(netns.PLC, 4840, hostile.tarpit, made.in_far))
    start(hostile.udp(netns.SWITCH, 1161, lambda _: None, made.in_far))
    return made


@pytest.fixture
def walled(tmp_path: Path, cable: netns.Cable) -> Bench:
    """`bench`, with the appliance on the near side of the cable."""
    bench = Bench(tmp_path / "config", within=cable.within)
    bench.secret("community", "seven-seas")
    return bench


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get(WHOLE):
        return
    for item in items:
        if item.get_closest_marker("whole"):
            item.add_marker(pytest.mark.skip(reason="part of `make acceptance` only"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "whole: runs in `make acceptance`, not in `make test`")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not os.environ.get(WHOLE):
        return
    terminalreporter.section("acceptance")
    columns = [("scenario", "check", "expected", "got", "ok")]
    columns += [
        (r.scenario, r.check, r.expected, r.got, "ok" if r.ok else "WRONG") for r in PRINTED
    ]
    widths = [max(len(row[n]) for row in columns) for n in range(5)]
    for row in columns:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        terminalreporter.write_line("  ".join(cells).rstrip())
    wrong = sum(not row.ok for row in PRINTED)
    terminalreporter.write_line(f"{len(PRINTED)} rows, {wrong} wrong")
