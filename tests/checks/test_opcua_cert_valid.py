"""opcua-cert-valid, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from checks import BY_ID
from checks.facts.certificates import Certificate
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints
from checks.facts.verdict import Reason
from tests.checks.given import ADRIFT, NOW, observed, told, verdict

CHECK = BY_ID["opcua-cert-valid"]
GOOD = Certificate(
    sha256="aa",
    subject="CN=plc-1",
    not_before=NOW - timedelta(days=100),
    not_after=NOW + timedelta(days=100),
    key_type="RSA",
    key_bits=2048,
    signature_hash="sha256",
)


def listed(*certificates, mode="SignAndEncrypt", names="aa"):
    row = Endpoint("opc.tcp://plc-1", MessageMode(mode), "x", (), 0, "opc.tcp", names)
    return observed(OpcUaEndpoints((row,), certificates, "", "", "Server"))


def certificate(**changes):
    return listed(replace(GOOD, **changes))


def test_holds_within_the_dates():
    answer = verdict(CHECK, certificate())

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == "The certificate is valid until 2026-06-10."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"not_after": NOW - timedelta(days=1)}, "The certificate expired on 2026-03-01."),
        (
            {"not_before": NOW + timedelta(days=1)},
            "The certificate is not valid before 2026-03-03.",
        ),
        (
            {"not_after": NOW + timedelta(days=30)},
            "The certificate expires on 2026-04-01, within 30 days.",
        ),
    ],
)
def test_broken_by_a_date(changes, said):
    answer = verdict(CHECK, certificate(**changes))

    assert told(answer) == ("fail", "certificate-dates")
    assert answer.said == said


def test_could_not_see_while_our_clock_is_adrift():
    answer = verdict(CHECK, certificate(), clock=ADRIFT)

    assert told(answer) == ("inconclusive", "clock-unsynchronised")


def test_could_not_see_dates_that_are_unreadable():
    answer = verdict(CHECK, certificate(not_after=None, problem="bad date"))

    assert told(answer) == ("inconclusive", "unintelligible")


def test_not_applicable_where_nothing_is_secured():
    assert told(verdict(CHECK, listed(mode="None", names="")))[0] == "not-applicable"


@pytest.mark.parametrize("names", ["", "bb"])
def test_could_not_see_a_certificate_that_is_missing(names):
    assert told(verdict(CHECK, listed(GOOD, names=names)))[0] == "inconclusive"


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaEndpoints")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
