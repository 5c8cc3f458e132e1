"""inventory-device-present, in its four kinds of case."""

from __future__ import annotations

from datetime import timedelta

from checks import BY_ID
from checks.facts.context import Presence
from checks.facts.verdict import Reason
from tests.checks.given import NOW, asset, observed, told, verdict

CHECK = BY_ID["inventory-device-present"]
AWAY = asset(presence_seconds=86_400)


def visit(*by, last=NOW, **changes):
    return observed(Presence(answered=bool(by), by=by, last=last), **changes)


def test_holds_when_something_answered():
    answer = verdict(CHECK, visit("tcp-4840"))

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == "The asset answered on tcp-4840."


def test_holds_when_away_for_no_longer_than_allowed():
    assert told(verdict(CHECK, visit(last=NOW - timedelta(days=1)), asset=AWAY))[0] == "pass"


def test_broken_by_silence():
    answer = verdict(CHECK, visit(last=NOW - timedelta(hours=1)))

    assert told(answer) == ("fail", "missing")
    assert answer.said == "The asset has not answered since 2026-03-02 11:00 UTC."
    assert answer.rests_on == "silence"


def test_broken_when_away_for_too_long_or_never_seen():
    for last in (NOW - timedelta(days=2), None):
        assert told(verdict(CHECK, visit(last=last), asset=AWAY)) == ("fail", "missing")


def test_could_not_see_when_it_was_last_seen_before_our_own_clock_was_set_back():
    ahead = visit(last=NOW + timedelta(days=365))

    assert told(verdict(CHECK, ahead, asset=AWAY)) == ("inconclusive", "clock-unsynchronised")
    assert told(verdict(CHECK, ahead)) == ("fail", "missing")


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, visit(), asset=asset(probing="never")))[0] == "not-applicable"


def test_could_not_see_in_a_blind_run():
    assert told(verdict(CHECK, visit(blind=True))) == ("inconclusive", "blind")


def test_could_not_see_a_gap():
    gap = observed(Reason.BUSY, facts_type="Presence")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "busy")
