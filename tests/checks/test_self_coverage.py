"""self-coverage, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.context import Own, OwnAsset
from checks.facts.expected import ExpectedZone
from tests.checks.given import told, verdict

CHECK = BY_ID["self-coverage"]
ZONE = ExpectedZone("control", ("plc-1", "plc-2"))


def own(first, second, planned=10):
    return Own(
        assets=(
            OwnAsset("plc-1", "control", planned, first),
            OwnAsset("plc-2", "control", planned, second),
            OwnAsset("other", "dmz", 100, 0),
        )
    )


def test_holds_when_enough_is_answered():
    assert told(verdict(CHECK, own=own(10, 8), zone=ZONE)) == ("pass", "as-expected")


def test_broken_when_too_little_is_answered():
    answer = verdict(CHECK, own=own(10, 7), zone=ZONE)

    assert told(answer) == ("fail", "missing")
    assert answer.said == (
        "Only 17 of 20 questions in zone control have an answer in age; 90 percent are wanted."
    )
    assert answer.where == ("plc-2",)


def test_not_applicable_where_nothing_is_asked():
    assert told(verdict(CHECK, own=own(0, 0, planned=0), zone=ZONE))[0] == "not-applicable"


def test_could_not_see_an_asset_without_a_plan():
    answer = verdict(CHECK, own=Own(assets=own(10, 10).assets[:1]), zone=ZONE)

    assert told(answer) == ("inconclusive", "not-asked")
    assert answer.where == ("plc-2",)


def test_could_not_see_what_was_never_asked_though_all_that_was_asked_is_answered():
    known, other = (
        OwnAsset("plc-1", "control", 10, 10),
        OwnAsset("plc-2", "control", 0, 0, pending=8),
    )
    answer = verdict(CHECK, own=Own(assets=(known, other)), zone=ZONE)

    assert told(answer) == ("inconclusive", "not-asked")
    assert answer.where == ("plc-2",)
    assert answer.said == (
        "10 of 10 questions in zone control have an answer in age, and 8 were never put so far."
    )


def test_holds_while_the_last_few_wait_for_their_first_turn():
    known, other = (
        OwnAsset("plc-1", "control", 10, 10),
        OwnAsset("plc-2", "control", 8, 8, pending=2),
    )

    assert told(verdict(CHECK, own=Own(assets=(known, other)), zone=ZONE)) == (
        "pass",
        "as-expected",
    )


def behind(cause, *, others=10):
    return Own(
        assets=(
            OwnAsset("plc-1", "control", 10, 0, behind=cause),
            OwnAsset("plc-2", "control", 10, others),
        )
    )


def test_could_not_see_what_lies_behind_a_silence_that_is_told_of_already():
    answer = verdict(CHECK, own=behind("zone control"), zone=ZONE)

    assert told(answer) == ("inconclusive", "gateway-silent")
    assert answer.said == (
        "Only 10 of 20 questions in zone control have an answer in age; the others lie behind what "
        "was found silent: zone control."
    )
    assert answer.where == ("plc-1",)


def test_could_not_see_anything_while_our_own_network_is_gone():
    answer = verdict(CHECK, own=behind("our own network"), zone=ZONE)

    assert told(answer) == ("inconclusive", "blind")


def test_broken_when_more_is_missing_than_lies_behind_a_silence():
    answer = verdict(CHECK, own=behind("gw", others=8), zone=ZONE)

    assert told(answer) == ("fail", "missing")
    assert answer.where == ("plc-1", "plc-2")
