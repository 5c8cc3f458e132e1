"""log-and-trap-targets-set, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.expected import Limits
from checks.facts.switches import SnmpTarget
from checks.facts.verdict import Reason
from tests.checks.gear import settings
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["log-and-trap-targets-set"]
SOC = Limits(log_collectors=("10.0.0.5",))


def sends(*addresses):
    return settings(targets=tuple(SnmpTarget("trap", a, 162) for a in addresses))


def test_holds_when_every_target_is_approved():
    assert told(verdict(CHECK, sends("10.0.0.5"), limits=SOC))[0] == "pass"


def test_broken_by_one_foreign_target():
    answer = verdict(CHECK, sends("10.0.0.5", "192.0.2.9"), limits=SOC)

    assert told(answer) == ("fail", "differs")
    assert answer.said == "trap goes to 192.0.2.9:162; approved is 10.0.0.5."


def test_not_applicable_where_the_site_names_no_collectors():
    assert told(verdict(CHECK, sends("192.0.2.9")))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (settings(targets=None), "not-comparable"),
        (settings(targets=()), "not-comparable"),
        (observed(Reason.TIMEOUT, facts_type="SnmpSettings"), "timeout"),
    ],
)
def test_could_not_see_a_target(seen, reason):
    assert told(verdict(CHECK, seen, limits=SOC)) == ("inconclusive", reason)
