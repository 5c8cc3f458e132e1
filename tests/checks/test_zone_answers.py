"""zone-answers, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.context import Own, OwnZone
from checks.facts.expected import ExpectedZone
from tests.checks.given import told, verdict

CHECK = BY_ID["zone-answers"]
ELSEWHERE = OwnZone("dmz", assets=9, known=9)


def names(count):
    return tuple(f"plc-{n}" for n in range(count))


def judged(answering, silent, *others, again=None, assets=None, **changes):
    zone = OwnZone(
        "control",
        assets=answering + silent if assets is None else assets,
        known=answering + silent,
        silent=names(silent),
        again=silent if again is None else again,
        **changes,
    )
    inside = ExpectedZone("control", names(zone.assets))
    return verdict(CHECK, own=Own(zones=(zone, *others)), asset=None, zone=inside)


@pytest.mark.parametrize(("answering", "silent"), [(4, 0), (4, 3), (2, 2), (198, 2)])
def test_holds_while_most_assets_answer(answering, silent):
    assert told(judged(answering, silent)) == ("pass", "as-expected")


@pytest.mark.parametrize(("answering", "silent"), [(0, 200), (3, 3), (1, 3)])
def test_broken_when_half_of_them_and_three_are_silent(answering, silent):
    answer = judged(answering, silent)

    assert told(answer) == ("fail", "missing")
    assert answer.rests_on == "silence"


def test_broken_says_how_many():
    assert judged(1, 3).said == "3 of 4 assets were silent when last looked at."


def test_broken_at_once_while_others_answer_and_later_when_nobody_can_say():
    assert told(judged(0, 20, ELSEWHERE, again=10, others_answer=True))[0] == "fail"
    assert told(judged(0, 20, ELSEWHERE, again=15))[0] == "fail"
    assert told(judged(0, 20, ELSEWHERE, again=10)) == ("inconclusive", "unconfirmed")


def test_not_applicable_to_a_zone_of_three():
    assert told(judged(0, 3))[0] == "not-applicable"


@pytest.mark.parametrize(("answering", "silent"), [(0, 3), (3, 0), (99, 0)])
def test_could_not_see_before_enough_were_looked_at(answering, silent):
    assert told(judged(answering, silent, assets=200)) == ("inconclusive", "not-asked")


def test_could_not_see_until_the_silent_were_looked_at_again():
    answer = judged(0, 20, again=9)

    assert told(answer) == ("inconclusive", "unconfirmed")
    assert answer.where == names(20)


def test_could_not_see_while_other_zones_are_silent_too():
    other = OwnZone("dmz", assets=4, known=4, silent=names(4))

    assert told(judged(0, 20, other)) == ("inconclusive", "gateway-silent")
