"""`upheld witness` as the SOC runs it: over TLS, its logs taken up while it runs, told to stop."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import subprocess
from contextlib import suppress

import pytest

from appliance.anchoring.http import Failed, Server
from appliance.anchoring.witness import WitnessAnchor
from appliance.ledger.anchors.cosignature import Witness
from appliance.ledger.store import Store
from tests.appliance.processes import PATIENCE, ROOT, UPHELD, free_port, upheld
from tests.outlets.brokers import Authority
from tests.witness.conftest import NAME, Log

UNIT = ROOT / "systemd" / "upheld-witness.service"


@pytest.fixture
async def store(tmp_path):
    async with Store.open(
        tmp_path / "ledger.db", origin="plant/edge/evidence/1", key=bytes(range(32))
    ) as opened:
        await opened.commit([b"{}"])
        yield opened


def started(*options):
    return subprocess.Popen(
        [*UPHELD, "witness", "--name", NAME, *options],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


async def test_over_tls_it_cosigns_and_takes_up_a_log_while_it_runs(tmp_path, store):
    certificate, key = Authority.make(tmp_path).issue("witness")
    state, port, other = tmp_path / "witness", free_port(), tmp_path / "other.vkey"
    (state / "logs").mkdir(parents=True)
    other.write_text(Log("other/edge/evidence/1").signer.vkey + "\n")
    process = started(
        "--state", state, "--listen", f"127.0.0.1:{port}",
        "--certificate", certificate, "--key", key, "--log", other,
    )  # fmt: skip
    try:
        await listens(port)
        witness = Witness.parse((state / "witness.vkey").read_text())
        server = Server(f"https://localhost:{port}", (tmp_path / "ca.pem").read_bytes())
        anchor = WitnessAnchor("soc", server, witness, 1.0, store)
        with pytest.raises(Failed, match="does not know this log"):
            await anchor.take()
        (state / "logs" / "plant.vkey").write_text(store.verifier.vkey + "\n")
        process.send_signal(signal.SIGHUP)
        assert (await taken(anchor)).size == 1
        await store.commit([b"{}"])
        assert (await anchor.take()).size == 2
        plain = WitnessAnchor("soc", Server(f"http://localhost:{port}"), witness, 1.0, store)
        with pytest.raises(Failed):
            await plain.take()
        strangers = Server(
            server.url, (Authority.make(tmp_path, "x").directory / "x.pem").read_bytes()
        )
        with pytest.raises(Failed, match="certificate"):
            await WitnessAnchor("soc", strangers, witness, 1.0, store).take()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 15) == 0
    finally:
        process.kill()
        process.wait()


async def listens(port):
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


async def taken(anchor):
    """The receipt, once the signal has reached the witness."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(Failed):
                return await anchor.take()
            await asyncio.sleep(0.05)


def test_off_this_host_it_wants_tls_and_says_how(tmp_path):
    done = upheld("witness", "--state", tmp_path, "--name", NAME, "--listen", "10.0.0.5:62444")

    assert done.returncode == 2
    assert "--certificate and --key" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_unit_is_hardened_as_the_appliance_is():
    ours, theirs = (
        dict(re.findall(r"^([A-Z]\w+)=(.*)$", (ROOT / "systemd" / name).read_text(), re.MULTILINE))
        for name in ("upheld-witness.service", "upheld.service")
    )
    # What the appliance is, and a witness is not: notifying, watched, commanded, with its guard.
    others = {
        "Description", "Wants", "After", "Type", "ExecStartPre", "ExecStart", "WatchdogSec", "User",
        "Group", "SupplementaryGroups", "StateDirectory", "StateDirectoryMode", "LoadCredential",
        "MemoryMax", "TasksMax", "LimitNOFILE",
    }  # fmt: skip
    assert {k: v for k, v in theirs.items() if k not in others}.items() <= ours.items()
    assert ours["User"] == "upheld-witness"
    assert "\nu upheld-witness " in (ROOT / "systemd" / "upheld.sysusers").read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="wants systemd-analyze")
def test_systemd_finds_the_unit_hardened():
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(UNIT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    score = re.search(r"exposure level for upheld-witness.service: ([0-9.]+)", done.stdout)

    assert score is not None, done.stdout + done.stderr
    assert float(score[1]) <= 1.0
