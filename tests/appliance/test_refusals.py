"""What our own guard stops is counted and logged, and still stopped."""

import pytest
from structlog.testing import capture_logs

from appliance.rounds.refusals import Refusals
from appliance.running.painting import paint
from appliance.site.model import Site
from appliance.visit.guard import Guard, Kept
from collectors.errors import BudgetSpent, NotPermitted
from collectors.wire import Target, Wire
from tests.visit.clocks import FakeClock

PLC = Target("plc", "127.0.0.1", "tcp", 502, "modbus")
OTHER = Target("plc", "127.0.0.1", "tcp", 503, "modbus")
SITE = Site.model_validate(
    {
        "site": {"id": "bench", "laboratory": True},
        "appliance": {"id": "edge", "vantage": "cell"},
        "zones": [{"id": "cell"}],
        "assets": [
            {
                "id": "plc",
                "zone": "cell",
                "address": "127.0.0.1",
                "services": [{"port": "tcp/502", "protocol": "modbus"}],
            }
        ],
    }
)


@pytest.fixture
def gate():
    return Refusals(Guard(FakeClock(), Kept.in_memory(), SITE))


async def test_a_target_nobody_planned_is_refused_and_counted(gate):
    with capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(NotPermitted):
                await Wire(gate).probe(OTHER)

    assert gate.counts == {("plc", "not-permitted"): 3}
    assert [(e["event"], e["log_level"]) for e in logs] == [("refused", "warning")]
    assert logs[0]["asset"] == "plc"


async def test_a_spent_budget_has_a_reason_of_its_own(gate):
    guard = gate.gate
    reserved = guard.restraints.budgets.reserve(PLC.address, 0, 600)

    with guard.visiting(reserved), pytest.raises(BudgetSpent):
        await Wire(gate).probe(PLC)

    assert gate.counts == {("plc", "budget-spent"): 1}


async def test_nothing_is_sent_outside_of_a_visit(gate):
    with pytest.raises(NotPermitted, match="no visit to it is under way"):
        await Wire(gate).probe(PLC)


async def test_a_request_of_our_own_that_is_on_no_list_is_a_fault_and_each_is_logged(gate):
    with capture_logs() as logs:
        gate.refused(PLC, "function 5 writes")
        gate.refused(PLC, "function 5 writes")

    assert gate.counts == {("plc", "fault"): 2}
    assert [(e["log_level"], e["why"]) for e in logs] == [("error", "function 5 writes")] * 2
    assert len(gate.gate.faults) == 2


async def test_what_was_refused_shows_in_the_picture(site, rounds):
    async with rounds(site("")) as r:
        with pytest.raises(NotPermitted):
            await Wire(r.refusals).probe(OTHER)
        picture = paint(r, started=r.clock.now(), checkpoint_at=None, outbox={}, reloaded=True)

    assert picture.refused == {("plc", "not-permitted"): 1}
