"""
One connection to a syslog collector: over TLS, plain TCP, or as datagrams.

Syslog has no acknowledgement.  What can be known is kept apart: that the peer's kernel has
everything (`send` returns), that the connection stayed whole for a while (`quiet`), and that the
peer read up to our end and closed in order (`close` returns True).  How a connection ended is told
by `Lost`.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from appliance.outlets.chains import load_chain
from appliance.outlets.syslog_stream import Lost, StreamPeer, why
from appliance.site.model import Soc
from appliance.site.secrets import Secrets

CONNECTED_WITHIN = 10.0
_PORTS = {"tls": 6514, "tcp": 601, "udp": 514}


class Peer(Protocol):
    async def send(self, message: bytes) -> None:
        """Hand one message to the peer's kernel.  Raises `Lost`."""

    async def quiet(self, seconds: float) -> None:
        """Return after so long with the connection whole.  Raises `Lost`."""

    async def close(self, *, orderly: bool) -> bool:
        """Close; whether the peer has surely read everything that was sent."""


@dataclass(frozen=True)
class Target:
    """Where to; `tls` is called for each connection, so that renewed certificates are read."""

    scheme: str
    host: str
    port: int
    tls: Callable[[], ssl.SSLContext] | None = None

    @classmethod
    def at(cls, url: str, tls: Callable[[], ssl.SSLContext] | None = None) -> Target:
        """From tls://host:port, tcp:// or udp://; the ports default to 6514, 601 and 514."""
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.scheme, parts.hostname or "", port, tls)

    @classmethod
    def stated(cls, soc: Soc, secrets: Secrets) -> Target:
        """As the configuration has it.  Raises `SecretError` and `ssl.SSLError`."""
        if not soc.address.startswith("tls:"):
            return cls.at(soc.address)
        _context(soc, secrets)
        return cls.at(soc.address, lambda: _context(soc, secrets))

    async def connect(self) -> Peer:
        """Raises `Lost`; may be cancelled at any moment."""
        datagrams = self.scheme == "udp"
        try:
            sock = await self._socket(datagrams=datagrams)
        except OSError as error:
            raise Lost(f"{self.host}:{self.port}: {error.strerror or error}") from error
        if datagrams:
            return DatagramPeer(sock)
        stream = StreamPeer(sock)
        if self.tls is not None:
            try:
                await stream.secure(self.tls(), self.host)
            except BaseException:
                sock.close()
                raise
        stream.listen()
        return stream

    async def _socket(self, *, datagrams: bool) -> socket.socket:
        kind = socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM
        found = await _aside(lambda: socket.getaddrinfo(self.host, self.port, type=kind))
        loop, last = asyncio.get_running_loop(), OSError("its name has no address")
        for family, _, _, _, address in found:
            sock = socket.socket(family, kind)
            sock.setblocking(False)
            try:
                async with asyncio.timeout(CONNECTED_WITHIN):
                    await loop.sock_connect(sock, address)
            except OSError as error:
                # A timeout is one too, and says nothing of itself.
                last = error if str(error) else OSError("no answer to the connection")
                sock.close()
            except BaseException:
                sock.close()
                raise
            else:
                return sock
        raise last


class DatagramPeer:
    """One message a datagram (RFC 5426): sent is all that can be said."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    async def send(self, message: bytes) -> None:
        self._refused()
        try:
            await asyncio.get_running_loop().sock_sendall(self._sock, message)
        except OSError as error:
            raise Lost(why(error)) from error

    async def quiet(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._refused()

    async def close(self, *, orderly: bool) -> bool:
        self._sock.close()
        return orderly

    def _refused(self) -> None:
        """Somebody on the way may have said that nobody listens there."""
        try:
            self._sock.recv(1)
        except BlockingIOError:
            return
        except OSError as error:
            raise Lost(why(error)) from error


def _context(stated: Soc, secrets: Secrets) -> ssl.SSLContext:
    """TLS 1.2 or newer, the collector checked against the stated CA, our certificate if any."""
    authority = secrets.bytes(stated.ca).decode() if stated.ca else None
    context = ssl.create_default_context(cadata=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if stated.certificate and stated.key:
        load_chain(context, secrets, stated.certificate, stated.key)
    return context


async def _aside(work: Callable[[], Any]) -> Any:
    """In a thread nobody waits for: looking up a name can hang longer than a stop may take."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: Exception | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def thread() -> None:
        result, failed = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - raised where it is awaited
            failed = error
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=thread, name="syslog", daemon=True).start()
    return await future


Connect = Callable[[], Awaitable[Peer]]
