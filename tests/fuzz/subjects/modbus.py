"""Modbus: identification, declared data, server id."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from checks.facts.expected import ExpectedRegister, ExpectedServerId
from collectors import modbus, modbus_registers, modbus_server_id
from collectors.allowed import Permissions, Span
from tests.checks.given import asset, service
from tests.fuzz import modbus_answers as answers
from tests.fuzz.memory import InMemory, Says
from tests.fuzz.subjects.subject import Subject

CAPTURES = ("modbus", 502, 6)
SPANS = (Span("holding", 100, 1), Span("coil", 7, 9), Span("input", 10, 2))
DECLARED = service(
    502,
    "modbus",
    registers=(
        ExpectedRegister("holding", 100, (2,)),
        ExpectedRegister("coil", 7, (1, 0, 0, 0, 0, 0, 0, 0, 1)),
        ExpectedRegister("input", 10, (1, 65_535)),
    ),
)
DATA = {3: b"\3\2\0\2", 1: b"\1\2\1\1", 4: b"\4\4\0\1\xff\xff"}


def unit(answer: Callable[[bytes], bytes]) -> Callable[[], Says]:
    """Answers the PDU of each request."""

    def says(request: bytes) -> bytes:
        if not request:
            return b""
        pdu = answer(request[7:])
        return request[:2] + struct.pack(">HHB", 0, len(pdu) + 1, request[6]) + pdu

    return lambda: says


def read_alike(_check: str, facts: Any, wire: InMemory) -> bool:
    return bool(facts == answers.read_by_pymodbus(answers.matching(wire.said)))


def holds_the_values(_check: str, _facts: Any, wire: InMemory) -> bool:
    """Function, count and values, with our unit before them."""
    return all(b"\1" + pdu in wire.said for pdu in DATA.values())


def holds_the_id(_check: str, _facts: Any, wire: InMemory) -> bool:
    return b"\1\x11\x06\xb4\xff" in wire.said


MODBUS = (
    Subject(
        "modbus identity",
        "modbus",
        lambda wire, target: modbus.identity(wire, target, unit=1),
        tuple(unit(lambda pdu, make=make: make(pdu[3])) for make in answers.ANSWERS.values()),  # type: ignore[misc]
        2,
        read_alike,
        frozenset({"modbus-identity-matches-inventory", "firmware-approved"}),
        {"asset": asset(vendor="Acme", product="RTU-9", firmware_approved=("V1.2",))},
        Permissions(unit=1),
        CAPTURES,
    ),
    Subject(
        "modbus registers",
        "modbus",
        modbus_registers.registers,
        (
            unit(lambda pdu: DATA[pdu[0]]),
            unit(lambda pdu: DATA[pdu[0]][:-1] + b"\0"),
            unit(lambda pdu: bytes((pdu[0] | 0x80, 2))),
        ),
        3,
        holds_the_values,
        frozenset({"modbus-config-registers-baseline"}),
        {"service": DECLARED},
        Permissions(unit=1, registers=SPANS),
        CAPTURES,
    ),
    Subject(
        "modbus server id",
        "modbus",
        lambda wire, target: modbus_server_id.server_id(wire, target, id_octets=1),
        (
            unit(lambda _: b"\x11\x06\xb4\xffV1.2"),
            unit(lambda _: b"\x11\x06\xb4\0V1.2"),
            unit(lambda _: b"\x91\x01"),
        ),
        1,
        holds_the_id,
        frozenset({"modbus-server-id-baseline"}),
        {"asset": asset(server_id=ExpectedServerId("b4", running=True))},
        Permissions(unit=1, report_server_id=True),
        CAPTURES,
    ),
)
