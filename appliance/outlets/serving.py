"""
Where the page is served: the listening socket, its TLS, and the names it answers to.

A browser inside the plant can be made to fetch any address under a name its owner controls (DNS
rebinding), so only requests that name this host are answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from appliance.outlets.admission import Admitted, Introduced, Terms
from appliance.outlets.chains import load_chain
from appliance.site.logins import FileReference
from appliance.site.model import Web
from appliance.site.secrets import SecretError, Secrets

MOST_CONNECTIONS = 32
SHORTEST_TOKEN = 20
WITHIN = ("localhost", "127.0.0.1", "::1")


class PageError(Exception):
    """The page cannot be served: what happened, and what to do about it."""


@dataclass
class Door:
    """
    A bound socket, and TLS when the configuration names a certificate.

    `terms` are what is asked of a reader.  Certificate, authority and token are read again by
    `renew`.
    """

    listener: socket.socket
    tls: ssl.SSLContext | None
    terms: Terms = field(default_factory=Terms)

    @classmethod
    def open(cls, web: Web, secrets: Secrets) -> Door:
        """Raises `PageError`, naming the address, the certificate, the authority or the token."""
        terms = _terms(web, secrets)
        tls = _context(web, secrets) if web.certificate is not None else None
        door = cls(_bound(web.host, web.port), tls, terms)
        if tls is not None:
            door._current = tls
            tls.sni_callback = door._to_current
        return door

    def renew(self, web: Web, secrets: Secrets) -> None:
        """Ask and show to whoever connects next what is on disk now.  As `open`."""
        if self.tls is None or web.certificate is None:
            return
        terms, fresh = _terms(web, secrets), _context(web, secrets)
        # The server keeps the context it began with, so each handshake is handed over to the
        # newest: an authority that was taken out of the file is trusted no more.
        self.tls.verify_mode = fresh.verify_mode
        self.terms, self._current = terms, fresh

    def _to_current(
        self, tls: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _began: ssl.SSLContext
    ) -> None:
        tls.context = self._current


async def serve(
    app: ASGIApp,
    door: Door,
    stop: asyncio.Event,
    names: Callable[[], Iterable[str]] | None = tuple,
) -> None:
    """
    Serve until `stop` is set; the door is closed then.

    `names` gives what the page is called besides its address, localhost and this machine's name;
    None: whoever calls, by whatever name, is answered.  Leaves the process's signals alone.
    """
    context = door.tls
    admitted = Admitted(app, lambda: door.terms)
    config = uvicorn.Config(
        admitted if names is None else _Named(admitted, names),
        http=Introduced,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
        ws="none",
        ssl_context_factory=None if context is None else lambda *_: context,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[door.listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        stopping.cancel()
        try:
            await serving
        finally:
            door.listener.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The daemon handles signals."""
        yield


class _Named:
    """Answers requests that name this host, and no others."""

    def __init__(self, app: ASGIApp, names: Callable[[], Iterable[str]]) -> None:
        self._app = app
        self._names = names
        self._own = socket.gethostname().lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and not self._is_us(scope):
            app = PlainTextResponse(
                "This page is not called that; add its name to appliance.web.names.\n", 421
            )
        await app(scope, receive, send)

    def _is_us(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return False
        host = _host(hosts[0].decode("latin-1"))
        # The address a request arrived at: the listen address, or one of them all.
        arrived = (scope.get("server") or ("",))[0]
        known = {*WITHIN, arrived, self._own, self._own.partition(".")[0]}
        return bool(host) and host in {_plain(name) for name in (*known, *self._names())}


def _host(text: str) -> str:
    """The name or address of a Host header, without its port; empty when it is neither."""
    if text.startswith("["):
        address, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    else:
        address, _, port = text.partition(":")
    if port and not port.isdecimal():
        return ""
    return _plain(address)


def _plain(name: str) -> str:
    name = name.rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def _context(web: Web, secrets: Secrets) -> ssl.SSLContext:
    assert web.certificate is not None
    assert web.key is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A resumed session would carry a certificate past the authority that is no longer trusted.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    try:
        load_chain(context, secrets, web.certificate, web.key)
    except SecretError as error:
        raise _unreadable(error) from error
    except ssl.SSLError as error:
        raise PageError(
            f"appliance.web: found {web.certificate} and {web.key}, which are no certificate "
            f"and its key ({error.reason or error}); write PEM files that belong together, "
            "the key without a password"
        ) from error
    if web.client_ca is not None:
        _ask(context, secrets, web.client_ca)
    return context


def _ask(context: ssl.SSLContext, secrets: Secrets, authority: FileReference) -> None:
    """Optional in the handshake, so that whoever shows none can be told so, or send the token."""
    context.verify_mode = ssl.CERT_OPTIONAL
    try:
        context.load_verify_locations(cadata=secrets.bytes(authority).decode("ascii"))
    except SecretError as error:
        raise _unreadable(error) from error
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise PageError(
            f"appliance.web.client_ca: found {authority}, which holds no certificate in PEM; "
            "write the file of the authority that signs your people's certificates"
        ) from error


def _terms(web: Web, secrets: Secrets) -> Terms:
    if web.token is None:
        return Terms(certificate=web.client_ca is not None)
    try:
        token = secrets.text(web.token).strip()
    except SecretError as error:
        raise _unreadable(error) from error
    if (
        len(token) < SHORTEST_TOKEN
        or not token.isascii()
        or not token.isprintable()
        or " " in token
    ):
        raise PageError(
            f"appliance.web.token: {web.token} is no token; write at least {SHORTEST_TOKEN} "
            "characters without a space, such as openssl rand -hex 32 gives"
        )
    return Terms(certificate=True, token=token.encode())


def _unreadable(error: SecretError) -> PageError:
    return PageError(f"appliance.web: found {error}; write the path of a PEM file upheld may read")


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # Two may be bound to one port until one of them listens.
        listener.listen(MOST_CONNECTIONS)
    except OSError as error:
        listener.close()
        raise PageError(
            f"the status page cannot listen on {host}:{port}: {error.strerror or error}; "
            "free the port or write another one at appliance.web.listen"
        ) from error
    return listener
