"""mgmt-plane-hardened, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.verdict import Reason
from tests.checks.gear import setting, settings
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["mgmt-plane-hardened"]
TLS = setting("TLS 1.2", ("TLS 1.2", "TLS 1.3"), name="least TLS version")


def test_holds_when_every_switch_is_as_wanted():
    assert told(verdict(CHECK, settings(setting("off"), TLS)))[0] == "pass"


@pytest.mark.parametrize("beside", [TLS, setting("", name="HTTP"), setting("9", name="HTTP")])
def test_broken_by_one_that_is_not(beside):
    answer = verdict(CHECK, settings(setting("on"), beside))

    assert told(answer) == ("fail", "not-configured")
    assert answer.said == "telnet is on, not off."


@pytest.mark.parametrize(
    "seen", [settings(), settings(profile=""), settings(setting("off", control="x"))]
)
def test_not_applicable_without_a_profile_that_names_any(seen):
    assert told(verdict(CHECK, seen))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (settings(setting("off"), setting("", name="HTTP")), "not-comparable"),
        (settings(setting("9")), "not-comparable"),
        (observed(Reason.DENIED, facts_type="SnmpSettings"), "denied"),
    ],
)
def test_could_not_see_all_of_them(seen, reason):
    assert told(verdict(CHECK, seen)) == ("inconclusive", reason)
