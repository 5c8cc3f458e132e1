"""An appliance without a network, a witness in this process, and the two brought together."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from appliance.anchoring.copies import Copies
from appliance.anchoring.duty import Anchoring
from appliance.clock import SystemClock
from appliance.ledger.anchors.cosignature import Cosigner
from appliance.ledger.note import Verifier
from appliance.outlets.serving import Door, serve
from appliance.publishing import Publishing
from appliance.site.model import Web
from appliance.site.secrets import Secrets
from appliance.witness.rules import pinned
from appliance.witness.server import Cosigning, create
from appliance.witness.state import State
from tests.appliance.processes import free_port

NAME = "soc.example/witness"


class Witnessing:
    """A witness of the test's own, over HTTP, that looks after the logs it is given."""

    def __init__(self, folder):
        self.port = free_port()
        self.cosigner = Cosigner(NAME, bytes(32))
        self.state = State(folder / "witness.db")
        self.logs = []
        known = lambda: pinned(self.logs)  # noqa: E731
        self.cosigning = Cosigning(self.cosigner, self.state, known, SystemClock())

    def after(self, store):
        self.logs.append(Verifier(store.verifier.name, store.verifier.key))

    @property
    def configuration(self):
        return (
            "anchors: [{id: soc, kind: witness, every: 1s, "
            f'url: "http://127.0.0.1:{self.port}", key: "{self.cosigner.witness.vkey}"}}]\n'
        )

    @asynccontextmanager
    async def running(self):
        import asyncio

        stop = asyncio.Event()
        door = Door.open(Web(listen=f"127.0.0.1:{self.port}"), Secrets("/"))
        task = asyncio.create_task(serve(create(self.cosigning), door, stop, names=None))
        try:
            yield
        finally:
            stop.set()
            await task


@pytest.fixture
def witness(tmp_path):
    made = Witnessing(tmp_path)
    yield made
    made.state.close()


@pytest.fixture
def anchoring():
    """The duty over one appliance, its anchors taken up."""

    async def made(rounds):
        publishing = Publishing(rounds)
        copies = Copies(rounds, "this machine")
        duty = Anchoring(rounds, publishing, copies)
        await duty.restore()
        duty.follow()
        return duty

    return made
