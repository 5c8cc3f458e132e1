from __future__ import annotations

from datetime import timedelta

from appliance.visit import questions as q
from appliance.visit.classes import FRAGILE
from appliance.visit.rotation import Rotation, Rotations, rotation, visits_of
from tests.visit.test_choosing import CLOSED, PLC, nowhere

DAY = timedelta(days=1)


def test_services_need_fewer_visits_than_the_ports_that_must_not_open():
    asks = (PLC[0], PLC[1], *CLOSED[:20])
    found = rotation(asks, FRAGILE, canary=PLC[0], every=DAY, never_connect=nowhere)

    assert found.spoken == 1
    assert found.whole is not None
    assert found.whole > 1
    assert [visits_of(a, found, len(asks)) for a in (PLC[1], CLOSED[0])] == [1, found.whole]


def test_what_never_comes_to_an_end_counts_as_many_visits_as_there_are_asks():
    assert visits_of(PLC[0], Rotation(None, None), 9) == 9
    assert visits_of(CLOSED[0], Rotation(1, None), 9) == 9


def test_assets_that_are_alike_are_worked_out_once():
    rotations = Rotations(nowhere)
    first = rotations.of(PLC[:2], FRAGILE, canary=PLC[0], every=DAY)

    assert PLC[0].question is q.TCP_PORT
    assert rotations.of(tuple(PLC[:2]), FRAGILE, canary=PLC[0], every=DAY) is first
