"""Certificates and authorities renewed while the outlet runs, at real brokers that ask for them."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from functools import partial

import pytest
from structlog.testing import capture_logs

from appliance.outlets.broker import Broker
from appliance.outlets.mqtt import MqttOutlet
from appliance.site.model import Mqtt
from appliance.site.secrets import Secrets
from tests.outlets.brokers import DEADLINE, Authority, Listener, Mosquitto
from tests.outlets.test_mqtt import MemoryOutbox, emptied, event, numbers, running, trusting

# paho leaves the socket of a failed handshake to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Plant:
    """A broker that trusts one authority, and an outlet whose files lie in a folder of its own."""

    def __init__(self, folder) -> None:
        self.folder, self.mine = folder, folder / "mine"
        self.mine.mkdir()
        self.authority = Authority.make(folder)
        self.broker = Mosquitto(folder / "broker")
        self.tries = 0
        self.tried = asyncio.Event()
        self.outbox = MemoryOutbox()

    def serve(self) -> None:
        certificate, key = self.authority.issue(f"broker-of-{self.authority.name}")
        self.broker.settings = (
            f"cafile {self.folder / self.authority.name}.pem",
            f"certfile {certificate}",
            f"keyfile {key}",
            "require_certificate true",
            "use_identity_as_username true",
        )
        self.broker.start()

    def renew(self, name: str, *, lasts=timedelta(days=1), parts=("ca", "pem", "key")) -> None:
        """Put a certificate for `name`, its key and the authority where the outlet reads them."""
        pem, key = self.authority.issue(name, lasts)
        found = {"ca": self.folder / f"{self.authority.name}.pem", "pem": pem, "key": key}
        for part in parts:
            shutil.copy(found[part], self.mine / f"upheld.{part}")

    def outlet(self) -> MqttOutlet:
        stated = Mqtt(
            broker=f"mqtts://localhost:{self.broker.port}",
            ca="upheld.ca",
            certificate="upheld.pem",
            key="upheld.key",
        )
        broker = partial(Broker.stated, None, stated, Secrets(self.mine))
        return MqttOutlet(
            "northgate", "edge-1", broker, self.outbox, backoff=self._backoff, renew=0.05
        )

    def listen(self) -> Listener:
        tls = trusting(self.folder / f"{self.authority.name}.pem", self.authority.issue("listener"))
        return Listener(self.broker.port, "upheld/+/+/event/#", tls=tls)

    async def refused(self) -> None:
        """Two more connections came to nothing."""
        self.tries = 0
        self.tried.clear()
        await asyncio.wait_for(self.tried.wait(), DEADLINE)

    async def logged(self, text: str, times: int = 1) -> None:
        log = self.broker.directory / "log"
        async with asyncio.timeout(DEADLINE):
            while log.read_text().count(text) < times:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.02)

    def _backoff(self, _tries: int) -> float:
        self.tries += 1
        if self.tries == 2:
            self.tried.set()
        return 0.05


@pytest.fixture
def plant(tmp_path):
    made = Plant(tmp_path)
    yield made
    made.broker.stop()


def _numbers(seen) -> list[int]:
    """Every event's, twice when it came twice."""
    return [n for message in seen for n in numbers([message])]


async def test_an_expired_certificate_that_is_replaced_delivers_what_waited(plant):
    plant.serve()
    plant.renew("upheld", lasts=-timedelta(minutes=1))
    plant.outbox.put(*(event(n) for n in range(5)))
    listener = plant.listen()
    try:
        async with running(plant.outlet()):
            await plant.refused()
            assert len(plant.outbox.rows) == 5
            await plant.logged("certificate verify failed")

            plant.renew("upheld")
            plant.outbox.put(*(event(n) for n in range(5, 8)))
            seen = await listener.until(lambda m: numbers([m]) == [7])
    finally:
        listener.close()

    assert _numbers(seen) == list(range(8))


async def test_a_certificate_renewed_while_the_connection_stands_is_taken_up(plant):
    plant.serve()
    plant.renew("old")
    listener = plant.listen()
    try:
        async with running(plant.outlet()):
            await plant.logged("u'old'")
            for n in range(20):
                plant.outbox.put(event(n))
                if n == 5:
                    plant.renew("new")
                await asyncio.sleep(0.01)
            await plant.logged("u'new'")
            plant.outbox.put(event(20))
            seen = await listener.until(lambda m: numbers([m]) == [20])
            assert plant.tries == 0
    finally:
        listener.close()

    assert _numbers(seen) == list(range(21))


async def test_a_pair_that_is_half_written_leaves_the_connection_alone(plant):
    plant.serve()
    plant.renew("old")
    async with running(plant.outlet()):
        await plant.logged("u'old'")
        with capture_logs() as logs:
            plant.renew("new", parts=("pem",))
            plant.outbox.put(event(1))
            await emptied(plant.outbox)
            async with asyncio.timeout(DEADLINE):
                while not any("of no use" in e["event"] for e in logs):  # noqa: ASYNC110 - a log
                    await asyncio.sleep(0.02)
        assert plant.tries == 0

        plant.renew("new")
        await plant.logged("u'new'")
        plant.outbox.put(event(2))
        await emptied(plant.outbox)


async def test_a_broker_under_another_authority_is_trusted_once_its_file_is_there(plant):
    plant.serve()
    plant.renew("upheld")
    async with running(plant.outlet()):
        await plant.logged("u'upheld'")
        plant.broker.stop()
        plant.authority = Authority.make(plant.folder, "ca-2")
        plant.serve()
        plant.outbox.put(*(event(n) for n in range(5)))
        await plant.refused()
        assert len(plant.outbox.rows) == 5

        listener = plant.listen()
        try:
            plant.renew("upheld-2")
            seen = await listener.until(lambda m: numbers([m]) == [4])
        finally:
            listener.close()

    assert _numbers(seen) == list(range(5))


async def test_a_file_that_is_gone_for_a_while_costs_tries_and_nothing_else(plant):
    plant.serve()
    plant.renew("upheld")
    outlet = plant.outlet()
    (plant.mine / "upheld.key").unlink()
    plant.outbox.put(event(1))
    async with running(outlet):
        await plant.refused()
        assert len(plant.outbox.rows) == 1

        plant.renew("upheld")
        await emptied(plant.outbox)
