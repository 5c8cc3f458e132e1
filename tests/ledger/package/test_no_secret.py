"""
No secret leaves: unique markers in every secret, failures, an error and a crash, and then a search.

The plant in a box and the real daemon, with every outlet: what the disk, the log, the page, the
metrics, MQTT, syslog and a package hold afterwards is searched, raw, in hex and in base64.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import zipfile
from base64 import b64encode
from contextlib import asynccontextmanager

import pytest

from appliance.demo import plant as box
from appliance.demo.broker import Broker
from appliance.demo.plant import Plant
from appliance.demo.site import write_site
from tests.appliance import processes
from tests.appliance.processes import ROOT, UPHELD, fetched, free_port, page

NETWORK = "127.93"
MARKED = ("OPC_PASSWORD", "SNMP_AUTH", "SNMP_PRIV", "COMMUNITY")

# Every seventh login ends in an error of ours, with the credential in its text and its frames.
DAEMON = """
from appliance.site import credentials
real, count = credentials.resolve, [0]
def resolve(site, secrets, name):
    found = real(site, secrets, name)
    count[0] += 1
    if count[0] % 7 == 3:
        raise RuntimeError(f"an error with {found!r}")
    return found
credentials.resolve = resolve
from appliance.cli import main
main()
"""


class Syslog(asyncio.DatagramProtocol):
    def __init__(self):
        self.heard = []

    def datagram_received(self, data, _):
        self.heard.append(data)


class Everything(dict):
    """A broker's retained messages that forgets none."""

    def __init__(self):
        self.said = []

    def __setitem__(self, topic, value):
        self.said += [topic.encode(), *value]
        super().__setitem__(topic, value)


def marker(name):
    return f"marker-{name.lower().replace('_', '-')}-{secrets.token_hex(8)}"


@pytest.fixture
def marked(monkeypatch):
    """The plant's own secrets, each one of its kind in the world."""
    monkeypatch.setattr(processes, "PATIENCE", 60.0)
    found = {name: marker(name) for name in MARKED}
    for name, value in found.items():
        monkeypatch.setattr(box, name, value)
    return found


@asynccontextmanager
async def syslog():
    heard = Syslog()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: heard, local_addr=("127.0.0.1", 0)
    )
    try:
        yield heard, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def spellings(secret):
    """As it is, in hex, and the inside of its base64 at each of the three places it may begin."""
    octets = secret.encode()
    yield octets
    yield octets.hex().encode()
    yield octets.hex().upper().encode()
    for before in range(3):
        text = b64encode(bytes(before) + octets + bytes(3))
        yield text[4 : 4 * (len(octets) // 3)]


def found_in(places, wanted):
    return sorted(
        (name, where)
        for name, secret in wanted.items()
        for spelling in spellings(secret)
        for where, data in places
        if spelling in data
    )


async def test_no_secret_is_on_disk_in_a_log_on_a_page_on_a_wire_or_in_a_package(marked, tmp_path):
    config, log, listen = tmp_path / "config", tmp_path / "daemon.log", free_port()
    wanted = dict(marked)
    async with Broker("127.0.0.1") as broker, syslog() as (heard, port):
        broker.retained = Everything()
        write_site(config, web_port=listen, mqtt=f"mqtt://127.0.0.1:{broker.port}",
                   plant_directory=tmp_path, network=NETWORK)  # fmt: skip
        text = (config / "site.yaml").read_text()
        soc = f"outlets:\n  soc: [{{address: udp://127.0.0.1:{port}}}]\n"
        (config / "site.yaml").write_text(text.replace("outlets:\n", soc))
        key = (config / "secrets" / "upheld.key").read_text().splitlines()
        wanted |= {f"line {n} of the key": line for n, line in enumerate(key[2:-2])}
        async with Plant(tmp_path, NETWORK):
            with log.open("wb") as out:
                process = subprocess.Popen(  # noqa: ASYNC220 - it only starts
                    [sys.executable, "-X", "faulthandler", "-c", DAEMON, "run", "-c", config],
                    cwd=ROOT, stdout=out, stderr=out,
                )  # fmt: skip
            try:
                places = await asyncio.to_thread(troubled, process, config, listen, wanted)
            finally:
                process.kill()
                process.wait()
        state = config / "state"
        said = [b"\n".join(broker.retained.said), *heard.heard]
    wanted["the evidence key"] = (state / "evidence.key").read_text().strip()
    places += [("an outlet", data) for data in said]
    places += [
        (p.name, p.read_bytes())
        for p in [log, *state.rglob("*")]
        if p.is_file() and p.name != "evidence.key"
    ]
    places += packaged(config, tmp_path / "p.zip")

    assert heard.heard
    assert len(said[0]) > 1_000
    told = log.read_bytes()
    assert b"an error with" in told, "the error was provoked"
    assert b"Fatal Python error: Aborted" in told, "the crash was provoked"
    assert not found_in(places, wanted)
    # The search itself finds what it should.
    assert found_in([("here", marked["SNMP_AUTH"].encode())], wanted)
    assert found_in([("here", b64encode(b"x" + marked["SNMP_AUTH"].encode() + b"yz"))], wanted)


def troubled(process, config, listen, wanted):
    """Visits, logins that are refused, a secret that is none, and a crash; what pages showed."""
    size = fetched(listen, "upheld_ledger_size", 30)
    assert size is not None, process.poll()
    before = shown(listen)
    for name in ("opc-monitor", "snmp-auth", "snmp-priv", "community"):
        wanted[f"a wrong {name}"] = marker(f"wrong {name}").replace(" ", "-")
        (config / "secrets" / name).write_text(wanted[f"a wrong {name}"])
    process.send_signal(signal.SIGHUP)
    assert fetched(listen, "upheld_ledger_size", size + 20) is not None
    wanted["a key that is none"] = marker("broken-key")
    (config / "secrets" / "upheld.key").write_text(f"-----BEGIN {wanted['a key that is none']}")
    (config / "secrets" / "snmp-auth").write_bytes(
        wanted["a wrong snmp-auth"].encode() + b"\n\xff\x00"
    )
    process.send_signal(signal.SIGHUP)
    assert fetched(listen, "upheld_ledger_size", size + 40) is not None
    after = shown(listen)
    checked = subprocess.run(
        [*UPHELD, "config", "check", "-c", config], cwd=ROOT, capture_output=True, check=False
    )
    os.kill(process.pid, signal.SIGABRT)
    process.wait(10)
    return [*before, *after, ("config check", checked.stdout + checked.stderr)]


def shown(listen):
    paths = ("/", "/matrix", "/metrics", "/assets/plc-1", "/checks/opcua-anonymous-session-refused")
    return [(path, page(listen, path).encode()) for path in paths]


def packaged(config, path):
    words = ("evidence", "export", "-c", config, "-o", path)
    done = subprocess.run([*UPHELD, *words], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    told = subprocess.run(
        [*UPHELD, "evidence", "show", "-c", config], cwd=ROOT, capture_output=True, check=True
    )
    with zipfile.ZipFile(path) as archive:
        inner = [(name, archive.read(name)) for name in archive.namelist()]
    return [*inner, ("export", done.stdout + done.stderr), ("evidence show", told.stdout)]
