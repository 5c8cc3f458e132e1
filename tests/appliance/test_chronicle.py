"""What a running appliance writes down of itself, on the test's clock."""

from __future__ import annotations

import json
from collections import Counter

from appliance.running.chronicle import Chronicle
from tests.visit.clocks import FakeClock

ASSETS = """
assets:
  - {id: plc, zone: cell, address: 127.0.0.1, role: plc,
     services: [{port: tcp/1, protocol: s7}]}
"""


async def of_type(appliance, kind):
    found = [json.loads(body) async for _, body in appliance.store.entries()]
    return [entry for entry in found if entry["type"] == kind]


async def test_every_hour_sums_what_stands_by_zone(site, rounds, tmp_path):
    clock = FakeClock()
    async with rounds(site(ASSETS), clock=clock) as appliance:
        done = Chronicle(appliance, tmp_path)
        await appliance.visit("plc", due_anyway=True)
        clock.pass_(3_599)
        await done.once()
        assert await of_type(appliance, "run.summary") == []
        clock.pass_(1)
        await done.once()
        await done.once()
        (summary,) = await of_type(appliance, "run.summary")
        stands = Counter(
            (key.subject.zone or "", standing.state.value)
            for key, standing in appliance.standings.items()
        )

    counted = {
        (zone, state): count
        for zone, states in summary["states"].items()
        for state, count in states.items()
    }
    assert counted == stands
    assert sum(counted.values()) > 3
    assert any(state == "fail" for _, state in counted)


async def test_of_every_visit_each_result_is_in_the_ledger_and_repeats_cost_little(site, rounds):
    async with rounds(site(ASSETS), clock=(clock := FakeClock())) as appliance:
        sizes, results = [], []
        for _ in range(4):
            clock.pass_(3_600)
            first = appliance.store.size
            visited = await appliance.visit("plc", due_anyway=True)
            entries = [json.loads(b) async for _, b in appliance.store.entries(first)]
            rows = [r for e in entries if e["type"] == "verdicts" for r in e["rows"]]
            results.append((len(rows), len(visited.judged)))
            sizes.append(sum(len(json.dumps(r)) for r in rows))

    assert all(rows == judged > 3 for rows, judged in results)
    assert all(row.get("same") or "verdict" in row for row in rows)
    assert sizes[-1] < sizes[0] / 2


async def test_a_clock_that_was_set_is_an_entry(site, rounds, tmp_path):
    clock = FakeClock()
    async with rounds(site(ASSETS), clock=clock) as appliance:
        done = Chronicle(appliance, tmp_path)
        clock.pass_(5)
        await done.once()
        clock.step(-90)
        await done.once()
        (step,) = await of_type(appliance, "clock.step")

    assert step["step_ms"] == -90_000
