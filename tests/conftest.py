"""What every test leaves as it found it, and what no test's device may stand on."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import structlog

from tests.set_aside import listed_ports


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command run inside a test sets the level of the whole process."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True, scope="session")
def no_device_on_a_listed_port() -> Iterator[None]:
    with listed_ports():
        yield


def pytest_terminal_summary(terminalreporter):
    """What `make endure` counted, a line each."""
    if "UPHELD_ENDURE" not in os.environ:
        return
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.user_properties:
                terminalreporter.section(f"{report.nodeid.rpartition('::')[2]} ({outcome})")
                for name, value in report.user_properties:
                    terminalreporter.write_line(f"{name:<52}{value:>12}")
