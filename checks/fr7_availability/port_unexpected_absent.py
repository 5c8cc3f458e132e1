"""Is a port open that nobody declared?"""

from __future__ import annotations

from checks.check import ASSET, HIGH, ON_INTERFACE, PART, SOC, check
from checks.facts.expected import Expected, ExpectedAsset
from checks.facts.observation import Seen
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.verdict import (
    Reason,
    RestsOn,
    Verdict,
    failed,
    inconclusive,
    not_applicable,
    passed,
)
from checks.paths import Shown, deaf, place, port_of, shown, unknown


@check(
    title="No port is open that the asset record does not list",
    about=ASSET,
    requirements={"SR 7.7": ON_INTERFACE, "SR 7.6": PART},
    program=("NET 1.8", "ORG 2.2", "COMP 1.1"),
    severity=HIGH,
    audience=SOC,
    enables=("T0866", "T0886"),
    remedy="Switch the service off, or declare it in the asset record once somebody approved it.",
    by_hand="From the asset's own zone try each of its closed ports with a TCP client.",
)
def judge(ports: tuple[Seen[TcpPort], ...], expected: Expected) -> Verdict:
    """
    Passes when every port that must be closed was seen closed on the device itself; fails when an
    undeclared port is open; does not apply where no port is named that must be closed.

    Across a conduit only a refusal is the device's: silence there is the firewall's work and is
    judged by the conduit's checks.
    """
    asset = expected.asset
    declared = _declared(asset) if asset else frozenset()
    opened = [
        s
        for s in ports
        if s.facts and s.facts.answer is PortAnswer.OPEN and s.facts.port not in declared
    ]
    if opened:
        names = ", ".join(f"tcp-{p}" for p in sorted({s.facts.port for s in opened if s.facts}))
        return failed(
            Reason.UNEXPECTED_OPEN,
            f"Open although not in the asset record: {names}.",
            where=tuple(place(s) for s in opened),
        )
    must = sorted(set(asset.closed_ports) - declared) if asset else []
    if asset is None or not must:
        return not_applicable("No port is named that must be closed on this asset.")
    silent, mute = False, deaf(ports)
    for port in must:
        looks = [s for s in ports if port_of(s) == port]
        said = {shown(s, asset, mute) for s in looks}
        if Shown.CLOSED in said:
            continue
        if Shown.SILENT not in said:
            return _unseen(port, ports, looks)
        silent = True
    return passed(
        f"All {len(must)} ports that must be closed are closed.",
        rests_on=RestsOn.SILENCE if silent else RestsOn.ANSWER,
    )


def _declared(asset: ExpectedAsset) -> frozenset[int]:
    return frozenset(s.port for s in asset.services if s.transport == "tcp")


def _unseen(port: int, ports: tuple[Seen[TcpPort], ...], looks: list[Seen[TcpPort]]) -> Verdict:
    if looks:
        return unknown(looks[-1])
    # A gap of a port that is no service does not name its port, so any of them may be this one's.
    for gap in reversed(ports):
        if port_of(gap) is None and gap.reason is not None:
            return inconclusive(gap.reason, f"Port tcp-{port} was not seen yet: {gap.said}")
    return inconclusive(Reason.NOT_ASKED, f"Port tcp-{port} was not tried yet.")
