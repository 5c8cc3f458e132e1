"""Facts survive their canonical form, whatever they hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.facts.codec import FACT_TYPES, build, canonical, join, plain, split
from checks.facts.observation import Facts

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))


@pytest.mark.parametrize("name", FACT_TYPES)
def test_facts_come_back_equal_and_write_the_same_bytes_again(name):
    @settings(max_examples=30, deadline=None)
    @given(st.from_type(FACT_TYPES[name]))
    def round_trip(facts: Facts):
        stable, readings = split(facts)
        stored = canonical([stable, readings])

        again = join(name, *json.loads(stored))

        assert again == facts
        assert canonical(list(split(again))) == stored

    round_trip()


def test_every_facts_type_is_known_by_its_name():
    assert {k.__name__ for k in Facts.__subclasses__()} == set(FACT_TYPES)


@pytest.mark.parametrize(
    ("stable", "error"),
    [
        ({"port": "23", "answer": "open"}, TypeError),
        ({"port": 23, "answer": "ajar"}, ValueError),
        ({"port": 23}, TypeError),
        ({"port": 23, "answer": "open", "colour": "red"}, TypeError),
    ],
)
def test_fields_that_do_not_fit_are_refused(stable, error):
    with pytest.raises(error):
        join("TcpPort", stable, {})


def test_unknown_types_are_refused():
    with pytest.raises(KeyError):
        join("Rumour", {}, {})


def test_evidence_holds_no_floats():
    with pytest.raises(TypeError, match="no floats"):
        canonical({"a": [1.5]})


def test_times_are_written_in_utc():
    text = plain(datetime.fromisoformat("2026-03-02T13:00:00+01:00"))

    assert text == "2026-03-02T12:00:00.000000Z"
    assert build(datetime, text) == datetime(2026, 3, 2, 12, tzinfo=UTC)
