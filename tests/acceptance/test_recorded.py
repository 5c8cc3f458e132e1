"""What others recorded of real devices, replayed from where it lies; read, never copied."""

from __future__ import annotations

import asyncio
import csv
import os
import re
from pathlib import Path

import pytest

from checks.facts.modbus import ModbusIdentity
from checks.fr3_integrity import firmware_approved
from tests.acceptance import captures, hostile
from tests.acceptance.agent import agent
from tests.acceptance.bench import Found
from tests.acceptance.fleet import Fleet, quoted
from tests.acceptance.table import WITHOUT_AN_ANSWER, hold, note, unexplained
from tests.acceptance.test_identification import identified
from tests.checks import given

SHARED = os.environ.get("UPHELD_SHARED", "")
DATA = Path(SHARED or "/nowhere") / "data"
pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(
        not DATA.is_dir(), reason="UPHELD_SHARED names no directory with recorded data"
    ),
]


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def octets(text: str) -> bytes:
    """The recording writes what cannot be printed as \\xNN."""
    parts = re.split(r"\\x([0-9a-f]{2})", text)
    return b"".join(
        bytes.fromhex(part) if nth % 2 else part.encode() for nth, part in enumerate(parts)
    )


def test_recorded_modbus_identifications(bench, start):
    fleet = Fleet(bench)
    rows = [
        row
        for row in table("modbus/fc43_device_identification.csv")
        if row["evidence"] == "A-scan" and row["vendor_name"] and row["revision"]
    ]
    assert len(rows) >= 10
    expected = ""
    for row in rows:
        told = [octets(row[k]) for k in ("vendor_name", "product_code", "revision")]
        texts = dict(enumerate([*told, b"", b"", b"", b"J. Nobody, 555-0100"]))
        level = int(row["conformity_level"] or "0x01", 16)
        vendor, code, revision = (t.split(b"\0")[0].decode().strip() for t in told)
        for stated, verdict in ((revision, "pass"), (f"{revision}.1", "fail")):
            asset = fleet.asset(
                f"identity: {{vendor: {quoted(vendor)}, order_number: {quoted(code)}}}, "
                f"firmware: {{approved: [{quoted(stated)}]}}, role: rtu",
                "modbus",
                lambda at, t=texts, c=level: start(hostile.tcp(at, 0, hostile.identified(t, c))),
            )
            expected += f"{asset}.modbus modbus-identity-matches-inventory pass\n"
            reason = "not-approved" if verdict == "fail" else ""
            expected += f"{asset} firmware-approved {verdict} {reason}\n"
    found = fleet.check()

    hold("recorded FC 43/14", found, expected)
    assert "555-0100" not in str(found.report)


NOBODY = "0.0.0-nobody-approved-this"


def approvals(lines: list[str]) -> list[tuple[tuple[str, ...], str]]:
    """What somebody might approve, and the verdict it deserves.

    That the versions are right is test_identification's to show.
    """
    told = asyncio.run(identified(lines))
    running = tuple(part.version for part in told.firmware if part.judged)
    if not running or not all(running):
        return [((NOBODY,), "inconclusive not-comparable")]
    return [((NOBODY,), "fail not-approved"), (running, "pass")]


def test_recorded_snmp_agents(bench, start):
    fleet = Fleet(bench)
    expected, kernels = "", 0
    paths = sorted((DATA / "snmp" / "snmprec").glob("*.snmprec"))
    assert len(paths) > 40
    for path in paths:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        descriptions = [line for line in lines if line.startswith("1.3.6.1.2.1.1.1.0|4|")]
        kernel = re.search(r"Linux \S+ (\d\S+)|Linux (\d\S+)", " ".join(descriptions))
        deserved = approvals(lines)
        if kernel is not None:
            # Somebody who approves the kernel's version has not approved the firmware.
            kernels += 1
            deserved.append(((next(filter(None, kernel.groups())),), deserved[0][1]))
        told = agent(lines)
        for approved, verdict in deserved:
            asset = fleet.asset(
                f"firmware: {{approved: [{', '.join(map(quoted, approved))}]}}, role: switch",
                "snmp",
                lambda at, told=told: start(hostile.udp(at, 0, told)),
            )
            expected += f"{asset} firmware-approved {verdict}\n"
            expected += f"{asset}.snmp snmp-v3-authpriv fail unprotected\n"
            expected += f"{asset}.snmp snmp-default-community-refused pass\n"
    assert kernels > 2

    found = fleet.check()

    hold("recorded SNMP agents", found, expected + clocks(found))


def clocks(found: Found) -> str:
    """A recorded clock stands still since it was recorded: years off, wherever there is one."""
    told = {
        row["asset"] for row in found.report["observations"] if row.get("facts", {}).get("clock")
    }
    return "".join(f"{asset} clock-offset-within-limit stopped\n" for asset in sorted(told))


