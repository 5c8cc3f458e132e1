"""Is anybody in the zone whom the inventory does not hold?"""

from __future__ import annotations

from dataclasses import replace

from checks import sightings
from checks.check import HIGH, ON_INTERFACE, PART, SOC, ZONE, check
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.switches import SnmpInterfaces, SnmpNeighbours
from checks.facts.verdict import Reason, Verdict, failed, not_applicable, passed


@check(
    title="No device is seen that the inventory does not hold",
    about=ZONE,
    requirements={"SR 7.8": ON_INTERFACE, "SR 6.2": PART},
    program=("ORG 2.2", "CM 1.1", "NET 1.7"),
    severity=HIGH,
    audience=SOC,
    enables=("T0848", "T0864"),
    remedy="Find the named device by its switch and port; remove it, or add it to the inventory.",
    by_hand="Compare the switches' address, ARP and LLDP tables with the inventory.",
)
def judge(
    tables: tuple[Seen[SnmpNeighbours], ...],
    ports: tuple[Seen[SnmpInterfaces], ...],
    expected: Expected,
) -> Verdict:
    """
    Passes when every device in the whole address tables of the zone's gear is in the inventory;
    fails when one is not; does not apply to a subject that is no zone.

    The network remembers who spoke: nobody has to be asked, and nobody can hide by not answering.
    """
    zone = expected.zone
    if zone is None:
        return not_applicable("This is no zone.")
    own = {i.mac for seen in ports if seen.facts for i in seen.facts.interfaces if i.mac}
    found = sightings.seen_in(zone, tables)
    everybody = [n for seen in tables if seen.facts for n in seen.facts.neighbours]
    by_mac = {n.mac: n.address for n in everybody if n.mac and n.address}
    strangers: dict[str, str] = {}
    for switch, neighbour in found:
        # An address another table has for the same MAC counts as its own.
        address = neighbour.address or by_mac.get(neighbour.mac, "")
        if neighbour.mac in own or sightings.owner(zone, replace(neighbour, address=address)):
            continue
        if name := neighbour.mac or address or neighbour.name:
            also = next((a for a in (address, neighbour.name) if a and a != name), "")
            strangers.setdefault(
                name, f"{name}{f' ({also})' if also else ''} on {neighbour.port} of {switch}"
            )
    if strangers:
        told = "; ".join(list(strangers.values())[:10])
        more = f" and {len(strangers) - 10} more" if len(strangers) > 10 else ""
        return failed(
            Reason.UNEXPECTED_OPEN,
            f"{len(strangers)} devices are not in the inventory: {told}{more}.",
            where=tuple(strangers),
        )
    return sightings.blind(zone, tables) or passed(
        f"All {len({n.mac or n.address or n.name for _, n in found})} devices seen are known."
    )
