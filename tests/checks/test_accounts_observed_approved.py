"""accounts-observed-approved, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.switches import SnmpUserRow
from checks.facts.verdict import Reason
from tests.checks.gear import access
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["accounts-observed-approved"]
LISTED = asset(role="switch", snmp_users=("monitor", "noc"))


def users(*names, own="monitor", truncated=False):
    rows = tuple(SnmpUserRow(name, "SHA-256", "AES-128") for name in names)
    return access(users=rows or None, own=own, truncated=truncated)


@pytest.mark.parametrize("names", [("monitor",), ("monitor", "noc")])
def test_holds_when_every_user_is_approved(names):
    answer = verdict(CHECK, users(*names), asset=LISTED)

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == f"All {len(names)} SNMPv3 users shown are approved."


@pytest.mark.parametrize("truncated", [False, True])
def test_broken_by_a_user_nobody_approved(truncated):
    answer = verdict(CHECK, users("monitor", "backdoor", truncated=truncated), asset=LISTED)

    assert told(answer) == ("fail", "not-approved")
    assert answer.said == "1 SNMPv3 users are not approved: backdoor."


def test_broken_by_our_own_user_when_nobody_approved_it():
    given = users("upheld", own="upheld")

    assert told(verdict(CHECK, given, asset=LISTED)) == ("fail", "not-approved")


def test_broken_by_a_name_that_differs_in_case():
    assert told(verdict(CHECK, users("Monitor", own=""), asset=LISTED))[0] == "fail"


def test_not_applicable_without_an_approved_list():
    assert told(verdict(CHECK, users("anybody")))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (users(), "not-comparable"),
        (users("monitor", truncated=True), "not-comparable"),
        # Who is not shown itself sees a part of the table only.
        (users("noc"), "not-comparable"),
        (observed(Reason.TIMEOUT, facts_type="SnmpAccess"), "timeout"),
    ],
)
def test_could_not_see_every_user(given, reason):
    assert told(verdict(CHECK, given, asset=LISTED)) == ("inconclusive", reason)
