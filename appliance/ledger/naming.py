"""Which contents an entry names, so that one knows what must be there and what nobody needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# Where an entry names a content; a list under these keys names observations instead.
CONTENT_KEYS = frozenset({"content", "facts", "expected", "own", "inputs"})

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def named(body: bytes | None) -> Iterator[str]:
    """The digests an entry's body names; none for what is no JSON or not there."""
    if body is None or b'"sha256:' not in body:
        return
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        # The ledger takes any bytes; only JSON can name a content.
        return
    yield from references(value, CONTENT_KEYS)


def references(value: Any, keys: frozenset[str]) -> Iterator[str]:
    """The digests that stand under these keys in a decoded entry, at any depth."""
    # A list of what is left, not recursion: entries may nest deeper than Python's stack.
    left = [value]
    while left:
        inner = left.pop()
        if isinstance(inner, list):
            left += inner
        elif isinstance(inner, dict):
            left += inner.values()
            for key in keys & inner.keys():
                if is_digest(inner[key]):
                    yield inner[key]


def is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
