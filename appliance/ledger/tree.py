"""
The Merkle tree of RFC 6962: pure functions over hashes.

Leaves are given as leaf hashes.  A `Nodes` function gives the hash over the 2^level leaves from
index * 2^level on, so that the same proofs come from a list in memory and from stored tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

Nodes = Callable[[int, int], bytes]

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(body: bytes) -> bytes:
    # RFC 6962, 2.1: the prefixes keep a leaf from being passed off as a node.
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    return root_at(len(leaves), nodes_of(leaves))


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The audit path of one leaf, from the leaf upwards.  Raises `ValueError` off the tree."""
    return inclusion_at(index, len(leaves), nodes_of(leaves))


def consistency_proof(old: int, leaves: Sequence[bytes]) -> list[bytes]:
    """That the tree of the first `old` leaves is a prefix.  Raises `ValueError` off the tree."""
    return consistency_at(old, len(leaves), nodes_of(leaves))


def nodes_of(leaves: Sequence[bytes]) -> Nodes:
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)])
    return lambda level, index: levels[level][index]


def root_at(size: int, nodes: Nodes) -> bytes:
    return _span(0, size, nodes) if size else EMPTY_ROOT


def inclusion_at(index: int, size: int, nodes: Nodes) -> list[bytes]:
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_span(middle, end, nodes))
            end = middle
        else:
            path.append(_span(start, middle, nodes))
            start = middle
    return path[::-1]


def consistency_at(old: int, size: int, nodes: Nodes) -> list[bytes]:
    if not 0 < old <= size:
        raise ValueError(f"a tree of {size} has no earlier tree of {old}")
    path: list[bytes] = []
    start, end = 0, size
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_span(middle, end, nodes))
            end = middle
        else:
            path.append(_span(start, middle, nodes))
            start = middle
    # RFC 6962, 2.1.2: the old root itself is known to whoever asks, so it is not sent.
    return ([] if start == 0 else [_span(start, end, nodes)]) + path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> bool:
    """Whether `proof` leads from a leaf hash to the root `expected` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, hashed = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            hashed = node_hash(step, hashed)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hashed = node_hash(hashed, step)
        place, last = place >> 1, last >> 1
    return last == 0 and hashed == expected


def verify_consistency(
    old: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether the tree of `size` only appended to the tree of `old` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old == size:
        return not proof and old_root == new_root
    if old == 0:
        # Everything extends nothing: there is nothing to show and nothing to hide.
        return not proof and old_root == EMPTY_ROOT
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def complete_subtrees(size: int) -> list[tuple[int, int]]:
    """The (level, index) of the full subtrees a tree of `size` is made of, left to right."""
    found, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return found


def join(peaks: Sequence[bytes]) -> bytes:
    """The root over full subtrees of falling size."""
    if not peaks:
        return EMPTY_ROOT
    hashed = peaks[-1]
    for left in reversed(peaks[:-1]):
        hashed = node_hash(left, hashed)
    return hashed


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _span(start: int, end: int, nodes: Nodes) -> bytes:
    """The hash over leaves start to end; RFC 6962 only ever asks for spans that fit the tree."""
    return join(
        [nodes(level, (start >> level) + index) for level, index in complete_subtrees(end - start)]
    )
