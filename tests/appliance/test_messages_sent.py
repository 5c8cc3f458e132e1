"""What a whole appliance sends fits its published schemas, and says what is in force once."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest

from appliance.outlets.alerts import SUMMED_AFTER
from appliance.outlets.teller import Change
from appliance.rounds.acknowledging import acknowledge
from appliance.rounds.falling import age
from checks.facts.standing import State
from tests.appliance.test_acknowledging import ACK, open_key
from tests.outlets.schemas import KINDS, fits
from tests.visit.clocks import FakeClock

OUTLETS = """
outlets:
  mqtt: {broker: "mqtt://127.0.0.1:1"}
  soc: [{address: "udp://127.0.0.1:1"}]
"""


def plant(count: int = 1) -> str:
    """Assets whose listed port is closed."""
    assets = (
        f"{{id: plc-{n}, zone: cell, address: 127.0.0.{10 + n}, role: plc,"
        " services: [{port: tcp/1, protocol: s7}]}"
        for n in range(1, count + 1)
    )
    return f"assets: [{', '.join(assets)}]{OUTLETS}"


async def sent(rounds, outlet: str = "mqtt"):
    return [w.message for w in await rounds.store.waiting(outlet, 10_000)]


async def test_every_message_of_every_kind_of_event_fits_its_schema(site, rounds):
    clock = FakeClock()
    async with rounds(site(plant(9)), clock=clock) as r:
        for asset in r.visitable():
            await r.visit(asset.id, due_anyway=True)
        await acknowledge(r, ACK | {"subject": open_key(r)}, "root")
        await r.record([r.guard.restraints.holds.put("zone:cell", "j-smit", "start-up")])
        clock.pass_(SUMMED_AFTER.total_seconds() + 1)
        await age(r)
        clock.pass_(90 * 86_400)
        await age(r)
        told = await sent(r)

    found = [(m, fits(m)) for m in told if m.body]
    kinds = {m.address.rpartition("/event/")[2] for m, _ in found if "/event/" in m.address}
    acts = {body["data"].get("act") for m, body in found if m.address.endswith("event/alert")}
    assert kinds == KINDS
    assert {"firing", "acknowledged"} <= acts


@pytest.mark.parametrize("by", ["a hold", "a blackout that was announced"])
async def test_what_is_in_force_is_said_once_in_each_message_and_not_after(
    site, rounds, tmp_path, by
):
    file, clock = tmp_path / "plant-says", FakeClock()
    server = socket.create_server(("127.0.0.11", 0))
    # A port that must be closed and is not: the SOC's own.
    folder = site(f"closed_ports: [tcp/{server.getsockname()[1]}]\n" + plant())
    text = (folder / "site.yaml").read_text()
    (folder / "site.yaml").write_text(text.replace("sl_t: 2}", f"sl_t: 2, blackout_file: {file}}}"))
    async with rounds(folder, clock=clock) as r:
        with server:
            await r.visit("plc-1", due_anyway=True)
        key = next(str(k) for k in r.teller.book.rows if k.check == "port-unexpected-absent")
        before = (await sent(r), await sent(r, "soc-1"))
        if by == "a hold":
            r.guard.restraints.holds.put("zone:cell", "j-smit", "filter change")
        else:
            file.write_text("filter change")
        clock.pass_(60)
        await acknowledge(r, ACK | {"subject": key}, "root")
        held = (await sent(r), await sent(r, "soc-1"))
        if by == "a hold":
            r.guard.restraints.holds.release("zone:cell", "j-smit", "done")
        else:
            file.unlink()
        clock.pass_(60)
        after = r.teller.retained(r.standings, entry=1, at=clock.now())

    (alert,) = [m for m in held[0] if m.address.endswith(f"/alert/{key}")]
    syslog = held[1][len(before[1]) :]
    assert "filter change" in fits(alert)["restraint"]
    assert [alert.body.count(b"filter change")] + [
        m.body.count(b"filter change") for m in syslog
    ] == [1, 1]
    assert not [m for m in (*before[0], *before[1], *after) if b"filter change" in m.body]


async def test_an_alert_s_words_stay_valid_when_it_ends(site, rounds):
    async with rounds(site(plant()), clock=FakeClock()) as r:
        await r.visit("plc-1", due_anyway=True)
        key = next(k for k, row in r.teller.book.rows.items() if row.open)
        before = r.standings[key]
        good = replace(before, state=State.PASS)
        telling = r.teller.changes(
            [Change(key, before, good)], r.standings, entry=9, at=before.since
        )

    words = [json.loads(m.body) for m in telling.messages if m.address.endswith("event/alert")]
    assert [fits(m) for m in telling.messages if m.outlet == "mqtt" and m.body]
    assert [w["data"]["act"] for w in words] == ["resolved"]
