"""What an outlet does not survive, the appliance does; and nothing runs on without its page."""

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from appliance import daemon, publishing
from appliance.ledger.entry import Message
from appliance.ledger.errors import LedgerError
from appliance.outlets.serving import PageError
from appliance.running import commands
from appliance.running import configured as module
from appliance.running.housekeeping import Housekeeping
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


@asynccontextmanager
async def running(folder):
    ready = asyncio.get_running_loop().create_future()
    taken = daemon.Daemon(folder, ready=ready.set_result)
    task = asyncio.create_task(taken.run())
    await asyncio.wait_for(ready, 10)
    try:
        yield taken
    finally:
        taken.stop.set()
        await asyncio.wait_for(task, 15)


WINDOW = "limits: {certificate_expiry_warning: 14d}\n"
FULL = LedgerError("ledger.db: the disk is full; free some space")


def failing_once(work):
    """The same, but its first call finds the disk full."""
    left = [FULL]

    async def called(*arguments, **named):
        if left:
            raise left.pop()
        return await work(*arguments, **named)

    return called


async def test_what_cannot_be_written_down_is_not_taken_up(configured, monkeypatch):
    async with running(configured()) as taken:
        before = taken.rounds.loaded.digest
        commit = taken.rounds.store.commit
        configured(WINDOW)

        async def full(batch, *arguments, **named):
            if any(b'"config.change"' in body for body in batch):
                raise FULL
            return await commit(batch, *arguments, **named)

        with monkeypatch.context() as patched:
            patched.setattr(taken.rounds.store, "commit", full)
            refused = await taken.configured.reload()
            still = taken.rounds.loaded.digest
        again = await taken.configured.reload()

        assert refused == f"refused: {FULL}"
        assert still == before
        assert again.startswith("taken up: ")
        assert taken.configured.successful
        assert taken.rounds.loaded.digest != before


async def test_a_reload_that_broke_off_half_way_is_finished_by_the_next(configured, monkeypatch):
    async with running(configured()) as taken:
        configured(WINDOW)
        monkeypatch.setattr(module, "forget", failing_once(module.forget))
        follow, followed = taken.publishing.follow, []

        async def followed_too():
            followed.append(taken.rounds.site.limits)
            await follow()

        monkeypatch.setattr(taken.publishing, "follow", followed_too)

        half = await taken.configured.reload()
        successful = taken.configured.successful
        whole = await taken.configured.reload()

        assert half.startswith(f"taken up in part: {FULL}")
        assert not successful
        assert whole == "taken up: 0 changes"
        assert taken.configured.successful
        assert followed == [taken.rounds.site.limits]
        assert await taken.configured.reload() == "nothing changed"


async def test_two_reloads_at_once_are_taken_one_after_the_other(configured, monkeypatch):
    async with running(configured()) as taken:
        follow, inside, most = taken.publishing.follow, [], []
        began, both = asyncio.Event(), asyncio.Event()

        async def slow():
            """As an outlet that takes its time to say goodbye."""
            inside.append(1)
            most.append(len(inside))
            began.set()
            if len(inside) > 1:
                both.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(both.wait(), 1)
            await follow()
            inside.pop()

        monkeypatch.setattr(taken.publishing, "follow", slow)
        configured(WINDOW)
        first = asyncio.create_task(taken.configured.reload())
        await asyncio.wait_for(began.wait(), 10)
        configured(WINDOW.replace("14d", "21d"))
        said = await asyncio.wait_for(asyncio.gather(first, taken.configured.reload()), 10)

        assert [s.startswith("taken up: ") for s in said] == [True, True]
        assert most == [1, 1]


SOC = "outlets: {soc: [{address: 'udp://127.0.0.1:9'}]}\n"


async def test_nothing_waits_for_ever_for_an_outlet_that_left_the_configuration(configured):
    folder = configured(SOC)
    async with running(folder) as taken:
        store = taken.rounds.store
        gone = [Message("mqtt", f"s{n}", "a/b", b"{}", "{}") for n in range(250)]
        await store.commit([], gone)
        configured(SOC + WINDOW)

        assert (await taken.configured.reload()).startswith("taken up: ")
        assert "mqtt" not in await store.backlog()


async def test_a_head_that_could_not_be_told_is_told_when_the_disk_has_room(
    configured, rounds, monkeypatch
):
    async with rounds(configured(SOC)) as taken:
        await taken.store.commit([b'{"type":"test"}'])
        house = Housekeeping(taken, publishing.Publishing(taken))
        monkeypatch.setattr(taken.store, "commit", failing_once(taken.store.commit))

        with pytest.raises(LedgerError):
            await house._tell_heads()
        await house._tell_heads()

        assert await taken.store.backlog() == {"soc-1": 1}


async def test_a_hold_is_answered_though_the_disk_is_full(configured, monkeypatch):
    async with running(configured()) as taken:
        state = Path(taken.rounds.site.appliance.state_dir)
        monkeypatch.setattr(taken.rounds, "record", failing_once(taken.rounds.record))

        held = await asyncio.wait_for(
            commands.send(state, {"command": "hold", "scope": "site", "why": "smoke"}), 10
        )

        assert any("in force" in line and "the disk is full" in line for line in held["said"])
        assert taken.rounds.guard.restraints.holds.all()


async def test_a_command_that_cannot_be_written_down_is_answered_with_the_reason(
    configured, monkeypatch
):
    async with running(configured()) as taken:
        state = Path(taken.rounds.site.appliance.state_dir)
        monkeypatch.setattr(taken.rounds, "note", failing_once(taken.rounds.note))

        answer = await asyncio.wait_for(commands.send(state, {"command": "reload"}), 10)

        assert answer == {"error": str(FULL)}
