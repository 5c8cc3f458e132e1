"""Every function, sub-function and unit of Modbus: exactly the allowed ones pass."""

from __future__ import annotations

import struct

import pytest

from collectors.allowed import ON_THE_WIRE, Permissions, Span

UNIT = 7
BARE = Permissions(unit=UNIT)
EVERYTHING = Permissions(
    unit=UNIT,
    registers=tuple(Span(table, 0, 0x10000) for table in ("coil", "discrete", "holding", "input")),
    report_server_id=True,
)
IDENTIFY = b"\x2b\x0e\x01\x00"


def passes(permits: Permissions, pdu: bytes, unit: int = UNIT) -> bool:
    adu = struct.pack(">HHHB", 1, 0, len(pdu) + 1, unit) + pdu
    return ON_THE_WIRE["modbus"](permits, adu) is None


# What each function carries, so that none is refused for its shape alone.
BODIES = [
    b"",
    b"\x00\x01\x00\x01",
    b"\x00\x01\xff\x00",
    b"\x00\x01\x00\x01\x02\x00\x01",
    b"\x0e\x01\x00",
    b"\x00\x00",
]


def functions(permits: Permissions) -> set[int]:
    return {f for f in range(256) for body in BODIES if passes(permits, bytes((f,)) + body)}


def test_of_all_functions_only_identification_passes_by_itself():
    assert functions(BARE) == {43}


def test_with_everything_permitted_there_is_still_only_reading():
    assert functions(EVERYTHING) == {1, 2, 3, 4, 17, 43}


@pytest.mark.parametrize("function", [1, 2, 3, 4])
def test_a_read_passes_only_on_its_own_table(function):
    table = ("coil", "discrete", "holding", "input")[function - 1]
    permits = Permissions(unit=UNIT, registers=(Span(table, 0, 10),))
    body = struct.pack(">HH", 0, 1)

    assert [f for f in range(256) if passes(permits, bytes((f,)) + body)] == [function]


def test_no_diagnostic_passes_whatever_its_sub_function():
    """08: 01 restarts, 04 silences, 0A clears."""
    tried = (struct.pack(">BHH", 8, sub, data) for sub in range(0x10000) for data in (0, 0xFF00))

    assert not any(passes(EVERYTHING, pdu) for pdu in tried)


def test_of_function_43_only_the_two_read_codes_of_mei_14_pass():
    found = {
        (mei, code)
        for mei in range(256)
        for code in range(256)
        for object_id in (0, 1, 127)
        if passes(EVERYTHING, bytes((43, mei, code, object_id)))
    }

    assert found == {(14, 1), (14, 2)}


def test_objects_of_other_read_codes_are_not_asked_for():
    assert [n for n in range(256) if passes(BARE, bytes((43, 14, 1, n)))] == list(range(128))


def test_of_all_units_only_the_declared_one_passes():
    for declared in range(1, 256):
        permits = Permissions(unit=declared)

        assert [u for u in range(256) if passes(permits, IDENTIFY, u)] == [declared]


@pytest.mark.parametrize("declared", [0, None])
def test_the_broadcast_unit_never_passes_not_even_declared(declared):
    assert not any(passes(Permissions(unit=declared), IDENTIFY, u) for u in range(256))


def test_nothing_is_permitted_that_was_not_said():
    assert not any(passes(Permissions(), bytes((f,)) + b) for f in range(256) for b in BODIES)


def test_function_17_wants_a_device_profile():
    assert not passes(BARE, b"\x11")
    assert passes(Permissions(unit=UNIT, report_server_id=True), b"\x11")
    assert not passes(EVERYTHING, b"\x11\x00")


@pytest.mark.parametrize(
    ("address", "count", "fits"),
    [
        (100, 1, True),
        (103, 1, True),
        (100, 4, True),
        (101, 3, True),
        (99, 1, False),
        (99, 2, False),
        (104, 1, False),
        (103, 2, False),
        (100, 5, False),
        (100, 0, False),
        (0, 1, False),
    ],
)
def test_a_read_stays_inside_what_is_declared(address, count, fits):
    permits = Permissions(unit=UNIT, registers=(Span("holding", 100, 4),))

    assert passes(permits, struct.pack(">BHH", 3, address, count)) is fits


@pytest.mark.parametrize(("function", "most"), [(1, 2000), (2, 2000), (3, 125), (4, 125)])
def test_a_read_is_never_longer_than_one_answer(function, most):
    good = {n for n in range(0x10000) if passes(EVERYTHING, struct.pack(">BHH", function, 0, n))}

    assert good == set(range(1, most + 1))


def test_a_read_does_not_run_over_the_last_address():
    assert passes(EVERYTHING, struct.pack(">BHH", 3, 65_535, 1))
    assert not passes(EVERYTHING, struct.pack(">BHH", 3, 65_535, 2))


@pytest.mark.parametrize(
    "adu",
    [
        b"",
        bytes.fromhex("0001 0000 0005 07 2b0e01"),
        bytes.fromhex("0001 0000 0005 07 2b0e0100 00"),
        bytes.fromhex("0001 0000 0005 07 2b0e0100") * 2,
        bytes.fromhex("0001 0000 0006 07 2b0e0100"),
        bytes.fromhex("0001 0001 0005 07 2b0e0100"),
        bytes.fromhex("0001 0000 0002 07 2b"),
        bytes.fromhex("07 2b0e0100 7011"),
    ],
)
def test_only_one_whole_request_passes(adu):
    assert ON_THE_WIRE["modbus"](BARE, adu) is not None
