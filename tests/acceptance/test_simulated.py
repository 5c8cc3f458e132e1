"""SNMP agents as snmpsim plays them: recordings of ours always, those of others where they lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.acceptance import simulated
from tests.acceptance.bench import Bench, Found
from tests.acceptance.fleet import quoted
from tests.acceptance.table import hold
from tests.acceptance.test_recorded import approvals, clocks

pytestmark = pytest.mark.skipif(simulated.lacks() is not None, reason=str(simulated.lacks()))
DATA = Path(os.environ.get("UPHELD_SHARED", "") or "/nowhere") / "data" / "snmp" / "snmprec"
CREDENTIAL = "  - {{id: read-{0}, kind: community, secret: {{file: secrets/{0}}}}}\n"
# The simulator answers more slowly than a device: as slow a link gives it the time.
ASSET = """  - {{id: device-{nth}, zone: zone-{zone}, address: {address}, role: switch,
     link: {{kind: radio}}, {inventory},
     services: [{{port: udp/{port}, protocol: snmp, credential: read-{name}}}]}}
"""
ZONE = "  - {{id: zone-{0}, networks: [127.0.{0}.0/24], sl_t: 1}}\n"
VANTAGE = "{{id: in-{0}, zone: zone-{0}, source: 127.0.{0}.1, kind: monitor}}"

# Made up for this test; the last value is the clock, which has stood still since 2020.
SYSTEM = """1.3.6.1.2.1.1.1.0|4|Thing 7, firmware 4.1
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9999.1
1.3.6.1.2.1.1.3.0|67|4711
1.3.6.1.2.1.1.5.0|4|switch-1
"""
CHASSIS = """1.3.6.1.2.1.25.1.2.0|4x|07e40b170c001e052b0100
1.3.6.1.2.1.47.1.1.1.1.5.1|2|3
1.3.6.1.2.1.47.1.1.1.1.11.1|4|S-123
"""


# One process plays all of them: it answers a few in time, not fifty at once.
AT_ONCE = 6


def visited(bench: Bench, start, tmp_path, agents: list[tuple[str, str, str]]) -> Found:
    """Visits to agents of (community, recording, inventory), each at an address of its own."""
    places = [(nth // AT_ONCE + 1, nth % AT_ONCE + 10) for nth in range(len(agents))]
    zones = range(1, places[-1][0] + 1)
    addresses = [f"127.0.{zone}.{host}" for zone, host in places]
    recordings = {name: lines for name, lines, _ in agents}
    port = start(simulated.snmpsim(tmp_path / "snmpsim", recordings, addresses))
    for name in recordings:
        bench.secret(name, name)
    assets = "".join(
        ASSET.format(nth=nth, zone=zone, address=address, inventory=inventory, port=port, name=name)
        for nth, ((zone, _), address, (name, _, inventory)) in enumerate(
            zip(places, addresses, agents, strict=True)
        )
    )
    credentials = "".join(CREDENTIAL.format(name) for name in recordings)
    bench.write(
        f"credentials:\n{credentials}assets:\n{assets}",
        vantages=f"[{', '.join(map(VANTAGE.format, zones))}]",
        zones=f"zones:\n{''.join(map(ZONE.format, zones))}",
    )
    return together([bench.check("--zone", f"zone-{zone}", seconds=240) for zone in zones])


def together(parts: list[Found]) -> Found:
    return Found(
        {key: row for part in parts for key, row in part.rows.items()},
        {key: row for part in parts for key, row in part.states.items()},
        {key: row for part in parts for key, row in part.said.items()},
        {"observations": [o for part in parts for o in part.report["observations"]]},
    )


def test_agents_of_snmpsim(bench, start, tmp_path):
    """The same agent, with an inventory that fits, one that does not, and a default community."""
    found = visited(
        bench,
        start,
        tmp_path,
        [
            ("seven-seas", SYSTEM + CHASSIS, "identity: {name: switch-1, serial: S-123}"),
            ("other-seas", SYSTEM + CHASSIS, "identity: {name: switch-1, serial: S-124}"),
            ("public", SYSTEM, "identity: {name: switch-1}"),
        ],
    )

    # The simulator answers every community it knows at every address.
    hold("snmpsim", found, VERDICTS)


VERDICTS = """
device-0.snmp snmp-identity-matches-inventory pass
device-0.snmp snmp-v3-authpriv                fail unprotected
device-0.snmp snmp-v1v2c-disabled             fail unprotected
device-0      clock-offset-within-limit       stopped
device-1.snmp snmp-identity-matches-inventory fail differs
device-0.snmp snmp-default-community-refused  fail default-credential
device-1.snmp snmp-default-community-refused  fail default-credential
device-2.snmp snmp-identity-matches-inventory pass
device-2.snmp snmp-default-community-refused  fail default-credential
device-2.snmp snmp-v3-authpriv                fail unprotected
"""


@pytest.mark.whole
@pytest.mark.skipif(not DATA.is_dir(), reason="UPHELD_SHARED names no recorded agents")
def test_recordings_of_others_served_by_snmpsim(bench, start, tmp_path):
    agents, expected = [], ""
    paths = sorted(DATA.glob("*.snmprec"))
    assert len(paths) > 40
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        for approved, verdict in approvals(text.splitlines()):
            name = f"agent-{len(agents)}"
            versions = ", ".join(map(quoted, approved))
            expected += f"device-{len(agents)} firmware-approved {verdict}\n"
            expected += f"device-{len(agents)}.snmp snmp-v3-authpriv fail unprotected\n"
            expected += f"device-{len(agents)}.snmp snmp-default-community-refused pass\n"
            agents.append((name, text, f"firmware: {{approved: [{versions}]}}"))

    found = visited(bench, start, tmp_path, agents)

    hold("recorded agents, snmpsim", found, expected + clocks(found))
