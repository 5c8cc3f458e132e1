"""ftp-anonymous-refused, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.greetings import FtpAnonymous
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["ftp-anonymous-refused"]


def login(accepted, *replies):
    return observed(FtpAnonymous(replies, accepted, "any"))


def test_holds_when_the_anonymous_user_is_refused():
    assert told(verdict(CHECK, login(False, 331, 530))) == ("pass", "as-expected")


def test_broken_when_he_gets_in():
    answer = verdict(CHECK, login(True, 331, 230))

    assert told(answer) == ("fail", "anonymous-accepted")
    assert answer.said == "The anonymous user was let in (replies 331, 230)."


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (login(None, 421), "not-comparable"),
        (observed(Reason.NOT_PERMITTED, facts_type="FtpAnonymous"), "not-permitted"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_not_applicable_to_an_asset_that_is_never_probed():
    given = login(False, 530)

    assert told(verdict(CHECK, given, asset=asset(probing="never")))[0] == "not-applicable"
