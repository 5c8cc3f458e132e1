"""A look whether a device lives costs it no more than was reserved for the look."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext

from appliance.site.assets import Asset
from appliance.site.model import Vantage
from appliance.visit import questions as q
from appliance.visit.asking import Asking, Given
from appliance.visit.classes import CLASSES
from appliance.visit.reach import Look
from checks.facts.ports import PortAnswer
from collectors.wire import Wire
from tests.collectors.conftest import gate, peer
from tests.collectors.test_wire_caps import drip

__all__ = ["gate", "peer"]

# The segments that lie between the cap being passed and our own end.
ENDING = 4


def looked(gate, port: int) -> tuple[Asking, Look]:
    asset = Asset.model_validate(
        {
            "id": "serial-1",
            "zone": "cell",
            "address": "127.0.0.1",
            "services": [{"port": f"tcp/{port}", "protocol": "tcp"}],
        }
    )
    service = asset.services[0]
    given = Given(
        asset=asset,
        wire=Wire(gate, connect=1, whole=5),
        numbers=CLASSES["fragile"],
        logins=None,
        session=lambda target, timeout: nullcontext(),
        trust=lambda service: None,
        firmware_oids={},
    )
    look = Look(Vantage(id="v", zone="cell"), service.port, service, conduit=None, permitted=True)
    return Asking(given), look


async def test_a_port_that_streams_by_itself_is_left_within_what_was_reserved(gate, peer):
    device = await peer(drip)
    asking, look = looked(gate, device.port)

    seen, _ = await asking.lives(look)

    assert seen.answer is PortAnswer.OPEN
    assert gate.packets <= q.packets(q.TCP_PORT, CLASSES["fragile"]) + ENDING


async def test_a_port_that_greets_is_left_with_a_proper_goodbye(gate, peer):
    async def greets(reader, writer):
        writer.write(b"220 ready\r\n")
        await writer.drain()

    device = await peer(greets)
    asking, look = looked(gate, device.port)

    await asking.lives(look)

    assert await asyncio.wait_for(device.ended.get(), 5) == "closed"
