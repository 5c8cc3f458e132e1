"""zone-answers, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.context import Presence
from checks.facts.expected import ExpectedZone
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["zone-answers"]


def judged(answering, silent, *, inside=None, **changes):
    names = [f"plc-{n}" for n in range(answering + silent)]
    looks = [
        observed(
            Presence(answered=n < answering, by=("tcp-502",) if n < answering else ()),
            asset=name,
            alive=n < answering,
            **changes,
        )
        for n, name in enumerate(names)
    ]
    zone = ExpectedZone("control", tuple(names) if inside is None else inside)
    return verdict(CHECK, *looks, asset=None, zone=zone)


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


def test_not_applicable_to_a_zone_of_three():
    assert told(judged(0, 3))[0] == "not-applicable"


def test_could_not_see_before_enough_were_looked_at():
    names = tuple(f"plc-{n}" for n in range(200))

    assert told(judged(0, 3, inside=names)) == ("inconclusive", "not-asked")


def test_could_not_see_while_we_are_blind():
    assert told(judged(0, 4, blind=True)) == ("inconclusive", "blind")


def test_could_not_see_a_gap():
    gaps = [observed(Reason.TIMEOUT, facts_type="Presence", asset=f"plc-{n}") for n in range(5)]
    zone = ExpectedZone("control", tuple(f"plc-{n}" for n in range(5)))

    assert told(verdict(CHECK, *gaps, asset=None, zone=zone))[0] == "inconclusive"
