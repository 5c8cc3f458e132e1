"""
Bounds that asyncua's decoder lacks; its private names are used here only.

Some kinds of values take no octets, and a length below nothing reads backwards: a short answer
could make it build lists for minutes and gigabytes.
"""

from __future__ import annotations

from typing import Any

from asyncua.common.utils import Buffer
from asyncua.ua import ua_binary as _ua_binary

library: Any = _ua_binary
# Nothing we read has more dimensions than one.
MOST_ELEMENTS = 4_096
_NULL = 0


class Forwards(Buffer):
    """Never reads backwards; raises `ValueError` instead."""

    def read(self, size: int) -> bytes:
        return super().read(_forwards(size))

    def skip(self, size: int) -> None:
        super().skip(_forwards(size))

    def copy(self, size: int = -1) -> Forwards:
        most = len(self) if size == -1 or size > len(self) else _forwards(size)
        return Forwards(self._data, self._cur_pos, most)


def _forwards(size: int) -> int:
    if size < 0:
        raise ValueError(f"a length of {size}")
    return size


def _bounded(kind: Any, data: Any) -> Any:
    """An array as the library reads it; raises `ValueError` for more elements than octets."""
    if isinstance(data, Buffer):
        length = library.Primitives.Int32.unpack(data.copy())
        # An element that takes no octets could be there any number of times, in lists of lists too.
        if length > len(data) or (length > 0 and kind.value == _NULL):
            raise ValueError(f"an array of {length} elements of {kind.name} in {len(data)} octets")
    return _unpacked(kind, data)


_unpacked = library.unpack_uatype_array
library.unpack_uatype_array = _bounded
library.MAX_RESHAPE_ELEMENTS = MOST_ELEMENTS
