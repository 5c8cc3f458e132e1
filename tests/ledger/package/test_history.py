"""Time is counted as observed only while somebody's answer was young enough; silence heals nothing."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from tests.ledger.package.conftest import START, unpacked

HOUR = timedelta(hours=1)


def rows(exported, name):
    text = unpacked(exported)[f"data/{name}.csv"].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def evidence(exported, key):
    found = [r for r in rows(exported, "06_technical/evidence") if r["key"] == key]
    assert found, key
    return found[0]


def test_a_failure_of_three_hours_is_found_with_its_length_and_end(second_day):
    (failure,) = rows(second_day, "06_technical/failures")
    assert failure["key"] == "plc.port-expected-present"
    assert (failure["began"], failure["ended"]) == ("2026-03-03T15:00:00Z", "2026-03-03T18:00:00Z")
    assert failure["lasted in the period"] == "03:00:00"
    found = evidence(second_day, "plc.port-expected-present")
    # 24 hours and a microsecond; 3 of them failing.
    assert (found["observed %"], found["held %"]) == ("100.00", "87.50")
    assert (found["failures"], found["longest"], found["still open"]) == ("1", "03:00:00", "0")
    (nonconformity,) = rows(second_day, "09_nonconformities/nonconformities")
    assert nonconformity["status"] == "closed by a fresh pass"
    assert nonconformity["closed"] == "2026-03-03T18:00:00Z"


def test_a_period_that_ends_within_a_failure_leaves_it_open(plant, pack):
    exported = pack(plant, start=START + 24 * HOUR, end=START + 32 * HOUR)
    (failure,) = rows(exported, "06_technical/failures")

    assert (failure["ended"], failure["lasted in the period"]) == ("open", "01:00:00")
    assert evidence(exported, "plc.port-expected-present")["still open"] == "1"
    (cell,) = [
        r for r in rows(exported, "06_technical/matrix")
        if (r["zone"], r["requirement"]) == ("cell", "SR 7.6")
    ]  # fmt: skip
    assert cell["cell at the period's end"] == "contradicted"


@pytest.fixture(scope="module")
def interrupted(built, pack):
    """Ten hours of passes, forty hours switched off, then one look, then a failure and silence."""

    async def story(plant):
        for _ in range(10):
            await plant.look(p102="open")
        plant.clock.pass_(40 * 3600)
        await plant.age()
        await plant.look(hours=0, p102="open")
        await plant.look(p102="refused")
        plant.clock.pass_(10 * 3600)
        await plant.age()
        await plant.tell("guard", kind="hold", subject="site", said="the end")

    return pack(built(story), start=START + HOUR)


def test_an_appliance_that_was_switched_off_leaves_a_gap_and_no_pass(interrupted):
    gaps = [
        g for g in rows(interrupted, "06_technical/gaps") if g["key"] == "plc.port-expected-present"
    ]
    assert [(g["reason"], g["lasted"]) for g in gaps] == [
        ("stale", "1d 13:00:00"),
        ("stale", "07:00:00"),
    ]
    found = evidence(interrupted, "plc.port-expected-present")
    # 9 + 3 + 1 hours of pass, 3 of fail; 60 hours in all, of which the last is a microsecond over.
    assert found["observed %"] == "26.66"
    assert found["held %"] == "81.25"


def test_silence_does_not_close_a_failure(interrupted):
    (failure,) = rows(interrupted, "06_technical/failures")
    assert (failure["ended"], failure["lasted in the period"]) == ("open", "10:00:00")
    assert evidence(interrupted, "plc.port-expected-present")["state at end"] == "unknown"


def test_before_the_first_verdict_nothing_was_observed(plant, pack):
    exported = pack(plant, start=START - 49 * HOUR)
    found = evidence(exported, "plc.port-expected-present")

    assert found["first seen"] == "2026-03-02T09:00:00Z"
    gap = next(g for g in rows(exported, "06_technical/gaps") if g["key"] == found["key"])
    assert (gap["reason"], gap["lasted"]) == ("not-yet-observed", "2d 02:00:00")


def test_a_clock_set_back_makes_no_time_negative_and_leaves_no_entry_out(built, pack):
    async def story(plant):
        await plant.look(p102="open")
        plant.clock.step(-7200)
        await plant.look(p102="refused")
        await plant.look(p102="open", hours=4)

    exported = pack(built(story))
    found = evidence(exported, "plc.port-expected-present")
    assert (found["failures"], found["still open"]) == ("1", "0")
    assert "-" not in found["failing in all"]


def test_recorded_states_are_what_a_replay_gives(second_day, interrupted):
    for exported in (second_day, interrupted):
        assert rows(exported, "10_method/replay") == []


def test_the_sample_can_be_drawn_again_by_anybody(second_day):
    from hashlib import sha256

    population = [r["key"] for r in rows(second_day, "11_population_samples/population")]
    drawn = [r["key"] for r in rows(second_day, "11_population_samples/sample")]
    by_hand = sorted(population, key=lambda k: sha256(f"by-the-assessor\n{k}".encode()).hexdigest())

    assert 5 < len(drawn) == 10 < len(population)
    assert drawn == by_hand[:10]
