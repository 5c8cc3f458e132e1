"""
What Upheld puts on the network, measured: packets and octets per question and per full visit.

    python -m bench.packets

Visits the plant in a box and a host of other services over loopback and reads the account the wire
hands the guard: packets we send, with acknowledgements and the close, and octets of payload.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from appliance.clock import Clock, SystemClock
from appliance.demo.layout import Layout
from appliance.demo.plant import Plant
from appliance.demo.site import write_site
from appliance.ledger.store import Store
from appliance.rounds.restoring import restore
from appliance.rounds.round import Rounds
from appliance.site.loading import load
from appliance.site.model import Site
from appliance.visit.guard import Guard, Kept
from bench.services import (
    FTP,
    HOST,
    HTTPS,
    MQTT,
    NTP,
    SSH,
    TELNET,
    VNC,
    WEB,
    assets,
    serving,
)
from checks.facts.observation import Observation
from collectors.wire import Target

NETWORK = "127.63"
# What a row is called, and where in the plant it is measured: asset, port, question.
QUESTIONS = {
    "TCP: a port that opens": ("plc-1", "tcp-4840", "tcp-port"),
    "TCP: a port that is closed or dropped": ("sw-dmz", "tcp-2323", "tcp-port"),
    "OPC UA: endpoints and certificate": ("plc-1", "tcp-4840", "opcua-endpoints"),
    "OPC UA: one anonymous attempt": ("plc-1", "tcp-4840", "opcua-anonymous"),
    "OPC UA: a session that reads": ("plc-1", "tcp-4840", "opcua-server"),
    "Modbus: identification": ("rtu-1", "tcp-5020", "modbus-identity"),
    "SNMPv3: system and firmware": ("sw-dmz", "udp-1161", "snmp-system"),
    "SNMPv3: weaker levels and versions": ("sw-dmz", "udp-1161", "snmp-refusals"),
    "SNMPv2c: system and firmware": ("sw-field", "udp-1161", "snmp-system"),
    "SNMP: default communities, once a day": ("sw-dmz", "udp-1161", "snmp-default-communities"),
    "HTTP: a page": ("panel-1", "tcp-8080", "http-pages"),
    "TLS: certificate and version": (WEB, f"tcp-{HTTPS}", "tls-server"),
    "TLS: older versions, once a day": (WEB, f"tcp-{HTTPS}", "tls-versions"),
    "TLS: weak suites, once a month": (WEB, f"tcp-{HTTPS}", "tls-weak-suites"),
    "HTTPS: a page": (WEB, f"tcp-{HTTPS}", "https-pages"),
    "SSH: what it offers": (HOST, f"tcp-{SSH}", "ssh-offer"),
    "SSH: host key, once a day": (HOST, f"tcp-{SSH}", "ssh-host-key"),
    "FTP: greeting, and whether it knows TLS": (HOST, f"tcp-{FTP}", "ftp-greeting"),
    "FTP: one anonymous attempt, once a day": (HOST, f"tcp-{FTP}", "ftp-anonymous"),
    "Telnet: what it says unasked": (HOST, f"tcp-{TELNET}", "telnet-greeting"),
    "VNC: security types": (HOST, f"tcp-{VNC}", "vnc-security"),
    "MQTT: one anonymous attempt, once a day": (HOST, f"tcp-{MQTT}", "mqtt-anonymous"),
    "NTP: the time": (HOST, f"udp-{NTP}", "ntp-server"),
}
VISITS = {
    "**full visit**, PLC with OPC UA": "plc-1",
    "**full visit**, RTU with Modbus": "rtu-1",
    "**full visit**, switch with SNMPv3": "sw-dmz",
    "**full visit**, switch with SNMPv2c": "sw-field",
    "**full visit**, panel with HTTP": "panel-1",
    "**full visit**, host with HTTPS, whose handshakes take two": WEB,
    "**full visit**, host with SSH, FTP, Telnet, VNC, MQTT and NTP": HOST,
}


TRIES = 3


class Unanswered(Exception):
    """Questions nobody answered, so that what they cost says nothing."""


@dataclass(frozen=True)
class Row:
    """What one thing costs a device."""

    what: str
    packets: int
    octets: int


def measure(network: str = NETWORK) -> list[Row]:
    """
    One full visit of every asset of the plant, on loopback addresses below `network`.

    The plant lives in our own process and has a laboratory's half second to answer: when a busy
    machine lets a question go unanswered, all of it is measured again.  Raises `Unanswered`.
    """
    for _ in range(TRIES - 1):
        with suppress(Unanswered):
            return asyncio.run(_measured(network))
    return asyncio.run(_measured(network))


def table(rows: list[Row]) -> str:
    """As Markdown."""
    lines = ["| what | packets | octets |", "| --- | ---: | ---: |"]
    return "\n".join([*lines, *(f"| {r.what} | {r.packets} | {r.octets} |" for r in rows)])


async def _measured(network: str) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_site(
            folder / "config", web_port=62443, mqtt=None, plant_directory=folder, network=network
        )
        hosts = Layout(network).at(0, 30), Layout(network).at(0, 31)
        (folder / "config" / "services.yaml").write_text(assets(*hosts), encoding="utf-8")
        async with Plant(folder, network), serving(folder, *hosts):
            store = Store.open(folder / "ledger.db", origin="bench/evidence/1", key=b"k" * 32)
            clock = SystemClock()
            try:
                loaded = load(folder / "config")
                guard = Accounting(clock, Kept.in_memory(), loaded.site)
                rounds = Rounds(loaded, folder / "config", store, clock, guard)
                await restore(rounds)
                return await _visited(rounds, guard)
            finally:
                await store.close()


class Accounting(Guard):
    """A guard that also keeps each entry of the account, with the time it was made."""

    def __init__(self, clock: Clock, kept: Kept, site: Site) -> None:
        super().__init__(clock, kept, site)
        self.entries: list[tuple[datetime, Target, int, int]] = []

    def sent(self, target: Target, packets: int, octets: int) -> None:
        super().sent(target, packets, octets)
        self.entries.append((self.clock.now(), target, packets, octets))

    def cost_of(self, seen: Observation) -> tuple[int, int]:
        """What was sent to the observation's port between its first and its last moment."""
        mine = [
            (packets, octets)
            for at, target, packets, octets in self.entries
            if target.asset == seen.asset
            and f"{target.transport}-{target.port}" == seen.port
            and seen.started <= at <= seen.finished
        ]
        return sum(packets for packets, _ in mine), sum(octets for _, octets in mine)


