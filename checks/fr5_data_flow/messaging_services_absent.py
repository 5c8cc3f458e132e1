"""Does an asset offer mail, chat or telephony?"""

from __future__ import annotations

from checks.check import ASSET, ENGINEERING, MEDIUM, PART, check
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable
from checks.paths import Shown, judge_closed, place, port_of, shown

_PORTS = frozenset({25, 110, 143, 465, 587, 993, 995, 5060, 5222, 6667})


@check(
    title="Mail, chat and telephony services are off",
    about=ASSET,
    requirements={"SR 5.3": PART, "SR 5.3 RE 1": PART, "SR 7.7": PART},
    program=("NET 1.9",),
    severity=MEDIUM,
    audience=ENGINEERING,
    remedy="Remove the service; alarms by mail leave through one relay in the DMZ.",
    by_hand="From the asset's own zone try the ports 25, 110, 143, 465, 587, 993, 995, 5060, 5222 "
    "and 6667.",
)
def judge(ports: tuple[Seen[TcpPort], ...], expected: Expected) -> Verdict:
    """
    Passes when every messaging port named for this asset was seen closed on the device; fails
    when one is open; does not apply to a server whose every such port is a declared service.

    A message from outside that somebody opens on a control network is how most intrusions begin.
    """
    asset = expected.asset
    if asset is None:
        return not_applicable("The inventory has no such asset.")
    services = {s.port: s.protocol for s in asset.services if s.transport == "tcp"}
    # Declared as a protocol of ours it is no mail; declared on a server it is the recorded relay.
    known = {p for p, protocol in services.items() if protocol != "tcp" or asset.role == "server"}
    wanted = _PORTS - known
    opened = [s for s in ports if port_of(s) in wanted and shown(s, asset) is Shown.OPEN]
    if opened:
        names = ", ".join(f"tcp-{p}" for p in sorted({port_of(s) or 0 for s in opened}))
        return failed(
            Reason.UNEXPECTED_OPEN,
            f"Messaging ports are open: {names}.",
            where=tuple(place(s) for s in opened),
        )
    named = (set(services) | set(asset.closed_ports)) & _PORTS
    if named and not named - known:
        return not_applicable("Its messaging ports are declared services.")
    if not named:
        return inconclusive(
            Reason.NOT_ASKED, "No messaging port is among this asset's closed ports."
        )
    return judge_closed(sorted(named - known), ports, asset)
