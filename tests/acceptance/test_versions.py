"""Firmware versions as others wrote them, and the order they must have."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from checks.versions import compare, version, within
from tests.acceptance.table import note

SHARED = os.environ.get("UPHELD_SHARED", "")
PAIRS = Path(SHARED or "/nowhere") / "data/versions/ordering_pairs.csv"
pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(not PAIRS.is_file(), reason="UPHELD_SHARED names no recorded versions"),
]
WORDS = {"<": "earlier", "=": "equal", ">": "later", "incomparable": "incomparable"}
# The row's own reason says that these two cannot be compared outside one family, and RUTX and RUT9
# are two families of firmware: an order between them would be a guess.
ARGUED = {("RUTX_R_00.07.00", "RUT9_R_00.07.06.18"): "incomparable"}


def test_every_recorded_pair_has_the_order_stated():
    compared = {}
    with PAIRS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 35
    for row in rows:
        left, relation, right = row["left"], row["relation"], row["right"]
        if relation == "in":
            expected, got = "within", "within" if within(left, right) else "not"
        elif relation == "unknown":
            expected, got = "no version", "no version" if version(left) is None else "a version"
        else:
            expected = ARGUED.get((left, right), WORDS[relation])
            got = compare(left, right).value
        compared[left, right] = ((expected,), (got,))
    note("recorded pairs of versions", compared)

    assert all(expected == got for expected, got in compared.values())
