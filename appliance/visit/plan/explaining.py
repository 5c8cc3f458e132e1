"""
Every packet of ours in a capture, explained by the plan or named.

What cannot be judged is not explained: a request cut short by the capture, a connection whose
beginning is missing, bytes that were lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.site.model import Asset, Service, Site
from appliance.visit.classes import class_for
from appliance.visit.permits import permitted, with_server_id
from appliance.visit.plan.capture import Capture, Frame
from appliance.visit.plan.connection import Connection
from appliance.visit.plan.packets import ACK, RST, SYN, Packet, Unreadable, packet
from appliance.visit.plan.peaks import Peaks
from appliance.visit.plan.plan import Plan
from appliance.visit.plan.speech import Speech, datagram
from appliance.visit.plan.step import Step
from appliance.visit.questions import MODBUS_SERVER_ID
from collectors.allowed import Permissions

# What a kernel answers or asks by itself: RFC 792, RFC 4443, RFC 4861 and RFC 3810.
_KERNELS = {"icmp": {0, 3, 11, 12}, "icmp6": {1, 2, 3, 4, 129, 131, 132, 133, 134, 135, 136, 143}}
NOT_PLANNED = "this target is not in the plan"

_Flow = tuple[str, str, str, int]
_Pair = tuple[str, int, str, int]


@dataclass
class _Known:
    """What the plan says of one flow; without an asset it is no visit and not judged."""

    asset: str = ""
    protocol: str = "tcp"
    permits: tuple[Permissions, ...] = ()


@dataclass(frozen=True)
class Unexplained:
    """Packets of one kind to one target that the plan does not explain; `at` is the first's."""

    at: int
    kind: str
    source: str
    sport: int
    target: str
    dport: int
    why: str


@dataclass
class Report:
    """What a capture shows.  `kernel` counts what the kernel said by itself, by name."""

    sent: int = 0
    answers: int = 0
    foreign: int = 0
    outside: int = 0
    connections: int = 0
    judged: int = 0
    hidden: int = 0
    resets: int = 0
    unreadable: int = 0
    unreadable_why: str = ""
    kernel: Counter[str] = field(default_factory=Counter)
    devices: dict[str, Peaks] = field(default_factory=dict)
    unexplained: Counter[Unexplained] = field(default_factory=Counter)


