from __future__ import annotations

from pathlib import Path

import pytest

from appliance.visit.guard.canary import ACKNOWLEDGED, ENOUGH, LEARNED, Canaries, Seen, limit_us
from appliance.visit.guard.kept import Kept
from tests.visit.clocks import FakeClock

PLC = "10.10.20.11"
PORT = "tcp-4840"


def seen(milliseconds: float) -> Seen:
    return Seen(PORT, int(milliseconds * 1000))


GONE = Seen(PORT, None, "no answer within 3 s")


def learned(*milliseconds: float, kept: Kept | None = None) -> Canaries:
    canaries = Canaries(kept or Kept.in_memory(), FakeClock())
    for each in milliseconds or (2,) * ENOUGH:
        assert canaries.before(PLC, seen(each)) is None
    return canaries


def test_a_device_that_answers_as_usual_stays_free():
    canaries = learned()

    assert canaries.after(PLC, seen(2.5)) is None
    assert canaries.latched(PLC) is None


def test_a_device_gone_after_our_visit_is_latched_even_when_nothing_was_learned():
    canaries = learned(2)

    event = canaries.after(PLC, GONE)

    assert event is not None
    assert (event.kind, event.subject) == ("suspected-impact", PLC)
    assert "did not answer any more: no answer within 3 s" in event.said
    latch = canaries.latched(PLC)
    assert latch is not None
    assert latch.since == "2026-03-02T08:00:00+00:00"


@pytest.mark.parametrize(
    ("usual", "after", "latches"),
    [
        # Quick devices: 500 ms above the median; slow ones: three times the 95th percentile.
        ([2] * 10, 502, False),
        ([2] * 10, 502.001, True),
        ([400] * 10, 1_200, False),
        ([400] * 10, 1_200.001, True),
        # One slow answer in twenty is not the 95th percentile yet; two are.
        ([2] * 19 + [300], 502.001, True),
        ([2] * 18 + [300] * 2, 900, False),
        # Nine are too few to say what is slow.
        ([2] * 9, 60_000, False),
    ],
)
def test_what_is_much_slower(usual: list[float], after: float, latches: bool):
    canaries = learned(*usual)

    assert (canaries.after(PLC, seen(after)) is not None) is latches
    assert (canaries.latched(PLC) is not None) is latches


def test_the_limit_is_the_larger_of_the_two():
    assert limit_us([2_000] * 20) == 502_000
    assert limit_us([1_000_000] * 20) == 3_000_000


def test_a_device_gone_or_slow_before_we_came_is_left_alone_and_not_suspected():
    canaries = learned()

    assert canaries.before(PLC, GONE) == (
        "10.10.20.11 did not answer before the visit: no answer within 3 s"
    )
    assert canaries.before(PLC, seen(700)) == (
        "before the visit 10.10.20.11 took 700 ms to answer, where 502 ms is the most usual"
    )
    assert canaries.latched(PLC) is None


def test_a_path_that_became_slower_for_good_is_learned():
    canaries = learned(*[2] * LEARNED)
    refused = [canaries.before(PLC, seen(700)) for _ in range(LEARNED)]

    assert all(refused[:5])
    assert not any(refused[10:])


def test_what_comes_after_a_visit_is_not_learned_as_normal():
    canaries = learned()
    for _ in range(50):
        canaries.after(PLC, seen(400))

    assert canaries.after(PLC, seen(503)) is not None


def test_no_more_than_the_newest_latencies_are_kept():
    kept = Kept.in_memory()
    learned(*[2] * (LEARNED + 20), kept=kept)

    value = kept.get("canary", PLC)
    assert value is not None
    assert len(value["latencies_us"]) == LEARNED


def test_another_service_begins_to_learn_anew_and_frees_nothing():
    canaries = learned()
    canaries.after(PLC, GONE)

    assert canaries.before(PLC, Seen("udp-161", 900_000)) is None
    assert canaries.latched(PLC) is not None


def test_a_latch_outlives_a_restart_and_only_an_ack_frees_it(tmp_path: Path):
    kept = Kept.open(tmp_path / "guard.db")
    learned(kept=kept).after(PLC, GONE)
    kept.close()
    canaries = Canaries(Kept.open(tmp_path / "guard.db"), FakeClock())
    for _ in range(20):
        canaries.before(PLC, seen(2))
        canaries.after(PLC, seen(2))
    assert canaries.latched(PLC) is not None

    event = canaries.ack(PLC, " j-smit ", "looked at it: power supply replaced")

    assert event.kind == "impact-acknowledged"
    assert event.said == (
        "j-smit acknowledged the suspected impact on 10.10.20.11: "
        "looked at it: power supply replaced"
    )
    assert canaries.latched(PLC) is None
    (entry,) = canaries.acknowledged(PLC)
    assert (entry["who"], entry["at"]) == ("j-smit", "2026-03-02T08:00:00+00:00")
    assert "did not answer any more" in entry["latch"]["why"]


def test_a_second_failure_tells_again_but_the_first_reason_stays():
    canaries = learned()
    canaries.after(PLC, seen(900))

    assert canaries.after(PLC, GONE) is not None
    latch = canaries.latched(PLC)
    assert latch is not None
    assert "took 900 ms" in latch.why


@pytest.mark.parametrize(
    ("who", "why", "says"),
    [("", "seen", "say who acknowledges"), ("j-smit", "  ", "say who acknowledges")],
)
def test_an_ack_without_who_or_why_frees_nothing(who: str, why: str, says: str):
    canaries = learned()
    canaries.after(PLC, GONE)

    with pytest.raises(ValueError, match=says):
        canaries.ack(PLC, who, why)
    assert canaries.latched(PLC) is not None


def test_an_ack_of_nothing_says_so():
    with pytest.raises(ValueError, match="nothing is suspected of"):
        learned().ack(PLC, "j-smit", "because")


def test_only_the_newest_acknowledgements_are_kept():
    canaries = learned()
    for number in range(ACKNOWLEDGED + 5):
        canaries.after(PLC, GONE)
        canaries.ack(PLC, "j-smit", f"visit {number}")

    kept = canaries.acknowledged(PLC)
    assert len(kept) == ACKNOWLEDGED
    assert kept[-1]["why"] == f"visit {ACKNOWLEDGED + 4}"


def test_a_suspected_impact_is_latched_even_where_the_disk_does_not_take_it(disk):
    canaries = learned(2, kept=disk.kept)
    disk.takes_nothing()

    assert canaries.after(PLC, GONE) is not None

    assert canaries.latched(PLC) is not None
    disk.takes_all()
    disk.kept.close()
    assert Canaries(disk.again(), FakeClock()).latched(PLC) is not None
