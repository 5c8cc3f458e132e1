"""Visits to the plant of plant.py through a real guard, as the appliance makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

from appliance.clock import SystemClock
from appliance.visit.classes import ProbingClass
from appliance.visit.guard.pace import Paces
from collectors import modbus, opcua, ports, snmp
from collectors.allowed import Permissions
from collectors.credentials import ClientCertificate, Community, Password, Trust
from collectors.errors import NotPermitted
from collectors.wire import Connections, Target, Wire

USER = Password("monitor", "seven-Seas")
PORTS = {"opcua": 4840, "secure": 4840, "snmp": 161}
Question = Callable[[], Awaitable[object]]


class Gate:
    """The guard's own pace and account, for whoever is permitted, without a site."""

    def __init__(self, numbers: ProbingClass, segment: Callable[[str], str]) -> None:
        self.allowed: set[tuple[str, str, int]] = set()
        self.held = False
        self.packets: Counter[str] = Counter()
        self.connections = Connections()
        self._clock = SystemClock()
        self._paces = Paces(self._clock, lambda _: numbers, segment)
        self.turn, self.pace = self._paces.turn, self._paces.pace
        self.closed = self._paces.closed
        self.now, self.wall = self._clock.monotonic, self._clock.now

    def permit(self, allowed: set[tuple[str, str, int]]) -> None:
        self.allowed = allowed

    def may_connect(self, target: Target) -> None:
        assert (target.address, target.transport, target.port) in self.allowed
        self.may_send(target, 0)

    def may_send(self, target: Target, octets: int) -> None:
        if self.held:
            raise NotPermitted(target, "the site is on hold")

    def refused(self, target: Target, why: str) -> None:
        raise AssertionError(f"{target}: {why}")

    def sent(self, target: Target, packets: int, octets: int) -> None:
        self._paces.sent(target, packets)
        self.packets[target.address] += packets


def guard(numbers: ProbingClass, segment: Callable[[str], str] = str) -> Gate:
    return Gate(numbers, segment)


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
