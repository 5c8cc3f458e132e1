"""site-answers, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.context import Own, OwnZone
from tests.checks.given import told, verdict

CHECK = BY_ID["site-answers"]


def zone(n, answering, silent, assets=None):
    names = tuple(f"plc-{n}-{i}" for i in range(silent))
    known = answering + silent
    return OwnZone(f"cell-{n}", known if assets is None else assets, known, names)


def judged(*zones):
    own = Own(zones=tuple(zone(n, *counts) for n, counts in enumerate(zones)))
    return verdict(CHECK, own=own, asset=None)


@pytest.mark.parametrize(
    "zones",
    [
        [(20, 0), (20, 0)],
        [(0, 20), (20, 0), (20, 0)],
        [(0, 20), (4, 1)],
        [(1, 0), (0, 1), (0, 1), (1, 0), (1, 0)],
    ],
)
def test_holds_while_at_most_one_zone_is_silent(zones):
    assert told(judged(*zones)) == ("pass", "as-expected")


@pytest.mark.parametrize(
    "zones",
    [[(0, 20)] * 10, [(10, 10), (1, 3), (20, 0)], [(0, 2), (0, 2), (2, 0)], [(0, 1)] * 4],
)
def test_broken_when_two_zones_or_half_the_site_are_silent(zones):
    answer = judged(*zones)

    assert told(answer) == ("fail", "missing")
    assert answer.rests_on == "silence"


def test_broken_says_which():
    answer = judged((10, 10), (1, 3), (20, 0))

    assert answer.said == (
        "2 zones are silent together: 13 of the 24 assets there when last looked at."
    )
    assert answer.where == ("cell-0: 10 of 20", "cell-1: 3 of 4")


@pytest.mark.parametrize("zones", [[], [(0, 20)], [(0, 1), (0, 2)]])
def test_not_applicable_to_one_zone_or_three_assets(zones):
    assert told(judged(*zones))[0] == "not-applicable"


@pytest.mark.parametrize("zones", [[(2, 0, 20), (1, 0, 1)], [(20, 0), (0, 0, 21)]])
def test_could_not_see_before_half_of_it_was_looked_at(zones):
    assert told(judged(*zones)) == ("inconclusive", "not-asked")
