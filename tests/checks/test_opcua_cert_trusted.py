"""opcua-cert-trusted, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.certificates import Certificate
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints
from checks.facts.tls import TlsTrust
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["opcua-cert-trusted"]


def listed(trust, problem="", *, names="aa", mode="SignAndEncrypt"):
    row = Endpoint("opc.tcp://plc-1", MessageMode(mode), "x", (), 0, "opc.tcp", names)
    given = (Certificate("aa", "CN=plc-1"),) if names == "aa" else ()
    return observed(OpcUaEndpoints((row,), given, "", "", "Server", trust, problem))


@pytest.mark.parametrize(
    ("trust", "said"),
    [
        (TlsTrust.PINNED, "The certificate is the pinned one."),
        (TlsTrust.CHAINED, "The certificate leads to the site's CA and names this asset."),
    ],
)
def test_holds_when_the_inventory_trusts_it(trust, said):
    answer = verdict(CHECK, listed(trust))

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == said


def test_broken_by_a_stranger():
    answer = verdict(CHECK, listed(TlsTrust.UNTRUSTED, "its SHA-256 is bb"))

    assert told(answer) == ("fail", "differs")
    assert answer.said == "The certificate is not one the inventory trusts: its SHA-256 is bb."
    assert answer.where == ("CN=plc-1",)


@pytest.mark.parametrize("trust", [TlsTrust.NOT_STATED, TlsTrust.UNPROVEN])
def test_could_not_see_without_anything_to_compare_with(trust):
    assert told(verdict(CHECK, listed(trust))) == ("inconclusive", "not-comparable")


def test_could_not_see_a_certificate_that_is_missing():
    given = listed(TlsTrust.PINNED, names="bb")

    assert told(verdict(CHECK, given))[0] == "inconclusive"


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaEndpoints")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")


def test_not_applicable_where_nothing_is_secured():
    given = listed(TlsTrust.NOT_STATED, names="", mode="None")

    assert told(verdict(CHECK, given))[0] == "not-applicable"
