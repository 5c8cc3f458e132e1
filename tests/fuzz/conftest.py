"""Rows of what was tried, printed at the end of a long run."""

from __future__ import annotations

import logging

import pytest

from tests.fuzz.generating import LONG

ROWS: list[tuple[str, ...]] = []


@pytest.fixture
def note():
    """`note(what, tried, ...)` adds a row to the table."""

    def add(*cells: object) -> None:
        ROWS.append(
            tuple(
                f"{c:,.1f}" if isinstance(c, float) else f"{c:,}" if isinstance(c, int) else str(c)
                for c in cells
            )
        )

    return add


@pytest.fixture(autouse=True)
def _quiet():
    """Libraries tell their log about every broken octet."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def pytest_terminal_summary(terminalreporter):
    if not LONG or not ROWS:
        return
    widths = [max(len(row[n]) for row in ROWS if n < len(row)) for n in range(max(map(len, ROWS)))]
    terminalreporter.write_line("")
    for row in ROWS:
        cells = (
            cell.ljust(w) if n == 0 else cell.rjust(w)
            for n, (cell, w) in enumerate(zip(row, widths, strict=False))
        )
        terminalreporter.write_line("  ".join(cells).rstrip())
