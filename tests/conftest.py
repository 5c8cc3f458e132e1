"""What every test leaves as it found it, and what no test's device may stand on."""

from __future__ import annotations

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
