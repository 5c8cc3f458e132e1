"""Whoever heard of a failure hears of its end, and a storm is a few messages and a count."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from appliance.outlets import alerts
from appliance.outlets.alerts import Acknowledged, Alert, Alerts, Phase, Word, pending
from checks import BY_ID
from checks.facts.codec import build, canonical, plain
from checks.facts.standing import State, StateKey, Subject
from checks.facts.verdict import Reason
from tests.outlets.conftest import AT, standing

CHECK = BY_ID["port-unexpected-absent"]
CRITICAL = BY_ID["opcua-anonymous-session-refused"]
GOOD, BAD = standing(State.PASS), standing(State.FAIL, Reason.DIFFERS)
OTHER = standing(State.FAIL, Reason.MISSING)
BLURRED, OK = standing(State.UNKNOWN, Reason.STALE), standing(State.ACCEPTED)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def key(n=1, zone="cell", check=CHECK):
    return StateKey(Subject("asset", zone=zone, asset=f"plc-{n}"), check.id)


def words(book, *states, name=None, root="", check=CHECK, every=MINUTE):
    """What each change after the first says."""
    return [
        book.changed(name or key(check=check), was, now, check, at=AT + n * every, root=root)
        for n, (was, now) in enumerate(zip((None, *states), states, strict=False))
    ]


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ((GOOD, BAD), (None, "firing")),
        ((BAD,), ("firing",)),
        ((BLURRED, BAD), (None, "firing")),
        ((BAD, GOOD), ("firing", "resolved")),
        ((BAD, OK), ("firing", "resolved")),
        ((BAD, OTHER), ("firing", "update")),
        ((BAD, BLURRED, GOOD), ("firing", "unseen", "resolved")),
        ((BAD, BLURRED, BAD), ("firing", "unseen", "update")),
        ((BAD, BLURRED, OTHER, GOOD), ("firing", "unseen", "update", "resolved")),
        ((GOOD, BLURRED, GOOD), (None, None, None)),
        ((BAD, GOOD, GOOD), ("firing", "resolved", None)),
    ],
)
def test_a_recovery_is_told_exactly_when_its_failure_was(states, said):
    assert words(Alerts(), *states) == list(said)


def test_a_failure_that_somebody_elses_silence_explains_is_told_when_that_ends():
    book = Alerts()

    assert words(book, GOOD, BAD, root="gw.inventory-device-present") == [None, None]
    assert book.rows[key()].phase is Phase.INHIBITED
    assert list(book.due(lambda _: CHECK, lambda _: "gw.inventory-device-present", AT)) == []
    assert list(book.due(lambda _: CHECK, lambda _: "", AT)) == [(key(), Word.FIRING)]
    assert book.rows[key()].phase is Phase.FIRING


def test_a_failure_that_never_was_told_ends_without_a_word():
    assert words(Alerts(), BAD, GOOD, root="gw.inventory-device-present") == [None, None]


def test_an_answer_is_told_whoever_else_is_silent():
    answered = standing(State.FAIL, Reason.ANONYMOUS_ACCEPTED)
    object.__setattr__(answered, "rests_on", "answer")

    assert words(Alerts(), GOOD, answered, root="cell.zone-answers") == [None, "firing"]


def test_an_acknowledgement_lasts_until_the_state_changes():
    book = Alerts()
    words(book, BAD)
    book.acknowledge(key(), Acknowledged("j-smit", "known", AT))

    assert book.rows[key()].phase is Phase.ACKNOWLEDGED
    assert book.changed(key(), BAD, BAD, CHECK, at=AT) is None
    assert book.rows[key()].phase is Phase.ACKNOWLEDGED
    assert book.changed(key(), BAD, OTHER, CHECK, at=AT) is Word.UPDATE
    assert book.rows[key()].phase is Phase.FIRING


@pytest.mark.parametrize("held", ["cap", "gw.inventory-device-present"])
def test_whoever_hears_that_an_alert_is_acknowledged_hears_its_end(held):
    book = Alerts()
    for n in range(alerts.BURST if held == "cap" else 0):
        words(book, BAD, name=key(n + 2))
    assert words(book, GOOD, BAD, root="" if held == "cap" else held) == [None, None]
    assert book.rows[key()].held == held

    book.acknowledge(key(), Acknowledged("j-smit", "known", AT))

    assert book.changed(key(), BAD, GOOD, CHECK, at=AT + MINUTE) is Word.RESOLVED


def test_what_is_not_open_cannot_be_acknowledged():
    book = Alerts()
    by = Acknowledged("j-smit", "known", AT)

    assert book.acknowledge(key(), by) is None
    words(book, BAD, GOOD)
    assert book.acknowledge(key(), by) is None


def test_a_zone_that_breaks_in_many_places_is_a_few_messages_and_one_count():
    book = Alerts()
    said = [book.changed(key(n), GOOD, BAD, CHECK, at=AT) for n in range(40)]
    explained = {"explained": lambda *_: False}

    assert said == [Word.FIRING] * alerts.BURST + [None] * (40 - alerts.BURST)
    assert list(book.summaries(lambda _: CHECK, AT + MINUTE, **explained)) == []
    (more,) = book.summaries(lambda _: CHECK, AT + 5 * MINUTE, **explained)
    assert (more.group, len(more.keys)) == (("cell", CHECK.audience), 35)
    assert list(book.summaries(lambda _: CHECK, AT + 6 * MINUTE, **explained)) == []


def test_every_held_back_alert_stays_open_and_the_count_ends_with_no_word_of_its_own():
    book = Alerts()
    for n in range(8):
        book.changed(key(n), GOOD, BAD, CHECK, at=AT)
    ends = [book.changed(key(n), BAD, GOOD, CHECK, at=AT + MINUTE) for n in range(8)]

    assert ends == [Word.RESOLVED] * alerts.BURST + [None] * 3


def test_one_zone_s_storm_holds_back_no_other_zone_and_no_other_audience():
    book = Alerts()
    for n in range(20):
        book.changed(key(n), GOOD, BAD, CHECK, at=AT)
    mend = BY_ID["opcua-cert-valid"]

    assert book.changed(key(zone="other"), GOOD, BAD, CHECK, at=AT) is Word.FIRING
    assert book.changed(key(check=mend), GOOD, BAD, mend, at=AT) is Word.FIRING


def test_the_first_of_a_critical_kind_is_told_in_any_storm():
    book = Alerts()
    for n in range(20):
        book.changed(key(n), GOOD, BAD, CHECK, at=AT)
    said = [book.changed(key(n, check=CRITICAL), GOOD, BAD, CRITICAL, at=AT) for n in range(9)]

    assert said == [Word.FIRING] + [None] * 8


def test_the_burst_comes_back_with_time():
    book = Alerts()
    for n in range(20):
        book.changed(key(n), GOOD, BAD, CHECK, at=AT)

    assert book.changed(key(99), GOOD, BAD, CHECK, at=AT + HOUR) is Word.FIRING


def test_what_flaps_is_told_a_few_times_and_how_it_came_to_rest():
    book = Alerts()
    said = words(book, *(BAD, GOOD) * 12, every=30 * MINUTE)
    rest = AT + 12 * HOUR + alerts.REST

    assert sum(word is not None for word in said) == 2 * alerts.FLAPS
    assert list(book.due(lambda _: CHECK, lambda _: "", AT + 12 * HOUR)) == []
    # It rests where it was last heard to be: nothing is left to say.
    assert list(book.due(lambda _: CHECK, lambda _: "", rest)) == []
    assert words(book, *(GOOD, BAD), every=12 * HOUR + 30 * MINUTE)[1] is None
    ends = rest + HOUR
    assert list(book.due(lambda _: CHECK, lambda _: "", ends)) == [(key(), Word.FIRING)]


def test_what_cannot_be_seen_is_one_count_for_those_who_heard_of_it():
    book, root = Alerts(), "gw.inventory-device-present"
    for n in range(3):
        book.changed(key(n), GOOD, BAD, CHECK, at=AT)
        book.changed(key(n), BAD, BLURRED, CHECK, at=AT + HOUR, root=root)
    # Nobody heard of this one.
    book.changed(key(7), GOOD, BAD, CHECK, at=AT + HOUR, root=root)
    due = AT + HOUR + alerts.SUMMED_AFTER

    (told,) = book.summaries(lambda _: CHECK, due, explained=lambda *_: False)
    assert (told.root, len(told.keys)) == (root, 3)
    assert list(book.summaries(lambda _: CHECK, due + HOUR, explained=lambda *_: False)) == []


def test_nothing_is_counted_for_those_who_were_told_of_the_silence_itself():
    book, root = Alerts(), "cell.zone-answers"
    book.changed(key(), GOOD, BAD, CHECK, at=AT)
    book.changed(key(), BAD, BLURRED, CHECK, at=AT + HOUR, root=root)

    assert not list(book.summaries(lambda _: CHECK, AT + 9 * HOUR, explained=lambda *_: True))


def test_what_is_long_over_is_forgotten():
    book = Alerts()
    words(book, BAD, GOOD)

    assert list(book.due(lambda _: CHECK, lambda _: "", AT + HOUR)) == []
    assert key() in book.rows
    assert list(book.due(lambda _: CHECK, lambda _: "", AT + 25 * HOUR)) == []
    assert key() not in book.rows
    assert key() in book.changed_rows


def test_a_copy_that_was_never_written_down_told_nothing():
    book = Alerts()
    book.copy().changed(key(), GOOD, BAD, CHECK, at=AT)

    assert book.changed(key(), GOOD, BAD, CHECK, at=AT) is Word.FIRING


def test_a_row_comes_back_from_the_store_as_it_was():
    book = Alerts()
    words(book, GOOD, BAD)
    book.acknowledge(key(), Acknowledged("j-smit", "known", AT))
    row = book.rows[key()]

    assert build(Alert, json.loads(canonical(plain(row)))) == row


def test_a_silence_heard_once_is_pending():
    once = standing(State.PASS)
    object.__setattr__(once, "awaiting", "fail/missing")

    assert pending(once)
    assert not pending(BAD)