# These began as we begin, Hello, channel, GetEndpoints, so what they list is read as if told to us.
LISTED = (
    "icsnpp_opcua-binary__open62541_client-server_mainloop-not-localhost-non-standard-port.pcap",
    "icsnpp_opcua-binary__open62541_read_service_test_data.pcap",
)
LISTING = """
{0}.opcua opcua-mode-none-absent         fail unprotected
{0}.opcua opcua-anonymous-token-absent   fail anonymous-accepted
{0}.opcua opcua-deprecated-policy-absent not-applicable
{0}.opcua opcua-cert-strong              not-applicable
{0}.opcua opcua-cert-valid               not-applicable
"""


def test_recorded_conversations_pass_nothing(bench, start):
    """Answers to other questions than ours, at our ports."""
    fleet = Fleet(bench)
    told = {"modbus": 502, "opcua": 4840, "s7": 102, "ssh": 22}
    listing = ""
    for folder, port in told.items():
        for path in sorted((DATA / "pcap" / folder).glob("*.pcap*")):
            parts = captures.replies(path, 48_010 if "non-standard" in path.name else port)
            for protocol in ("modbus", "opcua"):
                if parts:
                    name = add(fleet, start, protocol, hostile.replays(parts))
                    if protocol == "opcua" and path.name in LISTED:
                        listing += LISTING.format(name)
    for path in sorted((DATA / "pcap" / "snmp").glob("*.pcap*")):
        parts = captures.replies(path, 161, captures.UDP)
        answers = iter(parts * 20)
        fleet.asset(
            INVENTORY,
            "snmp",
            lambda at, a=answers: start(hostile.udp(at, 0, lambda _: next(a, None))),
        )
    assert len(fleet.lines) > 30

    found = fleet.check()

    hold("recorded OPC UA endpoints", found, listing)
    nothing_passes("recorded conversations", found)


def test_recorded_banners_on_the_wrong_port(bench, start):
    fleet = Fleet(bench)
    rows = table("banners/ot_banners_curated.csv")
    banners = sorted({octets(row["banner"]) for row in rows if row["banner"]})
    assert len(banners) > 40
    for nth, banner in enumerate(banners):
        kind = hostile.greets if nth % 2 else hostile.says
        add(fleet, start, ("modbus", "opcua")[nth // 2 % 2], kind(banner + b"\r\n"))

    nothing_passes("recorded banners", fleet.check())


INVENTORY = "identity: {vendor: V, order_number: O, name: N}, firmware: {approved: [V1]}, role: plc"


def add(fleet: Fleet, start, protocol: str, behaviour: hostile.Behaviour) -> str:
    return fleet.asset(INVENTORY, protocol, lambda at: start(hostile.tcp(at, 0, behaviour)))


def nothing_passes(scenario: str, found: Found) -> None:
    needing = {key: row for key, row in found.rows.items() if key[1] not in WITHOUT_AN_ANSWER}
    passed = unexplained(found, {})
    note(
        scenario,
        {
            ("all", f"{len(needing)} verdicts that need an answer"): (
                ("0 pass",),
                (f"{len(passed)} pass",),
            )
        },
    )
    assert not passed
    assert {reason for _, reason in needing.values()} <= UNTOLD


# Why nobody can say; the fails are those that what was told in the clear deserves.
UNTOLD = {
    *("timeout", "hung-up", "unintelligible", "denied", "busy", "no-control", "not-asked"),
    *("not-applicable", "not-comparable", "missing", "unprotected", "anonymous-accepted"),
    # A device that hung up on us is left alone; a recorded server names hosts of its own plant.
    *("not-permitted", "differs"),
}


def test_recorded_versions_that_are_not_the_approved_one():
    """Versions with an order between them are two versions: neither approves the other."""
    rows = [row for row in table("versions/ordering_pairs.csv") if row["relation"] in "<>"]
    rows += [
        row for row in table("versions/ordering_pairs.csv") if row["relation"] == "incomparable"
    ]
    assert len(rows) > 25
    compared = {}
    for row in rows:
        pair = f"{row['left']} {row['relation']} {row['right']}"
        for shown, approved in ((row["left"], row["right"]), (row["right"], row["left"])):
            verdict = judged(shown, approved)
            compared[pair, f"shows {shown}"] = (("fail",), (verdict,))
    note("recorded versions", compared)

    assert all(expected == got for expected, got in compared.values())


def judged(shown: str, approved: str) -> str:
    unit = given.observed(ModbusIdentity(1, True, None, 1, revision=shown))
    asset = given.asset(firmware_approved=(approved,))
    return given.verdict(firmware_approved.judge, unit, asset=asset).outcome.value