class Explainer:
    """
    Feed it frames in their order, then ask for `finish`.

    `sources` are addresses of ours besides those of the vantages; `also` holds flows of this host
    that are no visits, as (transport, address, port).
    """

    def __init__(
        self,
        site: Site,
        plan: Plan,
        *,
        sources: Iterable[str] = (),
        also: Iterable[tuple[str, str, int]] = (),
    ) -> None:
        extra = tuple(sources)
        self.ours = {v.source for v in site.appliance.vantages if v.source} | set(extra)
        self.report = Report()
        self._ports = plan.source_ports
        self._flows: dict[_Flow, _Known] = {}
        self._connections: dict[_Pair, Connection] = {}
        self._by_address: dict[str, list[Connection]] = {}
        self._heard: dict[_Pair, bool] = {}
        self._first: dict[tuple[str, str, int, str, int, str], Unexplained] = {}
        for asset in plan.assets:
            declared = site.asset(asset.asset)
            numbers = class_for(declared, laboratory=plan.laboratory)
            self.report.devices.setdefault(asset.address, Peaks(asset.asset, numbers))
            for step in (s for s in asset.steps if not s.forbidden):
                service = declared.service(step.service) if step.service else None
                for source in (step.source,) if step.source else extra:
                    key = (source, asset.address, step.transport, step.port)
                    known = self._flows.setdefault(key, _Known(asset.asset))
                    if step.speaks:
                        _speaking(known, step, _permitted(declared, service, step))
        flows = [(o.transport, o.host, o.port) for o in plan.outside if o.literal]
        for transport, host, port in (*flows, *also):
            for source in self.ours:
                self._flows.setdefault((source, host, transport, port), _Known())

    def feed(self, frame: Frame) -> None:
        """Explain one frame."""
        try:
            found = packet(frame)
        except Unreadable as error:
            self._lost(1, str(error))
            return
        if found is None:
            self.report.foreign += 1
        elif found.source in self.ours:
            self.report.sent += 1
            self._ours(found)
        elif found.target in self.ours:
            self._theirs(found)
        else:
            self.report.foreign += 1

    def finish(self) -> Report:
        """The report; nothing may be fed afterwards."""
        for (source, sport, target, dport), connection in self._connections.items():
            last = Packet(connection.begun, source, target, "tcp", sport, dport)
            self._closed(last, connection)
        return self.report

    def _lost(self, count: int, why: str) -> None:
        self.report.unreadable += count
        self.report.unreadable_why = self.report.unreadable_why or why

    def _ours(self, found: Packet) -> None:
        kernels = found.kind == "arp" or found.sport in _KERNELS.get(found.kind, ())
        if kernels:
            name = found.kind if found.kind == "arp" else f"{found.kind} type {found.sport}"
            self.report.kernel[name] += 1
        elif found.kind not in ("tcp", "udp"):
            self._name(found, f"we never send {found.kind}")
        else:
            self._transport(found)

    def _transport(self, found: Packet) -> None:
        known = self._flows.get((found.source, found.target, found.kind, found.dport))
        if known is not None and known.asset:
            peaks = self.report.devices[found.target]
            peaks.octets += found.size
            if (why := peaks.sent(found.at)) is not None:
                self._name(found, why)
            if not self._ports[0] <= found.sport <= self._ports[1]:
                first, last = self._ports
                self._name(found, f"its source port is none of ours, {first} to {last}")
        if found.kind == "udp":
            self._datagram(found, known)
        elif found.flags & SYN and not found.flags & ACK:
            self._opening(found, known)
        else:
            self._segment(found)

    def _datagram(self, found: Packet, known: _Known | None) -> None:
        if known is None:
            self._name(found, NOT_PLANNED)
        elif not known.asset:
            self.report.outside += 1
        elif found.cut:
            self._name(found, "the capture holds only the beginning of it")
        elif (why := datagram(known.protocol, known.permits, found.payload)) is not None:
            self._name(found, why)
        else:
            self.report.judged += 1

    def _opening(self, found: Packet, known: _Known | None) -> None:
        if known is None:
            self._name(found, NOT_PLANNED)
            return
        pair = (found.source, found.sport, found.target, found.dport)
        before = self._connections.get(pair)
        if before is not None and before.initial == found.seq:
            self._wrong(found, before.ours(found))
            if any(c.begun > before.begun for c in self._by_address.get(found.target, ())):
                self._name(found, "an attempt goes on beside a newer connection")
            return
        if before is not None:
            self._closed(found, before)
        speech = Speech(known.protocol, known.permits) if known.asset else None
        connection = Connection(found, speech)
        self._connections[pair] = connection
        if not known.asset:
            self.report.outside += 1
            return
        self._one_at_a_time(found, connection)

    def _one_at_a_time(self, found: Packet, connection: Connection) -> None:
        peaks = self.report.devices[found.target]
        others = [c for c in self._by_address.get(found.target, ()) if c.open_at(found.at)]
        self._by_address[found.target] = [*others, connection]
        self.report.connections += 1
        peaks.connections += 1
        peaks.at_once = max(peaks.at_once, len(others) + 1)
        if len(others) + 1 > peaks.numbers.connections:
            self._name(found, f"{len(others) + 1} connections to {peaks.asset} at a time")

    def _segment(self, found: Packet) -> None:
        pair = (found.source, found.sport, found.target, found.dport)
        connection = self._connections.get(pair)
        if connection is not None:
            self.report.outside += connection.speech is None
            self._wrong(found, connection.ours(found))
            return
        opened_by_them = self._heard.get((found.target, found.dport, found.source, found.sport))
        if opened_by_them is not None and found.flags & RST:
            self.report.kernel["tcp reset to what others sent us"] += 1
        elif opened_by_them:
            self._name(found, f"it answers a connection that {found.target} opened")
        else:
            self._name(found, "the beginning of its connection is not in the capture")

    def _theirs(self, found: Packet) -> None:
        pair = (found.source, found.sport, found.target, found.dport)
        connection = self._connections.get((found.target, found.dport, found.source, found.sport))
        if found.kind == "tcp":
            opening = bool(found.flags & SYN) and not found.flags & ACK
            if connection is not None and not opening:
                connection.theirs(found)
            else:
                self._heard[pair] = self._heard.get(pair, False) or opening
                self.report.foreign += 1
                return
        elif (found.target, found.source, found.kind, found.sport) not in self._flows:
            self.report.foreign += 1
            return
        self.report.answers += 1

    def _closed(self, last: Packet, connection: Connection) -> None:
        self._wrong(last, connection.ended())
        self.report.resets += connection.resets
        if connection.speech is not None:
            self.report.judged += connection.speech.judged
            self.report.hidden += connection.speech.hidden

    def _wrong(self, found: Packet, whys: Iterable[str]) -> None:
        for why in whys:
            self._name(found, why)

    def _name(self, found: Packet, why: str) -> None:
        sport = found.sport if found.kind in ("tcp", "udp") else 0
        key = (found.kind, found.source, sport, found.target, found.dport, why)
        first = self._first.setdefault(
            key,
            Unexplained(found.at, found.kind, found.source, sport, found.target, found.dport, why),
        )
        self.report.unexplained[first] += 1


def _permitted(asset: Asset, service: Service | None, step: Step) -> Permissions:
    permits = permitted(asset, service)
    return with_server_id(permits) if step.question == MODBUS_SERVER_ID.id else permits


def _speaking(known: _Known, step: Step, permits: Permissions) -> None:
    known.protocol = step.protocol
    if permits not in known.permits:
        known.permits = (*known.permits, permits)


def explain(capture: Capture, explainer: Explainer) -> Report:
    """Read a whole capture.  Raises `NoCapture` and `OSError`."""
    for frame in capture:
        explainer.feed(frame)
    report = explainer.finish()
    report.unreadable += capture.unreadable
    report.unreadable_why = report.unreadable_why or capture.why
    return report
