"""mqtt-broker-protected, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.greetings import MqttAnonymous
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["mqtt-broker-protected"]


def attempt(accepted, code):
    return observed(MqttAnonymous("5", code, accepted, tls=False))


def test_holds_when_a_client_without_credentials_is_refused():
    assert told(verdict(CHECK, attempt(False, 135))) == ("pass", "as-expected")


def test_broken_when_it_is_let_in():
    answer = verdict(CHECK, attempt(True, 0))

    assert told(answer) == ("fail", "anonymous-accepted")
    assert answer.said == "A client without credentials was let in (MQTT 5)."


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (attempt(None, 137), "not-comparable"),
        (observed(Reason.UNINTELLIGIBLE, facts_type="MqttAnonymous"), "unintelligible"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_not_applicable_to_an_asset_that_is_never_probed():
    given = attempt(False, 135)

    assert told(verdict(CHECK, given, asset=asset(probing="never")))[0] == "not-applicable"
