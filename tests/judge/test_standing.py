"""From verdict to state, rule by rule."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.judge.standing import aged, stand
from checks.facts.standing import State
from checks.facts.verdict import (
    Reason,
    RestsOn,
    failed,
    inconclusive,
    not_applicable,
    passed,
)

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = passed("It holds.")
BAD = failed(Reason.UNPROTECTED, "It does not.")
QUIET_GOOD = passed("Nobody answered.", rests_on=RestsOn.SILENCE)
QUIET_BAD = failed(Reason.MISSING, "Nobody answered.", rests_on=RestsOn.SILENCE)
GAP = inconclusive(Reason.TIMEOUT, "No answer within 3 s.")


def after(*verdicts, same_visit=False):
    standing = None
    for n, verdict in enumerate(verdicts):
        standing = stand(
            standing,
            verdict,
            at=T0 + timedelta(hours=n),
            visit="v" if same_visit else f"v{n}",
            interval_seconds=3600,
        )
    return standing


@pytest.mark.parametrize(
    ("verdicts", "state", "reason"),
    [
        ([GOOD], State.PASS, Reason.AS_EXPECTED),
        ([BAD], State.FAIL, Reason.UNPROTECTED),
        ([GOOD, BAD], State.FAIL, Reason.UNPROTECTED),
        ([QUIET_GOOD], State.UNKNOWN, Reason.UNCONFIRMED),
        ([QUIET_GOOD, QUIET_GOOD], State.PASS, Reason.AS_EXPECTED),
        ([BAD, QUIET_GOOD], State.FAIL, Reason.UNPROTECTED),
        ([BAD, QUIET_GOOD, QUIET_GOOD], State.PASS, Reason.AS_EXPECTED),
        ([GOOD, QUIET_BAD, GOOD, QUIET_BAD], State.PASS, Reason.AS_EXPECTED),
        ([QUIET_GOOD, QUIET_BAD], State.UNKNOWN, Reason.UNCONFIRMED),
        ([QUIET_GOOD, GAP, QUIET_GOOD], State.PASS, Reason.AS_EXPECTED),
        ([GAP], State.UNKNOWN, Reason.TIMEOUT),
        ([GOOD, GAP, GAP], State.PASS, Reason.AS_EXPECTED),
        ([BAD, GAP], State.FAIL, Reason.UNPROTECTED),
        ([BAD, not_applicable("No such thing here.")], State.NOT_APPLICABLE, Reason.NOT_APPLICABLE),
    ],
)
def test_what_stands_after(verdicts, state, reason):
    standing = after(*verdicts)

    assert (standing.state, standing.reason) == (state, reason)


def test_the_same_silence_twice_in_one_visit_is_heard_once():
    assert after(QUIET_GOOD, QUIET_GOOD, same_visit=True).state is State.UNKNOWN


def test_since_stays_while_the_state_stays():
    assert after(BAD, BAD, BAD).since == T0
    assert after(GOOD, BAD).since == T0 + timedelta(hours=1)


def test_an_inconclusive_verdict_does_not_keep_a_state_young():
    standing = after(GOOD, GAP, GAP, GAP)

    assert aged(standing, T0 + timedelta(hours=3)) is None
    older = aged(standing, T0 + timedelta(hours=3, seconds=1))
    assert older is not None
    assert (older.state, older.reason) == (State.UNKNOWN, Reason.STALE)


def test_a_state_from_before_our_clock_was_set_back_is_not_young_for_ever():
    standing = after(GOOD)

    assert aged(standing, T0 - timedelta(hours=3)) is None
    assert aged(standing, T0 - timedelta(hours=3, seconds=1)).state is State.UNKNOWN


def test_an_aged_state_comes_back_with_an_answer():
    older = aged(after(GOOD), T0 + timedelta(days=1))
    assert older is not None

    again = stand(older, GOOD, at=T0 + timedelta(days=2), visit="w", interval_seconds=3600)

    assert again.state is State.PASS


@given(st.lists(st.sampled_from([BAD, QUIET_BAD, GAP, QUIET_GOOD]), max_size=8))
def test_no_pass_without_an_answer_or_the_same_silence_in_two_visits(verdicts):
    standing = after(*verdicts) if verdicts else None
    heard = [v for v in verdicts if v is not GAP]

    if standing is not None and standing.state is State.PASS:
        assert QUIET_GOOD in heard
        assert heard.count(QUIET_GOOD) >= 2


@pytest.mark.parametrize("reason", [Reason.GATEWAY_SILENT, Reason.BLIND])
def test_what_nobody_could_confirm_for_one_cause_grows_unknown_with_that_cause(reason):
    quiet = inconclusive(reason, "gw-1 is silent, so silence behind it means nothing.")

    old = aged(after(GOOD, quiet), T0 + timedelta(hours=4))

    assert (old.state, old.reason) == (State.UNKNOWN, reason)
    assert old.said == (
        "Nothing has confirmed this since 2026-03-01 12:00:00 UTC; gw-1 is silent, so silence "
        "behind it means nothing; it was pass: It holds."
    )
    assert aged(after(GOOD, quiet, GAP), T0 + timedelta(hours=5)).reason is Reason.STALE
