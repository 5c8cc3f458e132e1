"""OPC UA answers read with the gate's own reader, which shares no code with asyncua."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from collectors.allowed.opcua_binary import Reader
from collectors.certificates import split

T = TypeVar("T")

MODES = {0: "Invalid", 1: "None", 2: "Sign", 3: "SignAndEncrypt"}
TOKENS = {0: "Anonymous", 1: "UserName", 2: "Certificate", 3: "IssuedToken"}


@dataclass(frozen=True)
class Row:
    url: str
    mode: str
    policy: str
    tokens: tuple[tuple[str, str], ...]
    level: int
    certificate: str


def body(sent: bytes) -> bytes:
    """The contents of one unsecured MSG chunk.  Raises `ValueError`."""
    size = int.from_bytes(sent[4:8], "little")
    if sent[:4] != b"MSGF" or not 24 < size <= len(sent):
        raise ValueError("it is no whole message")
    return sent[24:size]


def _diagnostics(reader: Reader) -> None:
    mask = reader.octet()
    for bit in (1, 2, 4, 8):
        if mask & bit:
            reader.int32()
    if mask & 16:
        reader.string()
    if mask & 32:
        reader.uint32()
    if mask & 64:
        _diagnostics(reader)


def opened(sent: bytes) -> tuple[str, int, Reader]:
    """Type id and service result of an answer, and its reader behind the header."""
    reader = Reader(body(sent))
    kind = reader.node()
    reader.moment()
    reader.uint32()
    result = reader.uint32()
    _diagnostics(reader)
    _list(reader, reader.octets)
    reader.node()
    if reader.octet() & 1:
        reader.octets()
    return kind, result, reader


def _list(reader: Reader, item: Callable[[], T]) -> list[T]:
    """As asyncua reads it: a count below 0 is none."""
    return [item() for _ in range(max(0, reader.int32()))]


def endpoints(sent: bytes) -> tuple[Row, ...]:
    kind, result, reader = opened(sent)
    if kind != "i=431" or result >> 30:
        raise ValueError(f"{kind} with {result:#x} is no good answer")
    rows = tuple(_list(reader, lambda: _row(reader)))
    reader.end()
    return rows


def _row(reader: Reader) -> Row:
    url = _text(reader)
    for _ in range(2):
        reader.octets()
    _localized(reader)
    reader.uint32()
    for _ in range(2):
        reader.octets()
    _list(reader, reader.octets)
    certificate = reader.octets() or b""
    mode, policy = MODES[reader.uint32()], _text(reader)
    tokens = tuple(_list(reader, lambda: _token(reader)))
    reader.octets()
    level = reader.octet()
    digest = hashlib.sha256(split(certificate)[0]).hexdigest() if certificate else ""
    return Row(url, mode, policy.rpartition("#")[2], tokens, level, digest)


def _localized(reader: Reader) -> None:
    mask = reader.octet()
    for bit in (1, 2):
        if mask & bit:
            reader.octets()


def _token(reader: Reader) -> tuple[str, str]:
    reader.octets()
    kind = TOKENS[reader.uint32()]
    for _ in range(2):
        reader.octets()
    return kind, _text(reader).rpartition("#")[2]


def _text(reader: Reader) -> str:
    told = (reader.octets() or b"").decode(errors="surrogateescape")
    return "".join(c if c.isprintable() else "\ufffd" for c in told)
