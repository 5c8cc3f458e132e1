"""SNMP: what agents say of themselves, whom they answer, what their tables hold."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from checks.facts.expected import ExpectedPort
from collectors import snmp, snmp_tables
from collectors.allowed import Permissions, element
from collectors.credentials import Community
from collectors.snmp_digest import _parts
from tests.checks.given import asset
from tests.devices.snmp_peers import oid, parts, reply, tlv
from tests.fuzz.memory import InMemory, Says
from tests.fuzz.relay import RelayMemory
from tests.fuzz.subjects.snmp_v3 import PASSED, USER, speaker
from tests.fuzz.subjects.subject import Subject

CAPTURES = ("snmp", 161, 17)
READ = Community("s3cret")
SYS, IF = "1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2.1"
AUTHORIZATION_ERROR = b"\x02\x01\x10"
_BULK, _GET = 0xA5, 0xA0
_NO_SUCH, _END = b"\x80\0", b"\x82\0"

HELD = {
    f"{SYS}.1.0": tlv(4, b"Thing, version 4.1"),
    f"{SYS}.2.0": tlv(6, oid("1.3.6.1.4.1.9999.1")),
    f"{SYS}.3.0": tlv(0x43, b"\x01\x02\x03"),
    f"{SYS}.5.0": tlv(4, b"switch-1"),
    f"{IF}.6.1": tlv(4, bytes.fromhex("001b1b0a0b0c")),
    "1.3.6.1.2.1.4.1.0": tlv(2, b"\2"),
    "1.3.6.1.2.1.25.1.2.0": tlv(4, bytes.fromhex("07E40B170C001E052B0100")),
    "1.3.6.1.2.1.47.1.1.1.1.5.1": tlv(2, b"\3"),
    "1.3.6.1.2.1.47.1.1.1.1.11.1": tlv(4, b"S-123"),
} | {
    f"{IF}.{column}.{row}": value
    for row in (1, 2, 3)
    for column, value in (
        (2, tlv(4, b"eth%d" % row)),
        (3, tlv(2, b"\6")),
        (7, tlv(2, b"\1" if row == 1 else b"\2")),
        (8, tlv(2, b"\1" if row == 1 else b"\2")),
    )
}  # fmt: skip


def agent(held: Mapping[str, bytes], *communities: bytes) -> Callable[[], Says]:
    """Answers GET, GETNEXT and GETBULK with a v2c or v1 community of these; else silence."""
    ordered = sorted((tuple(map(int, name.split("."))), value) for name, value in held.items())
    names = [name for name, _ in ordered]
    coded = {oid(".".join(map(str, name))): at for at, (name, _) in enumerate(ordered)}
    rows = [(name, value) for name, (_, value) in zip(coded, ordered, strict=True)]

    def after(name: bytes) -> int:
        return bisect_right(names, tuple(_arcs(name)))

    def says(datagram: bytes) -> bytes:
        if not datagram:
            return b""
        _, (_, community), (pdu, content) = parts(parts(datagram)[0][1])
        if community not in communities:
            return b""
        asked = [parts(row)[0][1] for _, row in parts(parts(content)[3][1])]
        if pdu == _GET:
            found = [(n, rows[coded[n]][1] if n in coded else _NO_SUCH) for n in asked]
        else:
            more = parts(content)[2][1][-1] if pdu == _BULK else 1
            found = [row for name in asked for row in rows[after(name) :][:more]]
            found = found or [(asked[0], _END)]
        return reply(datagram, found)

    return lambda: says


def _arcs(coded: bytes) -> list[int]:
    numbers, number = [], 0
    for octet in coded:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers += [number // 40, number % 40] if not numbers else [number]
            number = 0
    return numbers


def number_in(message: bytes) -> int | None:
    """The request id of a v1 or v2c message whose outside can be read."""
    try:
        pdu = _parts(element(message)[1])[2]
        return int.from_bytes(_parts(pdu[1])[0][1], "big", signed=True)
    except (ValueError, IndexError):
        return None


def says_its_name(_check: str, _facts: Any, wire: InMemory) -> bool:
    # Names are compared without their case, as people write them.
    return b"switch-1" in wire.said.lower() and b"s-123" in wire.said.lower()


def nobody_answered(_check: str, _facts: Any, wire: InMemory) -> bool:
    """The control was, by its number; each trial met silence, or an authorization error."""
    control, *trials = wire.talks
    answered = bool(control.said) and number_in(control.heard[0]) == number_in(control.said[0])
    return answered and all(
        not part or AUTHORIZATION_ERROR in part for trial in trials for part in trial.said
    )


def shows_its_ports(_check: str, facts: Any, wire: InMemory) -> bool:
    """Every port's state stands in the answers, and none of the three is missing."""
    return len(facts.interfaces) >= 3 and tlv(2, b"\2") in wire.said


