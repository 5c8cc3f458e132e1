"""Real rsyslog on loopback, and collectors that misbehave on purpose."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.outlets.brokers import DEADLINE, Authority, free_port

RSYSLOG = "/usr/sbin/rsyslogd"
FIELDS = ("pri", "host", "app", "msgid", "data", "msg")


@dataclass
class Rsyslog:
    """
    A daemon of our own that writes one line a message, fields apart by tabs.

    It can be stopped and started again on the same port; `authority` makes it ask for TLS with
    a client certificate.
    """

    directory: Path
    authority: Authority | None = None
    datagrams: bool = False
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    def start(self) -> None:
        self.directory.mkdir(exist_ok=True)
        path = self.directory / "rsyslog.conf"
        path.write_text(self._configuration(), encoding="utf-8")
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [RSYSLOG, "-n", "-f", str(path), "-i", str(self.directory / "pid")],
                stdout=log,
                stderr=log,
            )
        self._wait_until_it_listens()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(DEADLINE)
            self.process = None
            (self.directory / "pid").unlink(missing_ok=True)

    def received(self) -> list[dict[str, str]]:
        path = self.directory / "received"
        if not path.exists():
            return []
        whole = path.read_bytes().decode().split("\n")[:-1]
        return [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in whole]

    async def until(self, wanted) -> list[dict[str, str]]:
        """Everything received, as soon as `wanted` of it is true."""
        end = time.monotonic() + DEADLINE
        while not wanted(found := self.received()):
            assert time.monotonic() < end, (found[-3:], (self.directory / "log").read_text())
            await asyncio.sleep(0.02)
        return found

    def _configuration(self) -> str:
        line = r"%pri%\t%hostname%\t%app-name%\t%msgid%\t%structured-data%\t%msg%\n"
        driver = where = ""
        if self.authority is not None:
            certificate, key = self.authority.issue("collector")
            where = (
                f'defaultNetstreamDriverCAFile="{self.authority.directory}/ca.pem" '
                f'defaultNetstreamDriverCertFile="{certificate}" '
                f'defaultNetstreamDriverKeyFile="{key}" '
            )
            driver = (
                'StreamDriver.Name="gtls" StreamDriver.Mode="1" '
                'StreamDriver.AuthMode="x509/certvalid"'
            )
        module = "imudp" if self.datagrams else "imtcp"
        return (
            f'global({where}workDirectory="{self.directory}" maxMessageSize="8k")\n'
            f'module(load="{module}" {driver})\n'
            f'input(type="{module}" port="{self.port}" address="127.0.0.1" ruleset="all")\n'
            f'template(name="line" type="string" string="{line}")\n'
            'ruleset(name="all") { action(type="omfile" template="line" '
            f'file="{self.directory}/received") }}\n'
        )

    def _wait_until_it_listens(self) -> None:
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            assert self.process.poll() is None, (self.directory / "log").read_text()
            if self.datagrams:
                ports = Path("/proc/net/udp").read_text(encoding="ascii")
                if f":{self.port:04X} " in ports:
                    return
            else:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        return
            time.sleep(0.01)
        raise AssertionError("rsyslog does not listen")


def server_context(authority: Authority) -> ssl.SSLContext:
    """A collector's TLS that insists on a client certificate of this authority."""
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=str(authority.directory / f"{authority.name}.pem")
    )
    context.load_cert_chain(*authority.issue("collector"))
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(authority: Authority, name: str = "edge-1", trusts=None) -> ssl.SSLContext:
    trusted = trusts or authority
    context = ssl.create_default_context(cafile=str(trusted.directory / f"{trusted.name}.pem"))
    context.load_cert_chain(*authority.issue(name))
    return context


@dataclass
class Stub:
    """
    A collector of a few lines, on one port however often it is reopened.

    `serve(reader, writer, frames)` reads what it likes with `frame` and keeps it in `frames`.
    """

    tls: ssl.SSLContext | None = None
    port: int = field(default_factory=free_port)
    frames: list[bytes] = field(default_factory=list)
    connections: int = 0
    _server: asyncio.Server | None = None

    async def open(self, serve) -> None:
        async def served(reader, writer) -> None:
            self.connections += 1
            try:
                await serve(reader, writer, self.frames)
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        self._server = await asyncio.start_server(
            served, "127.0.0.1", self.port, ssl=self.tls, reuse_address=True
        )

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            # Its sockets close a turn of the loop later.
            await asyncio.sleep(0)


async def frame(reader: asyncio.StreamReader) -> bytes:
    """One octet-counted message."""
    length = await reader.readuntil(b" ")
    return await reader.readexactly(int(length))


async def everything(reader, writer, frames) -> None:
    while True:
        frames.append(await frame(reader))


def reset(writer: asyncio.StreamWriter) -> None:
    """End the connection the way a killed collector with unread data does."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Blocking:
    """A collector on OpenSSL in a thread, which says why it refuses a certificate."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.received = b""
        self.refused = 0
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            with plain:
                try:
                    with self._context.wrap_socket(plain, server_side=True) as tls:
                        while data := tls.recv(4096):
                            self.received += data
                except OSError:
                    self.refused += 1

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(DEADLINE)
