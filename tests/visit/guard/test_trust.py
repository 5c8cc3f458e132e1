from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.visit.guard.kept import Kept
from appliance.visit.guard.trust import Fingerprint, Level, Trusts
from tests.visit.clocks import FakeClock

PLC = Fingerprint(type="s7", address="10.0.0.1", approved=("V2.9",))
QUARTER = 900


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def kept():
    return Kept.in_memory()


@pytest.fixture
def trusts(kept, clock):
    return Trusts(kept, clock)


def live(trusts, clock, asset, hours, *, every=QUARTER):
    events = [trusts.alive(asset, clean=True)]
    for _ in range(int(hours * 3600 / every)):
        clock.pass_(every)
        events.append(trusts.alive(asset, clean=True))
    return [e for e in events if e]


def supervised(trusts, clock, *assets, seen=PLC):
    for asset in assets:
        trusts.begin(asset, seen)
        live(trusts, clock, asset, 24)
    return trusts


def test_an_asset_climbs_from_planned_to_active_one_step_at_a_time(trusts, clock):
    steps = [trusts.permit("p")]
    trusts.begin("p", PLC)
    steps.append(trusts.permit("p"))
    live(trusts, clock, "p", 24)
    steps.append(trusts.permit("p"))
    trusts.trust("p", "j-smit", "I watch")
    steps.append(trusts.permit("p"))
    trusts.started("p")
    steps.append(trusts.permit("p"))
    trusts.ended("p", PLC, clean=True)
    steps.append(trusts.permit("p"))

    assert [(s.level, s.canary, s.visit) for s in steps] == [
        (Level.PLANNED, False, False),
        (Level.CANARY, True, False),
        (Level.SUPERVISED, True, False),
        (Level.SUPERVISED, True, True),
        (Level.SUPERVISED, True, False),
        (Level.ACTIVE, True, True),
    ]
    assert all(s.why for s in steps)


def test_the_day_of_liveness_is_a_day(trusts, clock):
    trusts.begin("p", PLC)

    assert live(trusts, clock, "p", 23.75) == []
    clock.pass_(QUARTER)
    assert trusts.alive("p", clean=True).kind == "trust.supervised"


def test_one_bad_round_starts_the_day_anew(trusts, clock):
    trusts.begin("p", PLC)
    live(trusts, clock, "p", 23)
    trusts.alive("p", clean=False)
    clock.pass_(QUARTER)

    assert live(trusts, clock, "p", 23.75) == []
    assert trusts.permit("p").level is Level.CANARY
    assert live(trusts, clock, "p", 0.25) != []


@pytest.mark.parametrize(
    "pause",
    [lambda c: c.step(48 * 3600), lambda c: c.pass_(48 * 3600), lambda c: c.reboot(off=172_800)],
    ids=["clock set forward", "nobody looked", "machine off"],
)
def test_time_nobody_looked_at_the_device_is_no_clean_time(trusts, clock, kept, pause):
    trusts.begin("p", PLC)
    live(trusts, clock, "p", 1)
    pause(clock)
    trusts = Trusts(kept, clock)
    trusts.alive("p", clean=True)

    assert trusts.permit("p").level is Level.CANARY
    assert live(trusts, clock, "p", 22.75) == []


def test_a_restart_forgets_neither_level_nor_hours(trusts, clock, kept):
    trusts.begin("p", PLC)
    live(trusts, clock, "p", 20)
    clock.reboot()
    trusts = Trusts(kept, clock)

    assert live(trusts, clock, "p", 4.25)[0].kind == "trust.supervised"


def test_nobody_is_trusted_before_the_day_is_over(trusts, clock):
    assert "planned" in trusts.trust("p", "j-smit", "")

    trusts.begin("p", PLC)
    assert "24.0 h" in trusts.trust("p", "j-smit", "")
    assert trusts.permit("p").visit is False


def test_a_grant_is_for_one_visit_even_if_we_die_in_it(trusts, clock, kept):
    supervised(trusts, clock, "p").trust("p", "j-smit", "")
    trusts.started("p")
    clock.reboot()
    trusts = Trusts(kept, clock)

    assert not trusts.permit("p").visit
    assert trusts.ended("p", PLC, clean=True) == ()
    assert trusts.permit("p").level is Level.SUPERVISED


def test_an_unclean_supervised_visit_waits_for_another(trusts, clock):
    supervised(trusts, clock, "p").trust("p", "j-smit", "")
    trusts.started("p")
    events = trusts.ended("p", PLC, clean=False)

    assert [e.kind for e in events] == ["trust.unclean"]
    assert not trusts.permit("p").visit
    assert trusts.trust("p", "j-smit", "again").kind == "trust.granted"


def one_visited(trusts, seen=PLC):
    trusts.trust("first", "j-smit", "")
    trusts.started("first")
    return trusts.ended("first", seen, clean=True)


def test_a_clean_visit_frees_siblings_and_nobody_else(trusts, clock):
    kin = Fingerprint(type="s7", address="10.0.0.2", approved=("V2.9",))
    others = {
        "other-type": Fingerprint(type="m340", approved=("V2.9",)),
        "other-firmware": Fingerprint(type="s7", approved=("V3.0",)),
        "either-firmware": Fingerprint(type="s7", approved=("V2.9", "V3.0")),
        "no-firmware": Fingerprint(type="s7"),
        "no-type": Fingerprint(approved=("V2.9",)),
    }
    supervised(trusts, clock, "first")
    supervised(trusts, clock, "kin", seen=kin)
    for name, seen in others.items():
        supervised(trusts, clock, name, seen=seen)
    trusts.begin("too-young", PLC)
    events = one_visited(trusts)

    assert [e.subject for e in events] == ["first", "kin"]
    assert trusts.permit("kin").level is Level.ACTIVE
    assert trusts.permit("too-young").level is Level.CANARY
    assert {trusts.permit(n).level for n in others} == {Level.SUPERVISED}


