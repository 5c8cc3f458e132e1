"""
Octet-counted syslog over TCP, in TLS or not, and what can be known without an acknowledgement.

TLS runs on our own buffers: with asyncio's transports nobody can see what still waits in them.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import ssl
import struct
import termios
from contextlib import suppress

from appliance.outlets.syslog import framed

ANSWERS_WITHIN = 10.0
STALLED_AFTER = 10.0
CLOSED_WITHIN = 5.0
_LOOK_EVERY = 0.002


class Lost(Exception):
    """
    The connection is gone.

    `unread`: nothing says that what was sent on it was read; otherwise the peer's program had all
    of it but perhaps the last message.
    """

    def __init__(self, why: str, *, unread: bool = False) -> None:
        super().__init__(why)
        self.unread = unread


class StreamPeer:
    """Octet-counted messages over TCP, in TLS after `secure`."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._into = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self._lost: asyncio.Future[Lost] = self._loop.create_future()
        self._listening: asyncio.Task[None] | None = None
        self._in_flight = False
        self._closing = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000)

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """The handshake.  Raises `Lost`; TLS 1.3 says here nothing of our certificate yet."""
        self._tls = context.wrap_bio(self._into, self._out, server_hostname=host)
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                await self._shake(self._tls)
        except TimeoutError as error:
            raise Lost("no answer to the TLS handshake", unread=True) from error
        except OSError as error:
            raise Lost(f"TLS: {why(error)}", unread=True) from error

    async def _shake(self, tls: ssl.SSLObject) -> None:
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._loop.sock_recv(self._sock, 16_384)
                if not data:
                    raise ConnectionResetError("it hung up during the handshake") from None
                self._into.write(data)
            except ssl.SSLError:
                # The alert that says why, for the peer's log.
                with suppress(OSError):
                    await self._flush()
                raise
            else:
                await self._flush()
                return

    def listen(self) -> None:
        """Watch for the end of the connection from now on."""
        self._listening = asyncio.create_task(self._listen())

    async def send(self, message: bytes) -> None:
        self._whole()
        self._in_flight = True
        try:
            async with asyncio.timeout(STALLED_AFTER):
                await self._write(framed(message))
            await self._taken()
        except TimeoutError as error:
            raise Lost("it takes nothing any more", unread=True) from error
        except OSError as error:
            await asyncio.wait({self._lost}, timeout=0.1)
            self._whole()
            raise Lost(why(error)) from error

    async def quiet(self, seconds: float) -> None:
        self._whole()
        await asyncio.wait({self._lost}, timeout=seconds)
        self._whole()
        self._in_flight = False

    async def close(self, *, orderly: bool) -> bool:
        try:
            return orderly and not self._lost.done() and await self._ended_in_order()
        finally:
            if self._listening is not None:
                self._listening.cancel()
                with suppress(asyncio.CancelledError):
                    await self._listening
            self._sock.close()

    async def _ended_in_order(self) -> bool:
        """Our end of the stream, then theirs: a peer with unread data would reset instead."""
        self._closing = True
        try:
            async with asyncio.timeout(CLOSED_WITHIN):
                if self._tls is not None:
                    with suppress(ssl.SSLError):
                        self._tls.unwrap()
                    await self._flush()
                self._sock.shutdown(socket.SHUT_WR)
                return not (await asyncio.shield(self._lost)).unread
        except OSError:
            # A timeout is one too.
            return False

    async def _write(self, frame: bytes) -> None:
        if self._tls is None:
            await self._loop.sock_sendall(self._sock, frame)
            return
        self._tls.write(frame)
        await self._flush()

    async def _flush(self) -> None:
        if data := self._out.read():
            await self._loop.sock_sendall(self._sock, data)

    async def _taken(self) -> None:
        """Until the peer's kernel acknowledged all.  Raises `Lost` and `TimeoutError`."""
        left, since = self._unacknowledged(), self._loop.time()
        wait = _LOOK_EVERY
        while left:
            await asyncio.wait({self._lost}, timeout=wait)
            self._whole()
            wait = min(wait * 2, 0.05)
            now = self._unacknowledged()
            if now < left:
                since = self._loop.time()
            left = now
            if left and self._loop.time() - since > STALLED_AFTER:
                raise TimeoutError

    def _unacknowledged(self) -> int:
        raw = fcntl.ioctl(self._sock.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
        return int(struct.unpack("i", raw)[0])

    def _whole(self) -> None:
        if self._lost.done():
            raise self._lost.result()

    async def _listen(self) -> None:
        try:
            while data := await self._loop.sock_recv(self._sock, 4096):
                if self._tls is not None and self._goodbye(self._tls, data):
                    break
            lost = Lost("it closed the connection")
        except ssl.SSLError as error:
            # An alert: it never read what we sent, and our certificate is the usual reason.
            lost = Lost(f"it refused us: {why(error)}", unread=True)
        except OSError as error:
            # A reset out of the blue throws away what the peer had not read for a while; one that
            # answers a message on its way is about that message.
            reset = isinstance(error, ConnectionResetError)
            lost = Lost(why(error), unread=reset and not self._in_flight)
        if not self._lost.done():
            self._lost.set_result(lost)

    def _goodbye(self, tls: ssl.SSLObject, data: bytes) -> bool:
        """
        Whether the peer wants to end.  It may also send tickets and alerts, and nothing else.

        Its farewell may have crossed ours, so while we close only the end of the stream counts.
        """
        self._into.write(data)
        try:
            while tls.read(4096):
                pass
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLZeroReturnError:
            pass
        return not self._closing


def why(error: OSError) -> str:
    """The shortest that says it."""
    stated = getattr(error, "verify_message", None) or getattr(error, "reason", None)
    reason = stated or error.strerror or str(error)
    return str(reason) or type(error).__name__
