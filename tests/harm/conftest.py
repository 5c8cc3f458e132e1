"""What a device suffers from us: a short series here, the full count with UPHELD_ENDURE=1."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from appliance.visit import classes
from tests.harm.appliances import opened

SHORT = "UPHELD_ENDURE" not in os.environ


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "config"
    made.mkdir()
    return made


@pytest.fixture
def appliance(folder, tmp_path):
    """`async with appliance(text, clock) as rounds`; again with the same clock is a restart."""

    @asynccontextmanager
    async def started(text, clock):
        (folder / "site.yaml").write_text(text)
        async with opened(folder, tmp_path / "state", clock) as rounds:
            yield rounds

    return started


@pytest.fixture
def patient(monkeypatch):
    """A laboratory's appliance that waits longer for an answer, for a busy machine's sake."""
    numbers = replace(classes.LABORATORY, connect=1.0, whole=30.0)
    monkeypatch.setattr(classes, "LABORATORY", numbers)


@pytest.fixture
def counted(record_property):
    """`counted(name=value)`: a line of the table `make endure` prints."""

    def note(**values):
        for name, value in values.items():
            record_property(name.replace("_", " "), value)

    return note
