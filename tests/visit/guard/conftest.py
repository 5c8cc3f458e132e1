from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from appliance.visit.guard.kept import Kept


class Disk:
    """The guard's file on a disk that can be made to take nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        Kept.open(path).close()
        self._database = sqlite3.connect(path, isolation_level=None)
        self.kept = Kept(self._database)

    def takes_nothing(self) -> None:
        self._database.execute("PRAGMA query_only = ON")

    def takes_all(self) -> None:
        self._database.execute("PRAGMA query_only = OFF")

    def again(self) -> Kept:
        """What another process finds there."""
        return Kept.open(self._path)


@pytest.fixture
def disk(tmp_path):
    made = Disk(tmp_path / "guard.db")
    yield made
    made.kept.close()
