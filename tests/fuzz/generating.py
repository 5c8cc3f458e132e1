"""Octets that are nearly right: the same for the same seed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from random import Random

LONG = os.environ.get("UPHELD_FUZZ") == "1"

EDGES = (0x00, 0x01, 0x02, 0x7F, 0x80, 0x81, 0xA0, 0xA3, 0xFE, 0xFF)


def mutated(rng: Random, message: bytes, others: Sequence[bytes] = ()) -> bytes:
    """One to four small changes."""
    data = bytearray(message)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(8):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1 if data:
                data[at % len(data)] = rng.randrange(256)
            case 2 if data:
                data[at % len(data)] = rng.choice(EDGES)
            case 3:
                data[at:at] = rng.randbytes(rng.randint(1, 4))
            case 4:
                del data[at : at + rng.randint(1, 4)]
            case 5:
                data[at:] = b""
            case 6:
                data += data[at : at + rng.randint(1, 16)]
            case 7 if others:
                other = rng.choice(others)
                data[at:] = other[min(at, len(other)) :]
    return bytes(data)


def strings(
    rng: Random, shaped: Callable[[Random], bytes], pool: Sequence[bytes], count: int
) -> Iterator[bytes]:
    """A third well shaped with random contents, half mutated, the rest pure chance."""
    for _ in range(count):
        chance = rng.random()
        if chance < 0.3:
            yield shaped(rng)
        elif chance < 0.55:
            yield mutated(rng, shaped(rng), pool)
        elif chance < 0.8:
            yield mutated(rng, rng.choice(pool), pool)
        else:
            yield rng.randbytes(rng.randrange(80))
