"""Is the Modbus device the one the inventory says it is?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected, ExpectedAsset
from checks.facts.modbus import ModbusIdentity
from checks.facts.verdict import Reason, Verdict, inconclusive, not_applicable
from checks.identity import Field, compare


@check(
    title="Modbus device identification matches the inventory",
    about=SERVICE,
    requirements={"SR 7.8": PART, "SR 3.4": PART},
    program=("CM 1.1", "ORG 2.2"),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0849",),
    remedy="Find out whether the device was exchanged; correct the inventory or the device.",
    by_hand="Read device identification (function 43/14) with a Modbus client, or the type plate.",
)
def judge(identity: ModbusIdentity, expected: Expected) -> Verdict:
    """
    Passes when vendor, order number and product are as the inventory states; fails when one of
    them differs; does not apply when the inventory states none of them.

    Revisions are left to firmware-approved: they change by intent, an identity does not.
    """
    if expected.asset is None:
        return not_applicable("The inventory has no such asset.")
    fields = _fields(identity, expected.asset)
    if not identity.supported and any(f.stated.strip() for f in fields):
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"The device is there but does not identify itself (exception {identity.exception}).",
        )
    return compare(fields)


def _fields(identity: ModbusIdentity, asset: ExpectedAsset) -> tuple[Field, ...]:
    names = (identity.product_name, identity.model)
    # Many devices give one product code and no name; it then stands for whichever of the two the
    # inventory has, and speaks for both when the order number is among them.
    named = any(n.strip() for n in names)
    coded = bool(asset.order_number.strip() and identity.product_code.strip())
    product = "" if coded and not named else asset.product
    shown = names if asset.order_number.strip() else (*names, identity.product_code)
    return (
        Field("vendor", asset.vendor, (identity.vendor,)),
        Field("order number", asset.order_number, (identity.product_code,)),
        Field("product", product, shown),
    )
