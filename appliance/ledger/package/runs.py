"""Rising indices as stretches without a gap: a year of entries fits into a few numbers."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator


class Runs:
    """A set of indices that was filled in rising order."""

    def __init__(self, indices: Iterable[int] = ()) -> None:
        self._firsts, self._lasts = array("Q"), array("Q")
        self._count = 0
        for index in indices:
            self.add(index)

    def add(self, index: int) -> None:
        """Raises `ValueError` for one that does not rise."""
        if self._lasts and index <= self._lasts[-1]:
            raise ValueError(f"{index} after {self._lasts[-1]}")
        if self._lasts and index == self._lasts[-1] + 1:
            self._lasts[-1] = index
        else:
            self._firsts.append(index)
            self._lasts.append(index)
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        for first, last in self.stretches():
            yield from range(first, last + 1)

    def stretches(self) -> Iterator[tuple[int, int]]:
        """The first and last of each."""
        return zip(self._firsts, self._lasts, strict=True)