def v3_refused(check: str, _facts: Any, wire: InMemory) -> bool:
    """Our user passed; nobody answered with a community, or none of the talks at a lower level."""
    passed = [talk.device for talk in wire.talks if talk.device.answered]  # type: ignore[attr-defined]
    if check == "snmp-v1v2c-disabled":
        old = [talk for talk in wire.talks if element(talk.heard[0])[1][:3] != b"\2\1\3"]
        return bool(passed) and len(old) == 2 and not any(talk.said for talk in old)
    return bool(passed) and all(device.level == PASSED for device in passed)


def v3_told(check: str, _facts: Any, wire: InMemory) -> bool:
    """A pass rests on what was signed, in whatever it said before encryption."""
    plain = b"".join(p for talk in wire.talks for p in talk.device.plain)  # type: ignore[attr-defined]
    return check == "snmp-v3-authpriv" or b"switch-1" in plain.lower()


def _subject(
    name: str, ask: Any, devices: Any, answers: int, earned: Any, *passes: str, **more: Any
) -> Subject:
    return Subject(
        name, "snmp", ask, devices, answers, earned, frozenset(passes),
        captures=CAPTURES, memory=RelayMemory, **more,
    )  # fmt: skip


STRICT, LOOSE = agent(HELD, b"s3cret"), agent(HELD, b"s3cret", b"public")
NAMED = {"asset": asset(name="switch-1", serial="S-123")}
SPARE = {"asset": asset(ports=(ExpectedPort("eth2"), ExpectedPort("eth3")))}
SNMP = (
    _subject(
        "snmp system",
        lambda wire, target: snmp.system(wire, target, credential=READ),
        (STRICT,),
        5,
        says_its_name,
        "snmp-identity-matches-inventory",
        expected=NAMED,
        part=0.3,
    ),
    _subject(
        "snmp communities",
        lambda wire, target: snmp.default_communities(wire, target, credential=READ),
        (STRICT, LOOSE),
        2,
        nobody_answered,
        "snmp-default-community-refused",
        part=0.2,
    ),
    _subject(
        "snmp walks",
        lambda wire, target: snmp_tables.interfaces(wire, target, credential=READ),
        (STRICT,),
        8,
        shows_its_ports,
        permits=Permissions(bulk=True),
        part=0.3,
    ),
    _subject(
        "snmp v3 refusals",
        lambda wire, target: snmp.refusals(wire, target, credential=USER, community=READ),
        (speaker(HELD, strict=True), speaker(HELD, strict=False)),
        5,
        v3_refused,
        "snmp-v3-weak-level-refused",
        "snmp-v1v2c-disabled",
        part=0.1,
    ),
    _subject(
        "snmp v3 signed",
        lambda wire, target: snmp.system(wire, target, credential=USER),
        (speaker(HELD, strict=True), *(speaker(HELD, strict=True, inside=n) for n in range(1, 6))),
        6,
        v3_told,
        "snmp-v3-authpriv",
        "snmp-identity-matches-inventory",
        expected={"asset": asset(name="switch-1")},
        part=0.1,
    ),
)
