"""Is every device where the inventory and the port plan have it?"""

from __future__ import annotations

from checks import sightings
from checks.check import HIGH, PART, SOC, ZONE, check
from checks.facts.expected import Expected, ExpectedZone
from checks.facts.observation import Seen
from checks.facts.switches import Neighbour, SnmpNeighbours
from checks.facts.verdict import (
    Reason,
    RestsOn,
    Verdict,
    failed,
    inconclusive,
    not_applicable,
    passed,
)


@check(
    title="Address, MAC and port are as recorded",
    about=ZONE,
    requirements={"SR 7.8": PART, "SR 3.4": PART},
    program=("CM 1.1", "CM 1.4"),
    severity=HIGH,
    audience=SOC,
    enables=("T0849", "T0864"),
    remedy="Find out who moved or exchanged the device; correct the device or the inventory.",
    by_hand="Compare the switches' ARP and address tables with the inventory and the port plan.",
)
def judge(tables: tuple[Seen[SnmpNeighbours], ...], expected: Expected) -> Verdict:
    """
    Passes when every asset of the zone that the network has seen has its recorded MAC, address
    and port; fails when one has another, or when nobody has seen one whose port is planned; does
    not apply where the inventory states no MAC.

    A device under another's address, or at another's port, is a change nobody wrote down.  No
    device is asked for it: switches forget within minutes who no longer speaks.
    """
    zone = expected.zone
    if zone is None or not any(k.macs for k in zone.known if k.id in zone.assets):
        return not_applicable("The inventory states no MAC of an asset in this zone.")
    found = sightings.seen_in(zone, tables)
    moved = dict.fromkeys(
        said for switch, n in found for said in (_address(zone, n), _port(zone, switch, n)) if said
    )
    if moved:
        told = "; ".join(list(moved)[:10])
        return failed(Reason.DIFFERS, f"{told}.", where=tuple(moved)[:10])
    if gap := sightings.blind(zone, tables):
        return gap
    if missing := _missing(zone, found):
        return failed(
            Reason.MISSING,
            f"No switch has seen {' or '.join(missing[:10])}, planned on its port.",
            rests_on=RestsOn.SILENCE,
            where=tuple(missing),
        )
    macs = {n.mac for _, n in found if n.mac}
    recorded = [k for k in zone.known if k.id in zone.assets and k.macs]
    confirmed = [k.id for k in recorded if macs & set(k.macs)]
    if not confirmed:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The network has seen none of the zone's recorded MACs."
        )
    return passed(
        f"{len(confirmed)} of the {len(recorded)} assets with a recorded MAC are seen where they "
        "are recorded."
    )


def _missing(zone: ExpectedZone, found: list[tuple[str, Neighbour]]) -> list[str]:
    """Those with a MAC and a place in a port plan that are in nobody's memory."""
    planned = {asset for _, port in zone.ports for asset in port.assets}
    seen = {known.id for _, n in found if (known := sightings.owner(zone, n))}
    return sorted(
        k.id
        for k in zone.known
        if k.id in zone.assets and k.macs and not k.away and k.id in planned - seen
    )


def _address(zone: ExpectedZone, neighbour: Neighbour) -> str:
    """What an ARP pair says against the inventory; empty when nothing."""
    if neighbour.source != "arp" or not neighbour.mac or not neighbour.address:
        return ""
    by_mac = [k for k in zone.known if neighbour.mac in k.macs]
    by_address = [k for k in zone.known if neighbour.address in k.addresses]
    # A redundant pair records one address for both: whoever has it now may have it.
    if any(k in by_address for k in by_mac):
        return ""
    if by_mac:
        return f"{by_mac[0].id} ({neighbour.mac}) has the address {neighbour.address}"
    held = next((k.id for k in by_address if k.macs), "")
    return f"{neighbour.address} of {held} is held by {neighbour.mac}" if held else ""


def _port(zone: ExpectedZone, switch: str, neighbour: Neighbour) -> str:
    """What the port plan says against where somebody is seen."""
    if neighbour.source == "arp" or not neighbour.mac:
        return ""
    # A MAC that moves between the two of a pair is at home with either.
    known = [k.id for k in zone.known if neighbour.mac in k.macs]
    home = [p for s, p in zone.ports if s == switch and not set(known).isdisjoint(p.assets)]
    at = neighbour.port.casefold()
    if not home or any(p.name.casefold() == at for p in home):
        return ""
    return f"{known[0]} is on {neighbour.port} of {switch}, not on {home[0].name}"
