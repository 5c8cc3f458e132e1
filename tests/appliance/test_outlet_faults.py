"""What an outlet does not survive, the appliance does; and nothing runs on without its page."""

import asyncio
import socket
import ssl

import pytest

from appliance import daemon, publishing
from appliance.outlets.serving import PageError
from appliance.site.problems import SiteError

NO_ASSETS = "assets: []\n"


@pytest.fixture
def web():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    return f'  web: {{listen: "127.0.0.1:{port}"}}\n'


@pytest.fixture
def configured(site, web):
    """A configuration without assets; what is given comes below it."""

    def write(more=""):
        folder = site(NO_ASSETS + more)
        text = (folder / "site.yaml").read_text()
        (folder / "site.yaml").write_text(text.replace("zones:", web + "zones:", 1))
        return folder

    return write


async def test_an_outlet_that_breaks_is_begun_again_ever_later():
    stop, pauses, began = asyncio.Event(), [], []

    async def breaks():
        began.append(1)
        if len(began) == 4:
            stop.set()
        if len(began) == 2:
            return  # to end without having been told is a fault too
        raise RuntimeError("a message nobody thought of")

    def backoff(tries):
        pauses.append(tries)
        return 0.0

    await asyncio.wait_for(publishing.kept_running("mqtt", breaks, stop, backoff), 5)

    assert len(began) == 4
    assert pauses == [1, 2, 3]


async def test_an_outlet_that_was_told_to_stop_is_not_begun_again():
    stop = asyncio.Event()

    async def works():
        await stop.wait()

    running = asyncio.create_task(publishing.kept_running("mqtt", works, stop))
    await asyncio.sleep(0)
    stop.set()

    await asyncio.wait_for(running, 5)


async def test_without_its_page_the_appliance_ends_and_says_so(configured, monkeypatch):
    async def breaks(*_):
        raise RuntimeError("out of descriptors")

    monkeypatch.setattr(daemon, "serve", breaks)

    with pytest.raises(PageError, match=r"the status page broke \(out of descriptors\); the log"):
        await asyncio.wait_for(daemon.Daemon(configured()).run(), 10)


async def test_a_page_that_just_ends_is_lost_too(configured, monkeypatch):
    async def ends(*_):
        """As a server does whose sockets are gone."""

    monkeypatch.setattr(daemon, "serve", ends)

    with pytest.raises(PageError, match="ended by itself"):
        await asyncio.wait_for(daemon.Daemon(configured()).run(), 10)


MQTT = "outlets: {mqtt: {broker: 'mqtts://127.0.0.1:1', ca: ca.pem}}\n"


async def test_a_ca_that_cannot_be_read_is_said_before_anything_runs(configured):
    with pytest.raises(SiteError, match=r"outlets\.mqtt: found .*ca\.pem.*write "):
        await asyncio.wait_for(daemon.Daemon(configured(MQTT)).run(), 10)


async def test_a_reload_to_a_broker_of_no_use_changes_nothing(configured):
    folder = configured()
    running = asyncio.get_running_loop().create_future()
    taken = daemon.Daemon(folder, ready=running.set_result)
    task = asyncio.create_task(taken.run())
    await asyncio.wait_for(running, 10)
    configured(MQTT)
    (folder / "ca.pem").write_text("no certificate")

    said = await taken.configured.reload()
    taken.stop.set()
    await asyncio.wait_for(task, 10)

    assert said.startswith("refused: outlets.mqtt: found ")
    assert taken.rounds.site.outlets.mqtt is None
    assert ssl.SSLError.__name__ not in said
