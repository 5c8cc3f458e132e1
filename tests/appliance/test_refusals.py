"""What our own guard stops is counted and logged, and still stopped."""

import pytest
from structlog.testing import capture_logs

from appliance.painting import paint
from appliance.refusals import Refusals
from appliance.visit.guard import Guard
from collectors.errors import BudgetSpent, NotPermitted
from collectors.wire import Target, Wire
from tests.visit.clocks import FakeClock

PLC = Target("plc", "127.0.0.1", "tcp", 502, "modbus")
PERMITTED = [("127.0.0.1", "tcp", 502)]


@pytest.fixture
def gate():
    return Refusals(Guard(FakeClock()))


async def test_a_target_nobody_planned_is_refused_and_counted(gate):
    with capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(NotPermitted):
                await Wire(gate).probe(PLC)

    assert gate.counts == {("plc", "not-permitted"): 3}
    assert [(e["event"], e["log_level"]) for e in logs] == [("refused", "warning")]
    assert logs[0]["asset"] == "plc"


async def test_a_spent_budget_has_a_reason_of_its_own(gate):
    gate.gate.permit(PERMITTED)
    gate.gate.a_day = lambda _: 0

    with pytest.raises(BudgetSpent):
        await Wire(gate).probe(PLC)

    assert gate.counts == {("plc", "budget-spent"): 1}


async def test_a_request_of_our_own_that_is_on_no_list_is_a_fault_and_each_is_logged(gate):
    with capture_logs() as logs:
        gate.refused(PLC, "function 5 writes")
        gate.refused(PLC, "function 5 writes")

    assert gate.counts == {("plc", "fault"): 2}
    assert [(e["log_level"], e["why"]) for e in logs] == [("error", "function 5 writes")] * 2
    assert len(gate.gate.faults) == 2


async def test_a_visit_to_what_is_not_planned_shows_in_the_picture(site, rounds):
    assets = """
assets:
  - {id: plc, zone: cell, address: 127.0.0.1, role: plc, services: [{port: tcp/9, protocol: s7}]}
"""
    async with rounds(site(assets)) as r:
        r.guard.permit([])
        await r.visit("plc")
        picture = paint(r, started=r.clock.now(), checkpoint_at=None, outbox={}, reloaded=True)

    assert picture.refused == {("plc", "not-permitted"): 1}
