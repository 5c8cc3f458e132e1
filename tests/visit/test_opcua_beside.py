"""One login answers two questions, and the second sends nothing."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest
from asyncua import ua

from appliance.site.assets import Asset
from appliance.site.model import Vantage
from appliance.visit import questions as q
from appliance.visit.asking import Asking, Given, opcua_beside
from appliance.visit.asks import Ask
from appliance.visit.classes import CLASSES
from appliance.visit.guard.kept import Kept
from appliance.visit.reach import Look
from checks.facts.opcua import OpcUaRights, OpcUaServer
from collectors.credentials import Trust
from collectors.errors import CollectError, Denied, TimedOut
from collectors.wire import Wire
from tests.collectors.conftest import RecordingGate, peer
from tests.devices.opcua_raw import Script, fault

__all__ = ["peer"]
ORDER = (q.OPCUA_ENDPOINTS, q.OPCUA_SERVER, q.OPCUA_RIGHTS)


class Plant:
    """One asset whose service is a peer of the test."""

    def __init__(self, port: int, kept: Kept, **service) -> None:
        stated = {"port": f"tcp/{port}", "protocol": "opcua", **service}
        self.asset = Asset.model_validate(
            {
                "id": "plc-1",
                "zone": "cell",
                "address": "127.0.0.1",
                "probing": "standard",
                "services": [stated],
            }
        )
        service = self.asset.services[0]
        vantage = Vantage(id="v", zone="cell")
        self.look = Look(vantage, service.port, service, conduit=None, permitted=True)
        self.gate = RecordingGate()
        self.asking = Asking(
            Given(
                asset=self.asset,
                wire=Wire(self.gate, connect=1, whole=2),
                numbers=CLASSES["standard"],
                logins=None,
                session=lambda target, timeout: nullcontext(),
                trust=lambda service: Trust(),
                firmware_oids={},
                lasting=kept,
            )
        )

    async def visit(self, *questions: q.Question) -> list[object]:
        """Facts or errors; what each sent is in `sent`."""
        self.asking.expects([Ask(self.look, each) for each in questions])
        told, self.sent = [], []
        for question in questions:
            before = self.gate.packets
            try:
                told.append(await self.asking.ask(self.look, question))
            except CollectError as error:
                told.append(error)
            self.sent.append(self.gate.packets - before)
        return told


def good(**changed) -> Script:
    reads = [ua.DataValue()] * 4
    answers = {
        "ReadRequest": lambda request: ua.ReadResponse(
            Results=reads[:1] * len(request.Parameters.NodesToRead)
        ),
        "BrowseRequest": ua.BrowseResponse(Results=[ua.BrowseResult()]),
    }
    return Script({**answers, **changed})


async def test_one_session_answers_both_and_the_second_question_sends_nothing(peer):
    script = good()
    plant = Plant((await peer(script)).port, Kept.in_memory())
    _, server, rights = await plant.visit(*ORDER)

    assert isinstance(server, OpcUaServer)
    assert isinstance(rights, OpcUaRights)
    assert plant.sent[2] == 0
    assert plant.sent[1] <= q.OPCUA_SERVER.packets + q.OPCUA_RIGHTS.packets
    assert script.asked.count("ActivateSessionRequest") == 1
    assert script.asked.count("BrowseRequest") == 1


async def test_a_visit_that_does_not_ask_for_the_rights_reads_none(peer):
    script = good()
    plant = Plant((await peer(script)).port, Kept.in_memory())
    await plant.visit(*ORDER[:2])

    assert script.asked.count("ReadRequest") == 1
    assert "BrowseRequest" not in script.asked


async def test_what_fails_beside_is_weighed_once_and_leaves_the_state_alone(peer):
    script = good(BrowseRequest=fault(ua.StatusCodes.BadUserAccessDenied))
    plant = Plant((await peer(script)).port, Kept.in_memory())
    _, server, rights = await plant.visit(*ORDER)

    assert isinstance(server, OpcUaServer)
    assert isinstance(rights, Denied)
    assert rights.aside


async def test_without_a_session_the_reason_is_the_sessions_and_is_not_weighed_twice(peer):
    script = good(ActivateSessionRequest=None)
    plant = Plant((await peer(script)).port, Kept.in_memory())
    _, server, rights = await plant.visit(*ORDER)

    assert isinstance(server, TimedOut)
    assert isinstance(rights, TimedOut)
    assert (rights.what, rights.aside) == (server.what, False)


async def test_rights_alone_are_not_known():
    plant = Plant(1, Kept.in_memory())
    [rights] = await plant.visit(q.OPCUA_RIGHTS)

    assert isinstance(rights, Denied)
    assert plant.sent == [0]


def shown(**digests) -> OpcUaRights:
    base = OpcUaRights(
        identity="password",
        roles=(),
        permissions=(),
        methods=(),
        push_methods=(),
        in_application_setup=None,
        diagnostics_status="off",
        nonce_bytes=32,
    )
    return replace(base, **digests)


@pytest.mark.parametrize(
    ("second", "repeated"),
    [
        (("c", "d", "t"), ()),
        (("a", "d", "t"), ("nonce",)),
        (("b", "d", "t"), ("nonce",)),
        (("c", "a", "t"), ("next nonce",)),
        (("c", "c", "t"), ("next nonce",)),
        (("c", "d", "s"), ("session id",)),
        (("", "", ""), ()),
    ],
)
def test_what_comes_again_is_noticed_even_after_a_restart(second, repeated, tmp_path):
    names = ("nonce_sha256", "next_nonce_sha256", "session_sha256")
    told = []
    for digests in (("a", "b", "s"), second):
        plant = Plant(4840, Kept.open(tmp_path / "guard.db"))
        service = plant.asset.services[0]
        seen = shown(**dict(zip(names, digests, strict=True)))
        told.append(opcua_beside._compared(plant.asking.given, service, seen))

    assert (told[0].compared, told[0].repeated) == (0, ())
    assert (told[1].compared, told[1].repeated) == (1, repeated)


def test_only_so_many_sessions_are_remembered():
    plant = Plant(4840, Kept.in_memory())
    service = plant.asset.services[0]
    for number in range(opcua_beside.MOST_SESSIONS + 5):
        seen = opcua_beside._compared(
            plant.asking.given, service, shown(session_sha256=str(number))
        )

    assert seen.compared == opcua_beside.MOST_SESSIONS
