"""The two built-in lists of ports, number by number."""

from __future__ import annotations

import pytest

from collectors.allowed import ON_THE_WIRE, Permissions, connect_only, never_connect

NEVER_TCP = {*range(9100, 9108), 515, 631, *range(950, 967), *range(4001, 4033)}
PROCESS_DATA = {*range(34_962, 34_965), *range(1089, 1092)}


def test_the_ports_never_connected_to_are_exactly_these():
    found = {t: {p for p in range(65_536) if never_connect(t, p)} for t in ("tcp", "udp")}

    assert found == {
        "tcp": NEVER_TCP | PROCESS_DATA,
        "udp": PROCESS_DATA | {47_808, 2222, 69},
    }


def test_the_ports_never_spoken_to_are_exactly_these():
    found = {t: {p for p in range(65_536) if connect_only(t, p)} for t in ("tcp", "udp")}

    assert found == {
        "tcp": {102, 44_818, 20_000, 2404, 1911, 4911, 5007, 9600},
        "udp": {44_818, 20_000, 9600},
    }


def test_why_is_said_in_words():
    assert never_connect("tcp", 9100) == "a raw printer port: it prints whatever it hears"


@pytest.mark.parametrize(
    "protocol", ["tcp", "s7", "enip", "dnp3", "iec104", "bacnet", "fox", "ftp", "made-up", ""]
)
def test_a_protocol_without_an_allow_list_says_nothing(protocol):
    from collectors import allowed

    judge = ON_THE_WIRE.get(protocol, allowed.nothing)

    assert all(judge(Permissions(), bytes((n,))) for n in range(256))
    assert judge(Permissions(), b"") is not None
