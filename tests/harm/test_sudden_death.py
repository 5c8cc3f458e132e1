"""kill -9 in the middle of a session: no device is left with more than one of ours."""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from tests.appliance.processes import UPHELD
from tests.harm.appliances import Hurried, head
from tests.harm.conftest import SHORT
from tests.harm.keeping import STAGES, Keeping

ROOT = Path(__file__).parents[2]
KILLS = 3 if SHORT else 50
ZONES, EACH = 2, 4
PATIENCE = 30.0


def asset(device, zone):
    return f"""
  - id: plc-{device.address.replace(".", "-")}
    zone: cell-{zone}
    address: {device.address}
    role: plc
    probing: robust
    services: [{{port: tcp/{device.port}, protocol: opcua}}]"""


@asynccontextmanager
async def side_by_side(clock, zones, each):
    """So many devices in so many zones, and the site they make."""
    devices = {
        Keeping(clock, f"127.{70 + z}.0.{n}"): z for z in range(zones) for n in range(1, each + 1)
    }
    servers = [await device.start() for device in devices]
    try:
        yield (
            list(devices),
            head(zones=zones)
            + "assets:"
            + "".join(asset(device, zone) for device, zone in devices.items()),
        )
    finally:
        for server in servers:
            server.close()


async def killed_when_stuck(command, devices):
    """
    Run it until every device waits in the middle of a session, or it has ended; kill it; its output.
    """
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    reading = asyncio.create_task(process.stdout.read())
    stuck = asyncio.gather(*(device.stuck.wait() for device in devices))
    ended = asyncio.create_task(process.wait())
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({stuck, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stuck.cancel()
        if not ended.done():
            process.kill()
        await asyncio.gather(stuck, ended, return_exceptions=True)
    return process.returncode, (await reading).decode()


async def test_never_more_than_one_session_is_left_behind(folder, tmp_path, counted):
    rng, clock = random.Random(3), Hurried()
    pauses = itertools.cycle((20, 45, 1_000, 1, 90, 61))
    killed = in_session = left_alone = 0
    async with side_by_side(clock, ZONES, EACH) as (devices, text):
        (folder / "site.yaml").write_text(text)
        while killed < KILLS:
            for device in devices:
                # A server that never answers CloseSession is another story, without a death in it.
                device.falls_silent(rng.choice(STAGES[:-1]), 1)
            created = [device.created for device in devices]
            command = [sys.executable, "-m", "tests.harm.dying", folder, tmp_path / "state"]
            code, said = await killed_when_stuck([*command, str(clock.ahead)], devices)
            began = [d.created - before for d, before in zip(devices, created, strict=True)]
            if code == -9:
                killed += 1
                in_session += sum(device.stuck.is_set() for device in devices)
            else:
                assert code == 0, said
                assert not any(began), "it opened a session and did not get stuck"
                left_alone += 1
            assert [device.most for device in devices] == [1] * len(devices)
            # Now and then it is back before a server has dropped the session.
            clock.pass_(next(pauses))

    assert left_alone > 0
    counted(
        kills=killed,
        devices_side_by_side=len(devices),
        sessions_cut=in_session,
        sessions_opened=sum(device.created for device in devices),
        restarts_that_found_one_left_and_waited=left_alone,
        most_sessions_of_ours_on_a_device=max(device.most for device in devices),
    )


async def test_upheld_check_after_upheld_check_was_killed_waits(folder, tmp_path):
    async with side_by_side(Hurried(), 1, 3) as (devices, text):
        (folder / "site.yaml").write_text(text.replace("/nowhere", str(tmp_path / "state")))
        for device in devices:
            device.falls_silent("CreateSessionRequest", 1)
        command = [*UPHELD, "check", "-c", folder, "--due-anyway", "--format", "json"]
        code, said = await killed_when_stuck(command, devices)
        assert code == -9, said
        for device in devices:
            device.falls_silent("", 0)
        code, said = await killed_when_stuck(command, devices)

        assert code in (1, 3), said
        assert said.count("a session of ours may still be open") >= len(devices)
        assert [device.created for device in devices] == [1] * len(devices)
