"""Is the OPC UA server the product in the inventory?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.opcua import OpcUaServer
from checks.facts.verdict import Verdict, not_applicable
from checks.identity import Field, compare


@check(
    title="Manufacturer and product of the OPC UA server match the inventory",
    about=SERVICE,
    requirements={"SR 7.8": PART, "SR 3.4": PART},
    program=("CM 1.1", "COMP 3.3"),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0849",),
    remedy="Correct the inventory through change control, or find out who exchanged the device.",
    by_hand="In UaExpert read Server/ServerStatus/BuildInfo and compare with the inventory.",
)
def judge(server: OpcUaServer, expected: Expected) -> Verdict:
    """
    Passes when manufacturer and product are the inventory's; fails when one differs; does not
    apply where the inventory states neither.

    The version is another check's: it changes with every patch, the product does not.
    """
    if expected.asset is None:
        return not_applicable("The inventory has no such asset.")
    return compare(
        (
            Field("vendor", expected.asset.vendor, (server.manufacturer,)),
            Field("product", expected.asset.product, (server.product,)),
        )
    )
