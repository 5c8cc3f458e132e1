"""Does the asset offer services that send passwords in the clear?"""

from __future__ import annotations

from checks.check import ASSET, ENGINEERING, HIGH, PART, check
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason, Verdict, failed, inconclusive
from checks.paths import Shown, judge_closed, place, port_of, shown

_PROTOCOLS = frozenset({"ftp", "telnet", "http", "vnc", "mqtt"})
_PORTS = frozenset({21, 23, 80, 389, 512, 513, 514, 1883, 5900})


@check(
    title="Telnet, FTP, plain HTTP, r-services, VNC, LDAP and MQTT are off",
    about=ASSET,
    requirements={
        "SR 4.1": PART,
        "SR 1.5": PART,
        "SR 7.7": PART,
        "SR 4.1 RE 1": PART,
        "SR 4.1 RE 2": PART,
    },
    program=("NET 1.8", "DATA 1.2"),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0842", "T0886"),
    remedy="Replace the service by SSH, SFTP, HTTPS or MQTT over TLS, or restrict who reaches it.",
    by_hand="From the asset's own zone try the ports 21, 23, 80, 389, 512-514, 1883 and 5900.",
)
def judge(ports: tuple[Seen[TcpPort], ...], expected: Expected) -> Verdict:
    """
    Passes when every clear-text port named for this asset was seen closed on the device; fails
    when a service declared with a clear-text protocol is open; does not apply to assets that are
    never probed.

    An open port alone does not prove its protocol, so an undeclared one is left inconclusive
    here and fails in port-unexpected-absent.
    """
    asset = expected.asset
    services = [s for s in asset.services if s.transport == "tcp"] if asset else []
    clear = {s.port: s.protocol for s in services if s.protocol in _PROTOCOLS}
    opened = [s for s in ports if asset and shown(s, asset) is Shown.OPEN]
    proven = [s for s in opened if port_of(s) in clear]
    if proven:
        names = sorted({f"{clear[p]} on tcp-{p}" for s in proven if (p := port_of(s)) is not None})
        return failed(
            Reason.UNPROTECTED,
            f"Clear-text services are open: {', '.join(names)}.",
            where=tuple(place(s) for s in proven),
        )
    if unproven := [s for s in opened if port_of(s) in _PORTS]:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Port tcp-{port_of(unproven[0])} is open, but nobody proved which protocol it speaks.",
            where=tuple(place(s) for s in unproven),
        )
    named = {s.port for s in services} | set(asset.closed_ports if asset else ())
    must = sorted((named & _PORTS) | set(clear))
    if asset is None or not must:
        return inconclusive(
            Reason.NOT_ASKED, "No clear-text port is among this asset's closed ports."
        )
    return judge_closed(must, ports, asset)
