"""Does the OPC UA server lead its clients to itself only?"""

from __future__ import annotations

from checks.check import ENGINEERING, HINT, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected, ExpectedAsset
from checks.facts.opcua import Endpoint, OpcUaEndpoints
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed
from checks.opcua_lists import place, row

_BINARY = ("uatcp-uasc-uabinary", "")


@check(
    title="Endpoint addresses, ports and transports are the ones in the inventory",
    about=SERVICE,
    requirements={"SR 7.7": PART, "SR 7.6": PART, "SR 5.1": HINT},
    program=("CM 1.3",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0830",),
    remedy="Remove surplus endpoints from the server's settings, or declare their ports.",
    by_hand="In UaExpert ask for the endpoints and compare each URL with the inventory.",
)
def judge(listed: OpcUaEndpoints, expected: Expected) -> Verdict:
    """
    Passes when every endpoint is on a declared OPC UA port of this asset, by an address or name
    of it; fails when one is elsewhere; does not apply to services outside the inventory.

    A client follows the list; so does somebody who can write it.
    """
    asset = expected.asset
    if asset is None:
        return not_applicable("The inventory has no such asset.")
    if not listed.endpoints:
        return inconclusive(Reason.NOT_COMPARABLE, "The server lists no endpoint.")
    faults = {row(e): why for e in listed.endpoints if (why := _fault(e, asset))}
    if faults:
        first, why = next(iter(faults.items()))
        return failed(Reason.DIFFERS, f"Endpoint {first} {why}.", where=tuple(faults))
    unknown = [e for e in listed.endpoints if not _named(e, asset)]
    if unknown:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Nobody can say whose name {place(unknown[0].url)[0]!r} is; state it as the "
            "asset's name.",
            where=tuple(row(e) for e in unknown),
        )
    return passed(f"All {len(listed.endpoints)} endpoints are on declared ports of this asset.")


def _fault(endpoint: Endpoint, asset: ExpectedAsset) -> str:
    host, port, is_address = place(endpoint.url)
    declared = {s.port for s in asset.services if s.protocol == "opcua"}
    if endpoint.transport not in _BINARY:
        return f"uses the transport {endpoint.transport}, which nobody has declared"
    if port is None:
        return "has no address that can be read"
    if port not in declared:
        return "is on a port that is not declared"
    if is_address and host not in asset.addresses:
        return "is at an address that is not this asset's"
    return ""


def _named(endpoint: Endpoint, asset: ExpectedAsset) -> bool:
    host, _, is_address = place(endpoint.url)
    names = {asset.id.casefold(), asset.name.casefold()} - {""}
    return is_address or host in names or host.partition(".")[0] in names
