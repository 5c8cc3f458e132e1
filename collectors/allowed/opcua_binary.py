"""
A reader of OPC UA binary (OPC 10000-6, 5.2), for judging our own requests: pure.

It knows only what the requests on the allow-list are made of, and shares no code with the library
that writes them.  Every method raises `ValueError` for what it cannot read.
"""

from __future__ import annotations

import math
import struct
from base64 import b64encode
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

MOST_ITEMS = 1_000

T = TypeVar("T")


class Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        data = self._data[self._at : self._at + size]
        if size < 0 or len(data) != size:
            raise ValueError("it ends too early")
        self._at += size
        return data

    def end(self) -> None:
        if self._at != len(self._data):
            raise ValueError(f"{len(self._data) - self._at} octets are left over")

    def octet(self) -> int:
        return self.take(1)[0]

    def boolean(self) -> bool:
        value = self.octet()
        if value > 1:
            raise ValueError(f"a Boolean is {value}")
        return bool(value)

    def uint16(self) -> int:
        return int.from_bytes(self.take(2), "little")

    def uint32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def int32(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def double(self) -> float:
        value = float(struct.unpack("<d", self.take(8))[0])
        if not math.isfinite(value):
            raise ValueError("a number is not finite")
        return value

    def moment(self) -> int:
        return int.from_bytes(self.take(8), "little", signed=True)

    def octets(self) -> bytes | None:
        size = self.int32()
        if size < -1:
            raise ValueError(f"a length is {size}")
        return None if size == -1 else self.take(size)

    def string(self) -> str | None:
        data = self.octets()
        return None if data is None else data.decode(errors="surrogateescape")

    def array(self, item: Callable[[], T]) -> list[T]:
        count = self.int32()
        if not -1 <= count <= MOST_ITEMS:
            raise ValueError(f"a list has {count} items")
        return [item() for _ in range(count)]

    def node(self) -> str:
        """A node id as the inventory writes it: i=85, ns=2;s=Level."""
        kind, namespace = self.octet(), 0
        identifier: object
        if kind == 0:
            identifier = f"i={self.octet()}"
        elif kind == 1:
            namespace, identifier = self.octet(), f"i={self.uint16()}"
        elif kind == 2:
            namespace, identifier = self.uint16(), f"i={self.uint32()}"
        elif kind == 3:
            namespace, identifier = self.uint16(), f"s={self.string() or ''}"
        elif kind == 4:
            namespace, identifier = self.uint16(), f"g={UUID(bytes_le=self.take(16))}"
        elif kind == 5:
            namespace, identifier = self.uint16(), f"b={b64encode(self.octets() or b'').decode()}"
        else:
            raise ValueError(f"a node id is of kind {kind}")
        return f"ns={namespace};{identifier}" if namespace else str(identifier)

    def localized(self) -> None:
        mask = self.octet()
        if mask > 3:
            raise ValueError(f"a text has mask {mask}")
        for bit in (1, 2):
            if mask & bit:
                self.string()

    def qualified(self) -> tuple[int, str | None]:
        return self.uint16(), self.string()

    def extension(self) -> tuple[str, bytes | None]:
        """Type and body of an ExtensionObject; XML bodies are refused."""
        node, encoding = self.node(), self.octet()
        if encoding > 1:
            raise ValueError(f"an extension has encoding {encoding}")
        return node, self.octets() if encoding else None
