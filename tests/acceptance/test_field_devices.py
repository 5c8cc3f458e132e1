"""What devices in the field do that no standard wants, in cases of our own making."""

from __future__ import annotations

from tests.acceptance import hostile
from tests.acceptance.agent import agent
from tests.acceptance.fleet import Fleet, quoted
from tests.acceptance.table import hold

# Padding, memory behind a NUL, an address for a product code, a version cut short, odd levels.
UNITS = {
    "padded": ((b"Works      ", b"XK-9  ", b"V1.8 "), 0x01, ("Works", "XK-9", "V1.8")),
    "nul": ((b"Works\0k\x91\0\x01", b"XK-9\0", b"V1.8\0\0"), 0x01, ("Works", "XK-9", "V1.8")),
    "extended": ((b"Works", b"41", b"EW_6_4s5"), 0x81, ("Works", "41", "EW_6_4s5")),
    "regular": ((b"Works", b"41", b"V2.3,2013-12-18"), 0x82, ("Works", "41", "V2.3,2013-12-18")),
    "address": (
        (b"Works", b"02-00-5E-00-17-06", b"16"),
        0x01,
        ("Works", "02-00-5E-00-17-06", "16"),
    ),
    "cut": ((b"Works", b"Productcode", b"Versi"), 0x01, ("Works", "Productcode", "Versi")),
}


def units(fleet: Fleet, start) -> str:
    """Modbus units as the field gives them, and what is to be said of them."""
    expected = ""
    for told, level, (vendor, code, version) in UNITS.values():
        texts = dict(enumerate([*told, b"", b"", b"", b"J. Nobody, 555-0100"]))
        # Nine is not ten: an approval is for one version, and for no longer or shorter one.
        for approved, verdict in (
            (version, "pass"),
            (f"{version}0", "fail not-approved"),
            (version[:-1], "fail not-approved"),
        ):
            asset = fleet.asset(
                f"identity: {{vendor: {vendor}, order_number: {quoted(code)}}}, "
                f"firmware: {{approved: [{quoted(approved)}]}}, role: rtu",
                "modbus",
                lambda at, t=texts, c=level: start(hostile.tcp(at, 0, hostile.identified(t, c))),
            )
            expected += f"{asset}.modbus modbus-identity-matches-inventory pass\n"
            expected += f"{asset} firmware-approved {verdict}\n"
    return expected


SYSTEM = (
    "1.3.6.1.2.1.1.1.0|4|Linux router 5.4.188 #1 SMP",
    "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10",
    "1.3.6.1.2.1.1.3.0|67|4711",
    "1.3.6.1.2.1.1.5.0|4|router",
)
CHASSIS = (
    "1.3.6.1.2.1.47.1.1.1.1.5.1|2|3",
    "1.3.6.1.2.1.47.1.1.1.1.9.1|4|V04.02.00_06.01",
    "1.3.6.1.2.1.47.1.1.1.1.10.1|4|6.2.0",
)


APPROVALS = (
    # The kernel's version is nobody's firmware, however it is approved.
    (SYSTEM, "5.4.188", "inconclusive not-comparable"),
    (SYSTEM + CHASSIS, "5.4.188", "fail not-approved"),
    # Of two parts one is approved: nobody has said so of the other.
    (SYSTEM + CHASSIS, "V04.02.00_06.01", "inconclusive not-comparable"),
    (SYSTEM + CHASSIS, "V04.02.00_06.01, 6.2.0", "pass"),
    # What stands behind the underscore is the boot loader.
    (SYSTEM + CHASSIS, "V04.02.00, 6.2.0", "pass"),
    (SYSTEM + CHASSIS, "V04.02.01, 6.2.0", "inconclusive not-comparable"),
)


def agents(fleet: Fleet, start) -> str:
    """Agents that show versions which are not the firmware's, or not all of it."""
    expected = ""
    for lines, approved, verdict in APPROVALS:
        told = agent(lines)
        asset = fleet.asset(
            f"firmware: {{approved: [{approved}]}}, role: switch",
            "snmp",
            lambda at, told=told: start(hostile.udp(at, 0, told)),
        )
        expected += f"{asset} firmware-approved {verdict}\n"
        expected += f"{asset}.snmp snmp-default-community-refused pass\n"
    return expected


def test_identities_and_versions_as_the_field_gives_them(bench, start):
    fleet = Fleet(bench)
    expected = units(fleet, start) + agents(fleet, start)

    found = fleet.check()

    hold("field devices", found, expected)
    assert "555-0100" not in str(found.report)