def test_a_later_sibling_still_has_its_day_of_liveness(trusts, clock):
    supervised(trusts, clock, "first")
    one_visited(trusts)
    trusts.begin("later", PLC)

    assert trusts.permit("later").level is Level.CANARY
    assert live(trusts, clock, "later", 24)[0].kind == "trust.active"


def test_firmware_unlike_the_approved_frees_nobody_who_was_only_said_to_have_it(trusts, clock):
    supervised(trusts, clock, "first", "kin")
    events = one_visited(trusts, Fingerprint(firmware="V2.10"))

    assert [e.subject for e in events] == ["first"]


def test_a_sibling_that_turns_out_to_have_other_firmware_goes_back(trusts, clock):
    supervised(trusts, clock, "first", "kin")
    one_visited(trusts, Fingerprint(firmware="V2.9"))
    events = trusts.ended("kin", Fingerprint(firmware="V2.7"), clean=True)

    assert events[0].kind == "trust.withdrawn"
    assert "V2.7" in events[0].said
    assert trusts.permit("kin").level is Level.SUPERVISED


@pytest.mark.parametrize(
    "after",
    [
        Fingerprint(firmware="V3.0"),
        Fingerprint(serial="S-2"),
        Fingerprint(order_number="6ES7-2"),
    ],
    ids=lambda f: f.changed_to(Fingerprint(*["x"] * 2, (), *["x"] * 3)),
)
def test_a_changed_identity_goes_back_to_supervised(trusts, clock, after):
    before = Fingerprint("s7", "10.0.0.1", ("V2.9",), "V2.9", "S-1", "6ES7-1")
    supervised(trusts, clock, "first", seen=before)
    one_visited(trusts, before)
    event = trusts.saw("first", after)

    assert event.kind == "trust.withdrawn"
    assert not trusts.permit("first").visit
    assert trusts.saw("first", after) is None
    assert trusts.trust("first", "j-smit", "").kind == "trust.granted"


@pytest.mark.parametrize(
    "change",
    [{"type": "m340"}, {"address": "10.0.0.9"}, {"serial": "S-2"}, {"order_number": "6ES7-2"}],
    ids=lambda c: next(iter(c)),
)
def test_an_inventory_entry_that_now_means_another_device_goes_back_too(trusts, clock, change):
    before = Fingerprint("s7", "10.0.0.1", ("V2.9",), "", "S-1", "6ES7-1")
    supervised(trusts, clock, "first", seen=before)
    one_visited(trusts, Fingerprint(firmware="V2.9", serial="S-1"))
    after = replace(before, **change)
    assert trusts.begin("first", before) is None
    event = trusts.begin("first", after)

    assert event.kind == "trust.withdrawn"
    assert not trusts.permit("first").visit
    assert trusts.begin("first", after) is None


def test_an_inventory_that_is_wrong_about_a_device_makes_it_no_stranger_at_every_turn(
    trusts, clock
):
    said = Fingerprint("s7", "10.0.0.1", ("V2.9",), "", "S-1", "6ES7515-2AM02")
    device = Fingerprint(firmware="V2.10", serial="S-9", order_number="6ES7 515-2AM02")
    supervised(trusts, clock, "first", seen=said)
    one_visited(trusts, device)
    for _ in range(3):
        assert trusts.begin("first", said) is None
        trusts.started("first")
        assert trusts.ended("first", device, clean=True) == ()

    assert trusts.permit("first").level is Level.ACTIVE


def test_one_visit_after_an_upgrade_frees_all_that_were_upgraded(trusts, clock):
    names = ["first", "second", "third"]
    supervised(trusts, clock, *names)
    one_visited(trusts, Fingerprint(firmware="V2.9"))
    for name in names:
        trusts.ended(name, Fingerprint(firmware="V2.9"), clean=True)
    back = [e for name in names for e in trusts.ended(name, Fingerprint(firmware="V3"), clean=True)]
    freed = one_visited(trusts, Fingerprint(firmware="V3"))

    assert [e.kind for e in back] == ["trust.withdrawn"] * 3
    assert sorted(e.subject for e in freed) == names


def test_what_a_visit_could_not_see_is_no_change(trusts, clock):
    before = Fingerprint("s7", "10.0.0.1", ("V2.9",), "V2.9", "S-1", "6ES7-1")
    supervised(trusts, clock, "first", seen=before)
    one_visited(trusts, before)

    assert trusts.saw("first", Fingerprint()) is None
    assert trusts.begin("first", replace(before, approved=("V3.0", "V2.9"))) is None
    assert trusts.permit("first").level is Level.ACTIVE


def test_a_device_seen_for_the_first_time_is_remembered(trusts, clock):
    supervised(trusts, clock, "first")
    one_visited(trusts)

    assert trusts.saw("first", Fingerprint(serial="S-1")) is None
    assert trusts.saw("first", Fingerprint(serial="S-2")).kind == "trust.withdrawn"


def test_an_asset_that_left_the_inventory_begins_anew(trusts, clock):
    supervised(trusts, clock, "first", "second")
    one_visited(trusts)
    trusts.keep_only({"second": PLC})

    assert trusts.permit("first").level is Level.PLANNED
    assert trusts.permit("second").level is Level.ACTIVE


def test_a_laboratory_trusts_everything_and_remembers_nothing_of_it(kept, clock):
    trusts = Trusts(kept, clock, laboratory=True)
    trusts.begin("p", PLC)

    assert trusts.permit("p").visit
    assert Trusts(kept, clock).permit("p").level is Level.PLANNED
