"""Every certificate of a running daemon is renewed: page, broker and SOC, in one process."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import ssl
import subprocess
import time
from datetime import timedelta

from tests.appliance.processes import ROOT, UPHELD, free_port
from tests.outlets.brokers import Authority, Listener, Mosquitto
from tests.outlets.collectors import Rsyslog
from tests.outlets.test_mqtt import trusting

PATIENCE = 40.0
SITE = """
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
  web: {{listen: "127.0.0.1:{page}", certificate: page.pem, key: page.key}}
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
closed_ports: [tcp/{open}]
assets:
  - {{id: plc, zone: cell, address: 127.0.0.1, role: plc, every: 1s, services: [{{port: tcp/1, protocol: s7}}]}}
outlets:
  mqtt: {{broker: "mqtts://localhost:{broker}", ca: ca.pem, certificate: told.pem, key: told.key}}
  soc: [{{address: "tls://localhost:{soc}", ca: ca.pem, certificate: told.pem, key: told.key}}]
"""


def install(authority, folder, name, lasts=timedelta(days=1)):
    """A new certificate where the configuration reads it."""
    for path in authority.issue(name, lasts):
        shutil.copy(path, folder)


def until(found, *, why):
    end = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < end, why()
        time.sleep(0.05)
    return value


def shown(port, authority):
    """The page's certificate, or None while nobody answers."""
    context = trusting(authority.directory / "ca.pem")
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=2) as sock,
            context.wrap_socket(sock, server_hostname="localhost") as tls,
        ):
            return tls.getpeercert(binary_form=True)
    except (ConnectionError, TimeoutError, ssl.SSLError):
        return None


def test_nothing_is_lost_and_nothing_restarted_when_every_certificate_is_renewed(tmp_path):
    authority, folder = Authority.make(tmp_path), tmp_path / "config"
    folder.mkdir()
    shutil.copy(tmp_path / "ca.pem", folder)
    install(authority, folder, "page")
    install(authority, folder, "told", lasts=-timedelta(minutes=1))
    soc = Rsyslog(tmp_path / "rsyslog", authority=authority)
    certificate, key = authority.issue("broker")
    broker = Mosquitto(
        tmp_path / "broker",
        (
            f"cafile {tmp_path}/ca.pem",
            f"certfile {certificate}",
            f"keyfile {key}",
            "require_certificate true",
        ),
    )
    listen, log = free_port(), tmp_path / "said"
    # Must be closed and is open: the SOC's own alert.
    with socket.create_server(("127.0.0.1", 0)) as server, log.open("wb") as said:
        text = SITE.format(
            state=tmp_path / "state",
            page=listen,
            open=server.getsockname()[1],
            broker=broker.port,
            soc=soc.port,
        )
        (folder / "site.yaml").write_text(text)
        broker.start()
        soc.start()
        listener = Listener(
            broker.port, tls=trusting(tmp_path / "ca.pem", authority.issue("listener"))
        )
        process = subprocess.Popen(
            [*UPHELD, "run", "-c", folder], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said
        )
        try:
            old = until(lambda: shown(listen, authority), why=log.read_text)
            for outlet in ("mqtt lost", "soc lost"):
                until(lambda outlet=outlet: outlet in log.read_text(), why=log.read_text)
            nothing = listener.arrived.empty() and not soc.received()

            install(authority, folder, "page")
            install(authority, folder, "told")
            process.send_signal(signal.SIGHUP)
            until(lambda: shown(listen, authority) not in (None, old), why=log.read_text)
            until(lambda: any("control.fail" in m["msgid"] for m in soc.received()),
                  why=log.read_text)  # fmt: skip
            events = []
            until(lambda: events.append(listener.arrived.get(timeout=PATIENCE)) or
                  events[-1].topic.endswith("/event/alert"), why=log.read_text)  # fmt: skip
            same = process.poll() is None
        finally:
            process.terminate()
            process.wait(20)
            listener.close()
            broker.stop()
            soc.stop()

    told = [json.loads(m.payload)["id"] for m in events if "/event/" in m.topic]
    assert nothing
    assert same
    assert len(told) == len(set(told))
