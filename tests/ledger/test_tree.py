"""The tree against the roots Certificate Transparency publishes, and against all small sizes."""

from __future__ import annotations

import os
import random

import pytest

from appliance.ledger import tree
from appliance.ledger.tiles import Growing

LARGEST = 300 if os.environ.get("UPHELD_ENDURE") else 100

# The leaves and roots of the Certificate Transparency reference tests.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

LEAVES = [tree.leaf_hash(b"%d" % i) for i in range(LARGEST)]


def reference_root(leaves):
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return tree.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return tree.node_hash(reference_root(leaves[:k]), reference_root(leaves[k:]))


ROOTS = [reference_root(LEAVES[:n]) for n in range(LARGEST + 1)]


@pytest.mark.parametrize("size", range(9))
def test_the_roots_of_certificate_transparency_come_out(size):
    leaves = [tree.leaf_hash(body) for body in CT_LEAVES[:size]]

    assert tree.root(leaves).hex() == CT_ROOTS[size]


@pytest.mark.parametrize(("old", "size"), CT_CONSISTENCY)
def test_the_consistency_proofs_of_certificate_transparency_come_out(old, size):
    leaves = [tree.leaf_hash(body) for body in CT_LEAVES[:size]]

    assert [p.hex() for p in tree.consistency_proof(old, leaves)] == CT_CONSISTENCY[old, size]


def test_every_root_equals_the_definition_and_the_growing_edge():
    edge = Growing()
    for size in range(LARGEST + 1):
        assert tree.root(LEAVES[:size]) == ROOTS[size] == edge.root()
        if size < LARGEST:
            edge.append(LEAVES[size])


def test_every_leaf_of_every_size_proves_and_no_other_leaf_or_root_does():
    for size in range(1, LARGEST + 1):
        nodes = tree.nodes_of(LEAVES[:size])
        for index in range(size):
            leaf, proof = LEAVES[index], tree.inclusion_at(index, size, nodes)
            assert tree.verify_inclusion(leaf, index, size, proof, ROOTS[size])
            assert not tree.verify_inclusion(leaf, index, size, proof, ROOTS[size - 1])
            assert not tree.verify_inclusion(ROOTS[0], index, size, proof, ROOTS[size])
            assert not tree.verify_inclusion(leaf, index, size, [*proof, leaf], ROOTS[size])
            assert not proof or not tree.verify_inclusion(
                leaf, index, size, proof[:-1], ROOTS[size]
            )


def test_every_earlier_size_is_consistent_and_no_other_history_is():
    for size in range(1, LARGEST + 1):
        nodes = tree.nodes_of(LEAVES[:size])
        for old in range(1, size + 1):
            proof = tree.consistency_at(old, size, nodes)
            assert tree.verify_consistency(old, size, proof, ROOTS[old], ROOTS[size])
            assert not tree.verify_consistency(old, size, proof, ROOTS[0], ROOTS[size])
            assert not tree.verify_consistency(old, size, proof, ROOTS[old], ROOTS[0])
            assert not tree.verify_consistency(
                old, size, [*proof, ROOTS[0]], ROOTS[old], ROOTS[size]
            )


def test_one_flipped_bit_in_a_proof_is_noticed():
    chance = random.Random(1)
    for _ in range(300):
        size = chance.randrange(2, LARGEST + 1)
        index, old = chance.randrange(size), chance.randrange(1, size)
        audit = tree.inclusion_proof(index, LEAVES[:size])
        step = chance.randrange(len(audit))
        audit[step] = _flipped(audit[step], chance)
        assert not tree.verify_inclusion(LEAVES[index], index, size, audit, ROOTS[size])
        growth = tree.consistency_proof(old, LEAVES[:size])
        step = chance.randrange(len(growth))
        growth[step] = _flipped(growth[step], chance)
        assert not tree.verify_consistency(old, size, growth, ROOTS[old], ROOTS[size])


def test_the_empty_tree_is_the_beginning_of_every_tree():
    assert tree.verify_consistency(0, 5, [], tree.EMPTY_ROOT, ROOTS[5])
    assert not tree.verify_consistency(0, 5, [], ROOTS[1], ROOTS[5])
    assert not tree.verify_consistency(6, 5, [], ROOTS[6], ROOTS[5])


@pytest.mark.parametrize("index", [-1, 5])
def test_a_leaf_off_the_tree_has_no_proof(index):
    with pytest.raises(ValueError, match="no leaf"):
        tree.inclusion_proof(index, LEAVES[:5])
    assert not tree.verify_inclusion(LEAVES[0], index, 5, [], ROOTS[5])


def _flipped(hashed, chance):
    changed = bytearray(hashed)
    changed[chance.randrange(32)] ^= 1 << chance.randrange(8)
    return bytes(changed)
