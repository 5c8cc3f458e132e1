"""What every test leaves as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command run inside a test sets the level of the whole process."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
