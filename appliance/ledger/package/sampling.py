"""A sample anybody can draw again: no random numbers, only digests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Sample:
    """`drawn` of `population`, in the order they were drawn; `digest` is over the population."""

    seed: str
    population: tuple[str, ...]
    drawn: tuple[str, ...]

    @property
    def digest(self) -> str:
        return sha256("".join(f"{item}\n" for item in self.population).encode()).hexdigest()


def draw(items: Iterable[str], count: int, seed: str) -> Sample:
    """
    The `count` items whose SHA-256 over seed, a line feed and the item is smallest.

    With a seed an assessor names, nobody who wrote the items could have aimed at it.
    """
    population = tuple(sorted(set(items)))
    ranked = sorted(population, key=lambda item: sha256(f"{seed}\n{item}".encode()).digest())
    return Sample(seed, population, tuple(ranked[:count]))
