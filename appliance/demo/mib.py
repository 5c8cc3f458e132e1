"""What the agents in the box tell, and how a request is answered from it."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from appliance.demo import ber
from appliance.demo.ber import Oid

GET, GET_NEXT, RESPONSE, SET, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5
NO_SUCH_OBJECT, END_OF_VIEW = b"\x80\0", b"\x82\0"
NO_SUCH_NAME, NOT_WRITABLE = 2, 17
V1 = 0
MOST_ROWS = 50

Value = Callable[[], bytes]


@dataclass(frozen=True)
class Card:
    """The texts of one switch."""

    description: str
    object_id: Oid
    name: str
    model: str
    serial: str
    firmware: str
    mac: bytes
    maker: str


def mib(card: Card) -> dict[Oid, Value]:
    """SNMPv2-MIB system, one interface, hrSystemDate and one chassis of ENTITY-MIB."""
    started = time.monotonic()
    system: Oid = (1, 3, 6, 1, 2, 1, 1)
    interface: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)
    entity: Oid = (1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1)
    return {
        (*system, 1, 0): _text(card.description),
        (*system, 2, 0): lambda: ber.oid(card.object_id),
        (*system, 3, 0): lambda: ber.integer(int((time.monotonic() - started) * 100), ber.TICKS),
        (*system, 4, 0): _text("operations"),
        (*system, 5, 0): _text(card.name),
        (*system, 6, 0): _text("Filter hall"),
        (*interface, 1, 1): lambda: ber.integer(1),
        (*interface, 6, 1): lambda: ber.octets(card.mac),
        (1, 3, 6, 1, 2, 1, 25, 1, 2, 0): lambda: ber.octets(date_and_time(datetime.now(UTC))),
        (*entity, 2, 1): _text(card.model),
        (*entity, 5, 1): lambda: ber.integer(3),
        (*entity, 7, 1): _text("Chassis"),
        (*entity, 8, 1): _text("1"),
        (*entity, 9, 1): _text(card.firmware),
        (*entity, 10, 1): _text(card.firmware),
        (*entity, 11, 1): _text(card.serial),
        (*entity, 12, 1): _text(card.maker),
        (*entity, 13, 1): _text(card.model),
    }


def date_and_time(at: datetime) -> bytes:
    """DateAndTime of RFC 2579, in UTC."""
    year = at.year.to_bytes(2, "big")
    clock = (at.month, at.day, at.hour, at.minute, at.second, at.microsecond // 100_000)
    return year + bytes(clock) + b"+\0\0"


def answer(
    values: dict[Oid, Value], pdu: bytes, *, version: int, alarm: Callable[[str], None]
) -> bytes | None:
    """
    The response PDU to a request PDU; None for what is not a request.

    Raises `ValueError` for a malformed one.
    """
    tag, content, _ = ber.read(pdu)
    if tag not in (GET, GET_NEXT, GET_BULK, SET):
        return None
    request, content = ber.expect(content, ber.INTEGER)
    first, content = ber.expect(content, ber.INTEGER)
    second, content = ber.expect(content, ber.INTEGER)
    asked = _names(ber.expect(content, ber.SEQUENCE)[0])
    if tag == SET:
        alarm("SNMP SET of " + ", ".join(".".join(map(str, name)) for name, _ in asked))
        error = NO_SUCH_NAME if version == V1 else NOT_WRITABLE
        return _response(request, error, 1, [ber.sequence((ber.oid(n), v)) for n, v in asked])
    names = [name for name, _ in asked]
    if tag == GET_BULK:
        rows = _bulk(values, names, ber.to_int(first), ber.to_int(second))
        return _response(request, 0, 0, rows)
    order = sorted(values) if tag == GET_NEXT else []
    found = [_get(values, n) if tag == GET else _next(values, order, n) for n in names]
    if version == V1 and (missing := [i for i, (_, v) in enumerate(found, 1) if v[1] == 0]):
        nulls = [ber.sequence((ber.oid(n), ber.element(ber.NULL, b""))) for n in names]
        return _response(request, NO_SUCH_NAME, missing[0], nulls)
    return _response(request, 0, 0, [ber.sequence((ber.oid(n), v)) for n, v in found])


def _text(text: str) -> Value:
    return lambda: ber.octets(text.encode())


def _names(bindings: bytes) -> list[tuple[Oid, bytes]]:
    names = []
    while bindings:
        binding, bindings = ber.expect(bindings, ber.SEQUENCE)
        name, value = ber.expect(binding, ber.OID)
        names.append((ber.to_oid(name), value))
    return names


def _get(values: dict[Oid, Value], name: Oid) -> tuple[Oid, bytes]:
    return name, values[name]() if name in values else NO_SUCH_OBJECT


def _next(values: dict[Oid, Value], order: list[Oid], name: Oid) -> tuple[Oid, bytes]:
    place = bisect_right(order, name)
    if place == len(order):
        return name, END_OF_VIEW
    return order[place], values[order[place]]()


def _bulk(values: dict[Oid, Value], names: list[Oid], single: int, repeat: int) -> list[bytes]:
    order = sorted(values)
    rows = [_next(values, order, name) for name in names[: max(single, 0)]]
    current = names[max(single, 0) :]
    for _ in range(min(max(repeat, 0), MOST_ROWS)):
        found = [_next(values, order, name) for name in current]
        rows += found
        current = [name for name, _ in found]
    return [ber.sequence((ber.oid(n), v)) for n, v in rows]


def _response(request: bytes, error: int, index: int, bindings: list[bytes]) -> bytes:
    return ber.sequence(
        (
            ber.element(ber.INTEGER, request),
            ber.integer(error),
            ber.integer(index),
            ber.sequence(bindings),
        ),
        RESPONSE,
    )
