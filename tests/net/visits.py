"""Visits to the plant of plant.py through a real guard, as the appliance makes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from appliance.clock import SystemClock
from appliance.visit.classes import ProbingClass
from appliance.visit.guard.gate import Guard
from appliance.visit.guard.pace import Paces
from collectors import modbus, opcua, ports, snmp
from collectors.allowed import Permissions
from collectors.credentials import ClientCertificate, Community, Password, Trust
from collectors.wire import Target, Wire

USER = Password("monitor", "seven-Seas")
PORTS = {"opcua": 4840, "secure": 4840, "snmp": 161}
Question = Callable[[], Awaitable[object]]


def guard(numbers: ProbingClass, segment: Callable[[str], str] = str) -> Guard:
    clock = SystemClock()
    it = Guard(clock, a_day=lambda _: 10**9)
    it.paces = Paces(clock, lambda _: numbers, segment)
    return it


def target(name: str, address: str, source: str) -> Target:
    kind = name.rstrip("0123456789")
    port = PORTS.get(kind, 502)
    protocol = {"secure": "opcua", "greeting": "tcp", "tarpit": "modbus", "deaf": "modbus"}.get(
        kind, kind
    )
    transport = "udp" if kind == "snmp" else "tcp"
    protocol = protocol if protocol in ("modbus", "opcua", "snmp") else "tcp"
    return Target(name, address, transport, port, protocol, source, Permissions(unit=1))


async def secured(wire: Wire, to: Target, sha256: str, mine: ClientCertificate) -> None:
    """A session with a password on SignAndEncrypt."""
    offered = await opcua.endpoints(wire, to)
    await opcua.server(
        wire,
        to,
        offered=offered,
        credential=USER,
        certificate=mine,
        trust=Trust(sha256=sha256),
        variables=("ns=2;s=Level",),
    )


async def unsecured(wire: Wire, to: Target) -> None:
    offered = await opcua.endpoints(wire, to)
    seen = await opcua.anonymous(wire, to, offered=offered, variables=("ns=2;s=Level",))
    assert seen.activated


def questions(
    wire: Wire, to: Target, sha256: dict[str, str], mine: ClientCertificate
) -> list[Question]:
    """What is asked of one device."""
    match to.asset.rstrip("0123456789"):
        case "secure":
            return [partial(secured, wire, to, sha256[to.asset], mine)]
        case "opcua":
            return [partial(unsecured, wire, to)]
        case "snmp":
            return [partial(snmp.system, wire, to, credential=Community("public"))]
        case "modbus" | "tarpit" | "deaf":
            return [partial(modbus.identity, wire, to, unit=1), partial(ports.port, wire, to)]
        case _:
            return [partial(ports.port, wire, to)]
