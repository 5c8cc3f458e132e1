"""opcua-build-matches-inventory, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.opcua import MessageMode, OpcUaServer
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["opcua-build-matches-inventory"]


def server(**changes):
    fields = {
        "manufacturer": "Acme", "product": "PLC 7", "product_uri": "", "software_version": "",
        "build_number": "", "build_date": "", "auditing": None, "max_sessions": 10,
        "requested_timeout_ms": 1, "revised_timeout_ms": 1, "identity": "anonymous",
        "mode": MessageMode.NONE, "policy": "None",
    }  # fmt: skip
    return observed(OpcUaServer(**{**fields, **changes}))


KNOWN = asset(vendor="ACME", product="plc 7 ")


def test_holds_when_both_are_the_inventorys():
    assert told(verdict(CHECK, server(), asset=KNOWN)) == ("pass", "as-expected")


@pytest.mark.parametrize("changes", [{"manufacturer": "Other"}, {"product": "PLC 8"}])
def test_broken_by_another_product(changes):
    assert told(verdict(CHECK, server(**changes), asset=KNOWN)) == ("fail", "differs")


def test_broken_names_what_differs():
    answer = verdict(CHECK, server(product="PLC 8"), asset=KNOWN)

    assert answer.said == (
        "The device is not the one in the inventory: product is 'PLC 8', not 'plc 7'."
    )


def test_not_applicable_when_the_inventory_states_neither():
    assert told(verdict(CHECK, server()))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (server(product=""), "not-comparable"),
        (observed(Reason.DENIED, facts_type="OpcUaServer"), "denied"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given, asset=KNOWN)) == ("inconclusive", reason)
