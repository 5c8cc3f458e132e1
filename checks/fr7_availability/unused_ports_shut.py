"""Is every port that nobody uses shut?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.switches import Interface, SnmpInterfaces
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

# RFC 2863: notPresent and lowerLayerDown beside down; unknown and dormant say nothing.
_DOWN = ("down", "6", "7")
_UNTOLD = ("", "4", "5")


@check(
    title="Ports without a link are administratively down",
    about=SERVICE,
    requirements={"SR 7.7": PART, "SR 5.1": PART},
    program=("NET 1.7", "COMP 1.1"),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0864",),
    remedy="Shut the named ports, or write into the port plan what they are kept for.",
    by_hand="Look at the switch: no dark port may be enabled (ifAdminStatus up, ifOperStatus down).",
)
def judge(table: SnmpInterfaces, expected: Expected) -> Verdict:
    """
    Passes when every Ethernet port without a link is shut or in the port plan; fails when one is
    open; does not apply to a device without Ethernet ports.

    An open port that nobody watches is where a visitor's laptop goes.
    """
    ports = [i for i in table.interfaces if i.ethernet]
    if not ports and not table.truncated:
        return not_applicable("The device has no Ethernet port in its table.")
    planned = {p.name.casefold() for p in expected.asset.ports} if expected.asset else set()
    unused = [i for i in ports if i.oper in _DOWN and not _names(i) & planned]
    idle = [i for i in unused if i.admin == "up"]
    if idle:
        return failed(
            Reason.UNEXPECTED_OPEN,
            f"{len(idle)} of {len(ports)} ports are open without a link: "
            f"{', '.join(i.name for i in idle[:10])}{' and more' if len(idle) > 10 else ''}.",
            where=tuple(i.name for i in idle),
        )
    if table.truncated or any(not i.admin or i.oper in _UNTOLD for i in ports):
        return inconclusive(Reason.NOT_COMPARABLE, "Not all ports show their state.")
    return passed(f"None of {len(ports)} ports is open without a link or a place in the plan.")


def _names(port: Interface) -> set[str]:
    return {text.casefold() for text in (port.name, port.alias) if text}
