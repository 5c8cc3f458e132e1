"""
Who may read the page: whoever shows a certificate of the plant, and programs that have the token.

Health is told to everybody: it says no more than that somebody is here.
"""

from __future__ import annotations

import asyncio
import hmac
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

MACHINES = frozenset({"/metrics", "/status.json"})
HEALTH = frozenset({"/-/healthy", "/-/ready"})
SHOWN = "upheld.certificate_shown"
_BEARER = b"bearer "


@dataclass(frozen=True)
class Terms:
    """What is asked of a reader now; nothing by default.  `token` is for programs only."""

    certificate: bool = False
    token: bytes = b""


class Introduced(H11Protocol):
    """Tells the application whether the peer showed a certificate that holds."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        # The handshake is over: what is there now was verified by it.
        shown = tls is not None and bool(tls.getpeercert())
        self.app_state = {**self.app_state, SHOWN: shown}


class Admitted:
    """Answers those who meet the terms, and tells the others what is missing."""

    def __init__(self, app: ASGIApp, terms: Callable[[], Terms]) -> None:
        self._app = app
        self._terms = terms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and (refusal := self._refusal(scope)):
            app = refusal
        await app(scope, receive, send)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        terms, path = self._terms(), scope["path"]
        if not terms.certificate or path in HEALTH or scope.get("state", {}).get(SHOWN):
            return None
        if path not in MACHINES:
            return PlainTextResponse(
                "This page asks for a client certificate of the plant; your browser showed none.\n",
                403,
            )
        if terms.token and _sent(scope, terms.token):
            return None
        return PlainTextResponse(
            "This asks for a client certificate, or for the token as Authorization: Bearer.\n",
            401,
            headers={"www-authenticate": 'Bearer realm="upheld"'},
        )


def _sent(scope: Scope, token: bytes) -> bool:
    sent = [value for name, value in scope["headers"] if name == b"authorization"]
    return (
        len(sent) == 1
        and sent[0][: len(_BEARER)].lower() == _BEARER
        and hmac.compare_digest(sent[0][len(_BEARER) :].strip(), token)
    )
