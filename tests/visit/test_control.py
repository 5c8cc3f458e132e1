"""The control hosts are looked at as seldom as promised, however many visits begin at once."""

from __future__ import annotations

import asyncio

from appliance.site.model import Site
from appliance.visit.control import Controls
from collectors.wire import Wire
from tests.collectors.conftest import gate, peer

__all__ = ["gate", "peer"]


def site(port: int) -> Site:
    vantages = [
        {"id": "monitor", "zone": "dmz", "source": "127.0.0.5"},
        {"id": "plain", "zone": "dmz", "source": "127.0.0.6", "kind": "plain"},
    ]
    return Site.model_validate({
        "site": {"id": "s", "name": "S"},
        "appliance": {"id": "e", "vantages": vantages, "control": [f"tcp/127.0.0.1:{port}"]},
        "zones": [{"id": "dmz"}],
    })  # fmt: skip


async def listens(reader, writer):
    pass


async def test_visits_that_begin_together_look_once(gate, peer):
    host = await peer(listens)
    made = site(host.port)
    controls = Controls(made, Wire(gate))

    seen = await asyncio.gather(*(controls.seen_from(made.vantage("monitor")) for _ in range(8)))

    assert [[one.answered for one in each] for each in seen] == [[True]] * 8
    assert len(gate.connects) == 2  # one connection, asked for before and after its turn


async def test_each_vantage_looks_for_itself(gate, peer):
    host = await peer(listens)
    made = site(host.port)
    controls = Controls(made, Wire(gate))

    await asyncio.gather(*(controls.seen_from(vantage) for vantage in made.appliance.vantages))

    assert sorted(host.sources) == ["127.0.0.5", "127.0.0.6"]
