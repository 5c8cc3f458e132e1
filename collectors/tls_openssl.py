"""
A TLS client without a socket: octets in, octets out, and every handshake message as it passed.

`ssl` tells neither the certificates of a handshake that failed nor whether a client certificate
was asked for.  Its debugging hook `SSLContext._msg_callback` shows each handshake message and alert
in clear, in TLS 1.3 too; it is the one private name used, and it is used here only.
"""

from __future__ import annotations

import ssl
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from checks.facts.tls import TlsVersion
from collectors.tls_hello import VERSIONS, alert_name

# Everything a sound or careless device may show is to be seen and judged, not refused unseen:
# small keys, SHA-1 signatures, key transport.  What protects nothing at all is not offered.
SUITES = "DEFAULT:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0"
# ssl.OP_LEGACY_SERVER_CONNECT of Python 3.12: servers from before RFC 5746.
_LEGACY_SERVERS = 0x4

_HANDSHAKE, _ALERT = 22, 21
_SERVER_HELLO, _TICKET, _CERTIFICATE, _ASKED, _FINISHED = 2, 4, 11, 13, 20
_WARNING, _USER_CANCELED = 1, 90
_LONGEST_PIECE = 16_384


class Client:
    """
    One handshake with whoever speaks on the other side; trusts nobody and checks no name.

    `certificates` are the DER certificates presented, own first; `asked`: for a certificate of
    ours; `alert`: the number of the alert that ended it; `closed`: the peer said close_notify.
    `done`: the handshake is finished on our side; `answered`: since our Finished has left, the
    peer showed that it took it; `broken` says what we could not accept.  `heard`: anything in TLS
    came; `agreed`: a handshake message among it, for which the peer has computed.
    """

    def __init__(self) -> None:
        self.certificates: tuple[bytes, ...] = ()
        self.asked = False
        self.alert: int | None = None
        self.closed = False
        self.done = False
        self.answered = False
        self.broken = ""
        self.heard = False
        self.agreed = False
        self.data = bytearray()
        self._version = 0
        self._flown = False
        self._finished = False
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | _LEGACY_SERVERS
        context.set_ciphers(SUITES)
        watched: Any = context
        # Held weakly: a circle would keep OpenSSL's memory until the next full collection.
        noted = weakref.WeakMethod(self._noted)
        watched._msg_callback = lambda *told: _passed_on(noted, told)  # noqa: SLF001  the one private name
        self._ssl = context.wrap_bio(self._in, self._out, server_hostname=None)
        self._advance()

    @property
    def version(self) -> TlsVersion | None:
        """What the ServerHello chose; None before anything followed it."""
        return VERSIONS.get(self._version)

    @property
    def cipher(self) -> str:
        chosen = self._ssl.cipher()
        return chosen[0] if chosen else ""

    @property
    def proven(self) -> bool:
        """
        Whether the peer has shown that it holds the key of its certificate.

        Our own Finished leaves after its signature was verified; only RSA key transport proves the
        key no sooner than by the peer's Finished.
        """
        if self.done:
            return True
        signed = self.version is TlsVersion.TLS13 or self.cipher.startswith(("ECDHE-", "DHE-"))
        return self._flown and signed

    @property
    def flown(self) -> bool:
        """Whether our last flight, Finished included, has been handed out."""
        return self._flown

    def feed(self, data: bytes) -> None:
        """What the peer sent.  Never raises: see `alert`, `broken` and `closed`."""
        self._in.write(data)
        self._advance()

    def taken(self) -> bytes:
        """
        What is to be sent now.  After a failure nothing is: what a library says then (an alert)
        tells the device nothing it does not know.
        """
        out = self._out.read()
        if self.broken or self.alert is not None:
            return b""
        self._flown = self._flown or self._finished
        return out

    def goodbye(self) -> bytes:
        """Our close_notify; empty where there is no channel to say it in."""
        if not self.done or self.broken or self.alert is not None or self._out.read():
            # What was left unsent (an answer to a renegotiation) had used up a record number.
            return b""
        with suppress(ssl.SSLError, OSError):
            self._ssl.unwrap()
        return self._out.read()

    def sealed(self, clear: bytes) -> bytes:
        """The records of one message that was judged before.  Raises `ValueError` when broken."""
        try:
            self._ssl.write(clear)
        except (ssl.SSLError, OSError) as error:
            raise ValueError(_words(error)) from error
        return self._out.read()

    def _advance(self) -> None:
        try:
            if not self.done:
                self._ssl.do_handshake()
                self.done = True
            while piece := self._ssl.read(_LONGEST_PIECE):
                self.data += piece
                self.answered = self.answered or self._flown
            self.closed = True
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self.closed = True
        except (ssl.SSLError, OSError, ValueError) as error:
            if self.alert is None:
                self.broken = self.broken or _words(error)

    def _noted(
        self, _: Any, direction: str, version: int, content: int, kind: int, data: bytes
    ) -> None:
        if direction == "write":
            if content == _HANDSHAKE and kind == _FINISHED:
                self._finished = True
            return
        if content == _ALERT and len(data) == 2:
            self._alerted(data[0], data[1], modern=version > 0x0303)
        elif content == _HANDSHAKE:
            self.heard = self.agreed = True
            if kind != _SERVER_HELLO:
                # The library calls the ServerHello itself by the highest version it can do.
                self._version = version
            if kind == _CERTIFICATE:
                self.certificates = _certificates(data[4:], modern=version > 0x0303)
            elif kind == _ASKED:
                self.asked = True
            elif self._flown and kind == (_TICKET if version > 0x0303 else _FINISHED):
                # A ticket that came before our Finished had left would show nothing.
                self.answered = True

    def _alerted(self, level: int, number: int, *, modern: bool) -> None:
        self.heard = True
        if number == 0:
            self.closed = True
        elif number != _USER_CANCELED and (modern or level != _WARNING) and self.alert is None:
            # RFC 8446, 6: in TLS 1.3 every other alert is an end, whatever its level.
            self.alert = number

    @property
    def ended(self) -> str:
        """Why it ended, in words; empty while it has not."""
        if self.alert is not None:
            return f"it ended the handshake with the alert {alert_name(self.alert)}"
        return f"its side of the handshake does not add up: {self.broken}" if self.broken else ""


def _passed_on(noted: weakref.ref[Callable[..., None]], told: tuple[Any, ...]) -> None:
    if (method := noted()) is not None:
        method(*told)


def _certificates(body: bytes, *, modern: bool) -> tuple[bytes, ...]:
    """The certificates of a Certificate message; what does not add up ends the list."""
    at = 1 + body[0] if modern and body else 0
    size = int.from_bytes(body[at : at + 3], "big")
    rest = body[at + 3 : at + 3 + size]
    found = []
    while len(rest) > 3:
        size = int.from_bytes(rest[:3], "big")
        found.append(rest[3 : 3 + size])
        rest = rest[3 + size :]
        if modern:
            rest = rest[2 + int.from_bytes(rest[:2], "big") :]
    return tuple(found)


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None) or str(error)
    return str(reason).replace("_", " ").lower()
