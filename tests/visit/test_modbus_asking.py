"""Function 17 is put to a device only where the one profile that fits its own words permits it."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from appliance.site.assets import Asset
from appliance.site.model import Vantage
from appliance.visit import questions as q
from appliance.visit.asking import Asking, Given
from appliance.visit.asks import asks
from appliance.visit.classes import CLASSES
from appliance.visit.reach import Look
from checks.facts.modbus import ModbusIdentity, ModbusServerId
from collectors.errors import CollectError, NotPermitted, TimedOut
from collectors.snmp_profile import Profile
from collectors.wire import Wire
from tests.collectors.conftest import RecordingGate, peer
from tests.collectors.test_modbus import frame, listing

__all__ = ["peer"]
NAMED = listing({0: b"Acme", 1: b"RTU-9", 2: b"V1.2"})
SAFE = Profile("acme-rtu", "Acme", modbus=("^Acme ", "RTU-9"), server_id_octets=1)
OTHER = Profile("acme-any", "Acme", modbus=("^Acme",))
STRANGER = Profile("bolt", "Bolt", modbus=("^Bolt",), server_id_octets=1)


def plant(port: int, *profiles: Profile, expect: object = None) -> tuple[Asking, Look, Asset]:
    expect = {"server_id": {"id": "B4"}} if expect is None else expect
    asset = Asset.model_validate(
        {
            "id": "rtu-1",
            "zone": "cell",
            "address": "127.0.0.1",
            "expect": expect,
            "services": [{"port": f"tcp/{port}", "protocol": "modbus"}],
        }
    )
    service = asset.services[0]
    look = Look(Vantage(id="v", zone="cell"), service.port, service, conduit=None, permitted=True)
    given = Given(
        asset=asset,
        wire=Wire(RecordingGate(), connect=1, whole=0.5),
        numbers=CLASSES["fragile"],
        logins=None,
        session=lambda target, timeout: nullcontext(),
        trust=lambda service: None,
        firmware_oids={},
        profiles=profiles,
    )
    return Asking(given), look, asset


def device(answers):
    async def behave(reader, writer):
        while request := await reader.read():
            behave.asked.append(request[7])
            if answer := answers.get(request[7]):
                writer.write(frame(request, answer))

    behave.asked = []
    return behave


async def told(asking, look):
    found = []
    for question in (q.MODBUS_IDENTITY, q.MODBUS_SERVER_ID):
        try:
            found.append(await asking.ask(look, question))
        except CollectError as error:
            found.append(error)
    return found


async def test_a_family_whose_profile_permits_it_is_asked_once(peer):
    behave = device({0x2B: NAMED, 17: b"\x11\x02\xb4\xff"})
    asking, look, _ = plant((await peer(behave)).port, SAFE, STRANGER)
    named, seen = await told(asking, look)

    assert isinstance(named, ModbusIdentity)
    assert seen == ModbusServerId(1, "b4", "", running=True)
    assert behave.asked == [0x2B, 17]


@pytest.mark.parametrize(
    ("profiles", "why"),
    [
        ((), "0 profiles fit"),
        ((STRANGER,), "0 profiles fit"),
        ((OTHER,), "acme-any"),
        ((SAFE, OTHER), "2 profiles fit"),
        ((Profile("snmp-only", "Acme", server_id_octets=1),), "0 profiles fit"),
    ],
)
async def test_any_other_device_is_not_asked(peer, profiles, why):
    behave = device({0x2B: NAMED, 17: b"\x11\x02\xb4\xff"})
    asking, look, _ = plant((await peer(behave)).port, *profiles)
    _, seen = await told(asking, look)

    assert isinstance(seen, NotPermitted)
    assert f"is safe on 'Acme RTU-9 V1.2' ({why})" in str(seen)
    assert behave.asked == [0x2B]


@pytest.mark.parametrize(
    ("answers", "family"),
    [({0x2B: b"\xab\x01", 17: b"\x11\x02\xb4\xff"}, NotPermitted), ({}, TimedOut)],
)
async def test_it_is_never_a_fallback(peer, answers, family):
    behave = device(answers)
    asking, look, _ = plant((await peer(behave)).port, SAFE)
    _, seen = await told(asking, look)

    assert isinstance(seen, family)
    assert behave.asked == [0x2B]


def test_nobody_is_asked_where_the_inventory_expects_nothing():
    for expect, asked in (({}, False), (None, True)):
        _, look, asset = plant(502, SAFE, expect=expect)
        found = [a.question for a in asks(asset, (look,), laboratory=False)]
        assert (q.MODBUS_SERVER_ID in found) is asked
