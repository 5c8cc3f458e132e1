"""The requirement catalogue adds up to the known staircase."""

from collections import Counter

from checks.requirements import REQUIREMENTS


def test_there_are_a_hundred_and_each_level_adds_its_known_share():
    first = Counter(r.first_level for r in REQUIREMENTS.values())

    assert first == {1: 37, 2: 23, 3: 30, 4: 10}


def test_titles_and_foundational_requirements_agree_with_the_ids():
    for requirement in REQUIREMENTS.values():
        assert requirement.id.removeprefix("SR ").startswith(f"{requirement.foundational}.")
        assert requirement.title
