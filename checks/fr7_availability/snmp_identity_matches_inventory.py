"""Is the device behind the SNMP agent the one the inventory says it is?"""

from __future__ import annotations

from checks.check import ENGINEERING, HINT, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.snmp import SnmpSystem
from checks.facts.snmp_identity import SnmpIdentity
from checks.facts.verdict import Verdict, not_applicable
from checks.identity import Field, compare


@check(
    title="Model, serial, name and MAC read over SNMP match the inventory",
    about=SERVICE,
    requirements={"SR 7.8": PART, "SR 3.4": HINT},
    program=("CM 1.1",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0849",),
    remedy="Find out whether the device was exchanged; correct the inventory or the device.",
    by_hand="Compare the type plate with the inventory, and read sysName and entPhysicalSerialNum.",
)
def judge(system: SnmpSystem, profiled: SnmpIdentity | None, expected: Expected) -> Verdict:
    """
    Passes when every field the inventory states is shown and equal; fails when one differs; does
    not apply when the inventory states none of model, serial, name and MAC.

    An exchanged device answers as well as the old one, but has another serial number.
    """
    asset = expected.asset
    if asset is None:
        return not_applicable("The inventory has no such asset.")
    # Vendors put either the order number or the product's name into entPhysicalModelName.
    order, product = asset.order_number.strip(), asset.product.strip()
    model = order or product
    if product and system.entity_model.strip().casefold() == product.casefold():
        model = product
    told = (profiled.product, profiled.order_number) if profiled else ()
    serial = (profiled.serial,) if profiled else ()
    return compare(
        (
            Field("model", model, (system.entity_model, *told)),
            Field("serial", asset.serial, (system.entity_serial, *serial)),
            Field("name", asset.name, (system.sys_name,)),
            Field("mac", _mac(asset.mac), (_mac(system.mac),)),
        )
    )


def _mac(text: str) -> str:
    return text.strip().lower().replace("-", ":")