async def _visited(rounds: Rounds, guard: Accounting) -> list[Row]:
    # Side by side: an account follows the address, and an address has one visit at a time.
    plant = [a.id for a in rounds.visitable() if a.id not in (HOST, WEB)]
    visits = [
        visited
        for names in (plant, (HOST, WEB), (WEB,))
        for visited in await asyncio.gather(*(rounds.visit(n, due_anyway=True) for n in names))
    ]
    cost: dict[tuple[str, str, str], tuple[int, int]] = {}
    for visited in visits:
        for seen in visited.observations if visited else ():
            # Silence is an answer of a closed port; any other question without one has failed.
            if seen.facts is not None or seen.question == "tcp-port":
                cost.setdefault((seen.asset, seen.port, seen.question), guard.cost_of(seen))
    if missing := sorted(set(QUESTIONS.values()) - cost.keys()):
        raise Unanswered(", ".join("/".join(key) for key in missing))
    whole = {
        a.id: (guard.loads[a.address].packets, guard.loads[a.address].octets)
        for a in rounds.visitable()
    }
    return [
        *(Row(what, *cost[key]) for what, key in QUESTIONS.items()),
        *(Row(what, *whole[asset]) for what, asset in VISITS.items()),
    ]


if __name__ == "__main__":
    sys.stdout.write(table(measure()) + "\n")
