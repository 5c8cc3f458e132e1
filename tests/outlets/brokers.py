"""Real mosquitto brokers on loopback, and somebody who listens to them."""

from __future__ import annotations

import asyncio
import queue
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

MOSQUITTO = "/usr/sbin/mosquitto"
DEADLINE = 10.0
A_DAY = timedelta(days=1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Mosquitto:
    """A broker that can be stopped and started again on the same port; keeps its store on disk."""

    directory: Path
    settings: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    def start(self) -> None:
        self.directory.mkdir(exist_ok=True)
        path = self.directory / "mosquitto.conf"
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {self.directory}/",
            "user root",
            "max_queued_messages 10000",
            *self.settings,
        ]
        path.write_text("\n".join(lines) + "\n")
        # It opens its log after start, so a test that fails can be read about afterwards.
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [MOSQUITTO, "-v", "-c", str(path)], stdout=log, stderr=log
            )
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, (self.directory / "log").read_text()
            time.sleep(0.01)
        raise AssertionError("mosquitto does not accept connections")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(DEADLINE)
            self.process = None


class Listener:
    """Subscribes to everything and keeps what arrives in order."""

    def __init__(
        self, port: int, topic: str = "upheld/#", *, client_id: str = "", tls=None
    ) -> None:
        self.arrived: queue.Queue[paho.MQTTMessage] = queue.Queue()
        subscribed: queue.Queue[bool] = queue.Queue()
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5
        )
        self.client.reconnect_delay_set(0.05, 0.2)
        if tls is not None:
            self.client.tls_set_context(tls)
        options = SubscribeOptions(qos=1, retainAsPublished=True)
        self.client.on_connect = lambda client, *_: client.subscribe(topic, options=options)
        self.client.on_subscribe = lambda *_: subscribed.put(True)
        self.client.on_message = lambda _c, _u, message: self.arrived.put(message)
        self.client.connect("localhost" if tls else "127.0.0.1", port)
        self.client.loop_start()
        self.subscribed = subscribed
        subscribed.get(timeout=DEADLINE)

    async def until(self, wanted) -> list[paho.MQTTMessage]:
        """Everything that arrives up to and including the first message that is wanted."""
        seen = []
        end = time.monotonic() + DEADLINE
        while not seen or not wanted(seen[-1]):
            left = max(end - time.monotonic(), 0.0)
            seen.append(await asyncio.to_thread(self.arrived.get, timeout=left))
        return seen

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@dataclass(frozen=True)
class Authority:
    """A CA of its own that writes PEM files into a directory."""

    directory: Path
    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, directory: Path, name: str = "ca") -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, key.public_key(), name, key, authority=True)
        (directory / f"{name}.pem").write_bytes(_pem(certificate))
        return cls(directory, name, key, certificate)

    def issue(self, name: str, lasts: timedelta = A_DAY) -> tuple[Path, Path]:
        """A certificate for `name` and localhost, and its key; it ends after `lasts` from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(
            name, key.public_key(), self.name, self.key, authority=False, lasts=lasts
        )
        paths = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        paths[0].write_bytes(_pem(made))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths


def _certificate(name, public, issuer, signer, *, authority, lasts=A_DAY) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    return builder.sign(signer, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
