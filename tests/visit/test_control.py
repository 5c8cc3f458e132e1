"""The control hosts are looked at as seldom as promised, however many visits begin at once."""

from __future__ import annotations

import asyncio
import errno

import pytest

from appliance.site.model import Site
from appliance.visit.control import Controls
from collectors.errors import NotPermitted
from collectors.wire import Wire
from tests.collectors.conftest import closed_port, gate, peer

__all__ = ["closed_port", "gate", "peer"]


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


async def test_a_host_our_own_guard_kept_back_was_not_asked(gate, closed_port):
    made = site(closed_port)
    gate.denies = NotPermitted("tcp://127.0.0.1", "zone dmz is on hold")
    controls = Controls(made, Wire(gate))

    (seen,) = await controls.seen_from(made.vantage("monitor"))

    assert seen.answered is None
    assert controls.blind(made.vantage("monitor"))


@pytest.mark.parametrize("said", [None, errno.EPERM])
async def test_a_host_that_refuses_or_our_own_firewall_forbids_did_not_answer(
    gate, closed_port, monkeypatch, said
):
    async def forbidden(*_):
        raise OSError(said, "Operation not permitted")

    if said is not None:
        monkeypatch.setattr(type(asyncio.get_running_loop()), "sock_connect", forbidden)
    made = site(closed_port)

    (seen,) = await Controls(made, Wire(gate)).seen_from(made.vantage("monitor"))

    assert seen.answered is False
