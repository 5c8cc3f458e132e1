"""Whom a zone's network gear has seen, and which of them the inventory knows: for two checks."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from checks.facts.expected import ExpectedZone, KnownDevice
from checks.facts.observation import Seen
from checks.facts.switches import Neighbour, SnmpNeighbours
from checks.facts.verdict import Reason, Verdict, inconclusive

_ARP_OF = ("router", "firewall", "gateway")


def blind(zone: ExpectedZone, tables: tuple[Seen[SnmpNeighbours], ...]) -> Verdict | None:
    """
    Why nobody can say who is *not* in the zone; None when the network's memory is whole.

    A switch that hides its address table, or one that was not asked, may have seen anybody; a
    router has only seen those who spoke across it.
    """
    if not tables:
        return inconclusive(Reason.NOT_ASKED, "No network gear of this zone was asked yet.")
    for seen in tables:
        if seen.facts is None:
            assert seen.reason is not None
            return inconclusive(seen.reason, seen.said)
        if seen.facts.truncated:
            return inconclusive(
                Reason.NOT_COMPARABLE, f"The tables of {seen.asset} are longer than we read."
            )
        if not set(seen.facts.tables) & _telling(zone, seen.asset):
            return inconclusive(
                Reason.NOT_COMPARABLE, f"{seen.asset} does not show whom it has seen."
            )
    asked = {seen.asset for seen in tables}
    switches = {k.id for k in zone.known if k.id in zone.assets and k.role == "switch"}
    if unasked := sorted(switches - asked):
        return inconclusive(
            Reason.NOT_ASKED,
            f"Nobody has asked {unasked[0]} whom it has seen.",
            where=tuple(unasked),
        )
    if not any(seen.facts and "bridge" in seen.facts.tables for seen in tables):
        return inconclusive(
            Reason.NOT_COMPARABLE,
            "No address table of a switch was read; who never spoke to a router was not seen.",
        )
    return None


def _telling(zone: ExpectedZone, asset: str) -> set[str]:
    """A switch's ARP table holds only who spoke to the switch itself."""
    role = next((k.role for k in zone.known if k.id == asset), "")
    return {"bridge", "arp"} if role in _ARP_OF else {"bridge"}


def seen_in(
    zone: ExpectedZone, tables: tuple[Seen[SnmpNeighbours], ...]
) -> list[tuple[str, Neighbour]]:
    """(switch, neighbour) of everybody whose address, where known, is in the zone's networks."""
    networks = [ip_network(network) for network in zone.networks]
    return [
        (seen.asset, neighbour)
        for seen in tables
        if seen.facts is not None
        for neighbour in seen.facts.neighbours
        if not networks
        or not neighbour.address
        or any(ip_address(neighbour.address) in network for network in networks)
    ]


def owner(zone: ExpectedZone, neighbour: Neighbour) -> KnownDevice | None:
    """The asset a neighbour is: by MAC, else by address, else by the name it tells over LLDP."""
    for known in zone.known:
        if neighbour.mac and neighbour.mac in known.macs:
            return known
    for known in zone.known:
        if neighbour.address and neighbour.address in known.addresses:
            return known
    names = neighbour.name.casefold()
    by_name = (k for k in zone.known if names and names in {n.casefold() for n in k.names})
    return next(by_name, None)
