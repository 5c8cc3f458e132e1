"""Does a device join two zones that is no boundary?"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from checks.check import CRITICAL, PART, SERVICE, SOC, check
from checks.facts.expected import Expected
from checks.facts.switches import SnmpInterfaces, SnmpNeighbours
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

BOUNDARY = ("router", "firewall", "gateway")


@check(
    title="No device joins two zones by routing or by having two homes",
    about=SERVICE,
    requirements={"SR 5.1": PART, "SR 5.2": PART},
    program=("NET 1.1",),
    severity=CRITICAL,
    audience=SOC,
    enables=("T0884", "T0886"),
    remedy="Switch IP forwarding off and remove the second interface, or make it a conduit.",
    by_hand="Read ipForwarding.0 (2 is off) and compare ipAddrTable with the zones' networks.",
)
def judge(table: SnmpInterfaces, seen: SnmpNeighbours, expected: Expected) -> Verdict:
    """
    Passes when the device does not forward and meets nobody of another zone's networks on its own
    interfaces; fails when it does either; does not apply to routers, firewalls and gateways.

    Whoever owns a device with a foot in two zones needs no firewall's permission.
    """
    asset = expected.asset
    if asset is None or asset.role in BOUNDARY:
        return not_applicable("The inventory has this device as a boundary.")
    if table.forwarding:
        return failed(
            Reason.REACHABLE, "The device forwards IP, and the inventory has it as no boundary."
        )
    foreign = [ip_network(network) for network in asset.foreign_networks]
    met = sorted(
        {
            n.address
            for n in seen.neighbours
            if n.source == "arp"
            and n.address
            and any(ip_address(n.address) in network for network in foreign)
        }
    )
    if met:
        return failed(
            Reason.REACHABLE,
            f"The device has an interface beside {', '.join(met[:10])}, in another zone.",
            where=tuple(met),
        )
    if table.forwarding is None or "arp" not in seen.tables or seen.truncated:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The device does not show its forwarding, or whom it meets."
        )
    return passed("The device does not forward, and meets nobody of another zone.")
