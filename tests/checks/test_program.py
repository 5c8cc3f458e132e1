"""The record types: each feeds the program, and maps to real requirements."""

from __future__ import annotations

import re

import pytest

from checks import ALL
from checks.program import RECORDS
from checks.requirements import REQUIREMENTS

ELEMENT = re.compile(r"(ORG|CM|NET|COMP|DATA|USER|EVENT|AVAIL) [1-3]\.[1-9][0-9]?")


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.id)
def test_a_record_type_feeds_the_program_and_maps_to_real_requirements(kind):
    assert kind.program
    assert set(kind.requirements) <= set(REQUIREMENTS)
    assert re.fullmatch(r"[a-z0-9-]{1,63}", kind.id)


def test_ids_are_unique():
    assert len({kind.id for kind in RECORDS}) == len(RECORDS)


def test_an_attestation_shows_nothing_by_itself():
    assert not next(kind for kind in RECORDS if kind.id == "attestation").requirements


@pytest.mark.parametrize("one", [*ALL, *RECORDS], ids=lambda one: one.id)
def test_program_elements_are_written_as_the_program_writes_them(one):
    assert all(ELEMENT.fullmatch(element) for element in one.program)
