"""What we said on one connection, cut into requests and judged by the collectors' own allow-lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Protocol

from collectors import allowed
from collectors.allowed.opcua_binary import Reader

OVER_TLS = frozenset({"tls", "https", "mqtts", "modbus-tls"})
LONGEST = 1024 * 1024
IN_CLEAR: Mapping[str, Allowed] = {
    "ssh": allowed.ssh,
    "ftp": allowed.ftp,
    "telnet": allowed.telnet,
    "vnc": allowed.vnc,
    "mqtt": allowed.mqtt,
}
"""Protocols whose allow-list knows itself where a message ends."""


class Allowed(Protocol):
    """A protocol's allow-list: `first` is how many octets its first message has, 0 not yet."""

    def first(self, held: bytes, /) -> int: ...
    def judge(self, permits: allowed.Permissions, message: bytes, /) -> str | None: ...


_Permits = tuple[allowed.Permissions, ...]


class Speech:
    """
    One direction of one connection, fed in order.

    `judged` counts requests read in clear, `hidden` those inside an encrypted channel, where only
    the envelope can be seen.
    """

    def __init__(self, protocol: str, permits: _Permits) -> None:
        self.judged = 0
        self.hidden = 0
        self._permits = permits
        self._held = bytearray()
        self._secured = False
        self._chunks = b""
        cuts: dict[str, Callable[[], Iterator[str]]] = {
            "modbus": self._modbus,
            "opcua": self._opcua,
            "http": self._http,
            **{name: partial(self._in_clear, its) for name, its in IN_CLEAR.items()},
        }
        self._cut = cuts.get(protocol, self._tls if protocol in OVER_TLS else self._closed)

    @property
    def unfinished(self) -> bool:
        """Whether it ends in the middle of a request."""
        return bool(self._held)

    def heard(self, data: bytes) -> list[str]:
        """What of these next bytes nobody permitted, a sentence each."""
        self._held += data
        if len(self._held) > LONGEST:
            self._held.clear()
            return ["a request longer than a mebibyte"]
        return list(self._cut())

    def _take(self, size: int) -> bytes:
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def _closed(self) -> Iterator[str]:
        yield f"{len(self._take(len(self._held)))} bytes to a port that is only connected to"

    def _modbus(self) -> Iterator[str]:
        while len(self._held) >= 7:
            size = 6 + int.from_bytes(self._held[4:6], "big")
            if not 8 <= size <= 260:
                yield f"no Modbus request: {self._take(len(self._held))[:16].hex(' ')}"
            elif len(self._held) < size:
                return
            else:
                yield from self._judged(allowed.modbus.judge, self._take(size))

    def _http(self) -> Iterator[str]:
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            yield from self._judged(allowed.http.judge, self._take(end + 4))

    def _in_clear(self, its: Allowed) -> Iterator[str]:
        while size := its.first(bytes(self._held)):
            yield from self._judged(its.judge, self._take(size))

    def _tls(self) -> Iterator[str]:
        while len(self._held) >= 5:
            size = 5 + int.from_bytes(self._held[3:5], "big")
            if self._held[0] not in range(20, 24) or self._held[1] != 3:
                yield f"no TLS record: {self._take(len(self._held))[:16].hex(' ')}"
            elif len(self._held) < size:
                return
            else:
                self._take(size)
                self.hidden += 1

    def _opcua(self) -> Iterator[str]:
        while len(self._held) >= 8:
            size = int.from_bytes(self._held[4:8], "little")
            if bytes(self._held[:3]) not in (b"HEL", b"OPN", b"MSG", b"CLO") or size < 8:
                yield f"no OPC UA message: {self._take(len(self._held))[:16].hex(' ')}"
            elif len(self._held) < size:
                return
            else:
                yield from self._message(self._take(size))

    def _message(self, message: bytes) -> Iterator[str]:
        kind = message[:3]
        if kind == b"HEL":
            self.judged += 1
            if (why := allowed.opcua.hello(message)) is not None:
                yield why
            return
        try:
            body = self._opened(message) if kind == b"OPN" else message[24:]
        except ValueError as error:
            yield f"a channel that cannot be read: {error}"
            return
        if self._secured:
            self.hidden += 1
            return
        self._chunks += body
        if message[3:4] != b"C":
            whole, self._chunks = self._chunks, b""
            yield from self._judged(allowed.opcua.judge, whole)

    def _opened(self, message: bytes) -> bytes:
        """The request of an OpenSecureChannel message; notes whether the channel is secured."""
        reader = Reader(message[12:])
        policy = reader.string() or ""
        self._secured = not policy.endswith("#None")
        certificate, thumbprint = reader.octets() or b"", reader.octets() or b""
        return message[12 + 12 + len(policy.encode()) + len(certificate) + len(thumbprint) + 8 :]

    def _judged(
        self, judge: Callable[[allowed.Permissions, bytes], str | None], request: bytes
    ) -> Iterator[str]:
        self.judged += 1
        whys = [judge(permits, request) for permits in self._permits]
        if None not in whys:
            yield whys[0] or "nothing is permitted here"


def datagram(protocol: str, permits: _Permits, data: bytes) -> str | None:
    """Why one datagram may not have been sent, or None when it may."""
    judge = allowed.ON_THE_WIRE.get(protocol, allowed.nothing)
    whys = [judge(one, data) for one in permits]
    return None if None in whys else (whys[0] if whys else "nothing is permitted here")
