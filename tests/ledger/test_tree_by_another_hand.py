"""Roots and both proofs against an implementation of RFC 9162 we have no part in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.ledger import tree

PEER = Path(__file__).parent.parent / "peers" / "rfc9162"
SIZES = range(1, 65) if os.environ.get("UPHELD_ENDURE") else (1, 2, 3, 5, 7, 8, 13, 16, 21, 33)

pytestmark = pytest.mark.skipif(
    not (PEER / "node_modules").is_dir() or shutil.which("node") is None,
    reason="tests/peers/rfc9162/install fetches it",
)


@pytest.fixture(scope="module")
def theirs():
    """What it says of each size, over the entries "0", "1", "2" and so on."""
    said = subprocess.run(
        ["node", PEER / "tree.mjs", json.dumps({"sizes": list(SIZES)})],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return {row["size"]: row for row in map(json.loads, said.stdout.splitlines())}


@pytest.mark.parametrize("size", SIZES)
def test_root_and_every_proof_agree(theirs, size):
    leaves = [tree.leaf_hash(b"%d" % i) for i in range(size)]
    said = theirs[size]

    assert tree.root(leaves).hex() == said["root"]
    for index in range(size):
        path = [step.hex() for step in tree.inclusion_proof(index, leaves)]
        assert path == said["paths"][index]
        if index:
            proof = [step.hex() for step in tree.consistency_proof(index, leaves)]
            # RFC 9162, 2.1.4.1 leaves out the old root where it is a node; this peer sends it.
            known = [tree.root(leaves[:index]).hex()] if index & (index - 1) == 0 else []
            assert known + proof == said["proofs"][index]


def test_every_size_was_answered(theirs):
    assert sorted(theirs) == list(SIZES)
