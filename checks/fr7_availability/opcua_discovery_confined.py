"""Does discovery name servers of this zone only?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected, ExpectedAsset
from checks.facts.opcua import OpcUaDiscovery
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed
from checks.opcua_lists import is_address


@check(
    title="Discovery names only servers of its own zone",
    about=SERVICE,
    requirements={"SR 7.7": PART, "SR 5.2": PART, "SR 7.8": PART},
    program=("NET 1.8", "ORG 2.2"),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0846",),
    remedy="Remove stale registrations from the discovery server, or register where they belong.",
    by_hand="In UaExpert look under Custom Discovery at {address}:{port}: every server named must "
    "be an asset of this zone.",
)
def judge(found: OpcUaDiscovery, expected: Expected) -> Verdict:
    """
    Passes when every host named is an asset of the same zone; fails when an address is not; does
    not apply to services outside the inventory.

    A discovery server that names others is a map of what else can be reached.
    """
    asset = expected.asset
    if asset is None:
        return not_applicable("The inventory has no such asset.")
    if not found.applications:
        return inconclusive(Reason.NOT_COMPARABLE, "The server names nobody, not even itself.")
    named = [(a.name or a.uri, host) for a in found.applications for host in a.hosts]
    foreign = [n for n in named if is_address(n[1]) and n[1] not in _hosts(asset)]
    if foreign:
        name, host = foreign[0]
        return failed(
            Reason.NOT_APPROVED,
            f"It names {name!r} at {host}, which is no asset of this zone.",
            where=tuple(host for _, host in foreign),
        )
    mute = [a.name or a.uri for a in found.applications if not a.hosts]
    unknown = [host for _, host in named if not _known(host, asset)]
    if mute or unknown:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Nobody can say where {(mute or unknown)[0]!r} is.",
            where=tuple(mute + unknown),
        )
    return passed(f"All {len(found.applications)} servers it names are assets of this zone.")


def _hosts(asset: ExpectedAsset) -> tuple[str, ...]:
    return (*asset.addresses, *asset.zone_hosts)


def _known(host: str, asset: ExpectedAsset) -> bool:
    names = {h.casefold() for h in (*_hosts(asset), asset.id, asset.name)} - {""}
    return host.casefold() in names or (
        not is_address(host) and host.casefold().partition(".")[0] in names
    )
