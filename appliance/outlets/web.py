"""
The status page, the metrics and the health of the appliance over HTTP; reading only.

The page has no script and loads nothing from elsewhere; every text on it is escaped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.outlets import metrics
from appliance.outlets.evidence_pages import EvidencePages
from appliance.outlets.pages import SitePages
from appliance.outlets.picture import Picture
from appliance.outlets.rendering import STYLE
from appliance.outlets.sources import Sources

KEPT = "public, max-age=31536000, immutable"
_NOTHING = Sources()

_HEADERS = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
            b"frame-ancestors 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


@dataclass(frozen=True)
class Health:
    """`healthy`: the process makes progress; `ready`: it has what it needs to visit devices."""

    healthy: bool
    ready: bool
    said: str = ""


def create(
    paint: Callable[[], Picture],
    health: Callable[[], Health],
    states: Callable[[], str] = lambda: "all",
    sources: Sources = _NOTHING,
) -> Starlette:
    """
    The whole site.

    Each request paints anew; `states` tells `metrics.states` of the configuration in force, and
    `sources` has what the pages read beside the picture.
    """
    pages, evidence = SitePages(paint, sources), EvidencePages(paint, sources)
    machine = _Machine(paint, health, states, sources)
    routes = [
        ("/", pages.overview),
        ("/zones/{id}", pages.zone),
        ("/zones/{id}/walk-down", pages.walk_down),
        ("/assets/{id}", pages.asset),
        ("/checks", pages.checks),
        ("/checks/{id}", pages.check),
        ("/matrix", pages.matrix),
        ("/matrix/{id}/{requirement}", pages.cell),
        ("/states/{key}", pages.state),
        ("/evidence", evidence.heads),
        ("/evidence/entries/{index:int}", evidence.entry),
        ("/evidence/entries/{index:int}/proof", evidence.proof),
        ("/evidence/contents/{digest}", evidence.content),
        ("/appliance", pages.appliance),
        ("/style.css", _style),
        ("/metrics", machine.metrics),
        ("/status.json", machine.status),
        ("/-/healthy", machine.healthy),
        ("/-/ready", machine.ready),
    ]
    app = Starlette(
        routes=[Route(path, page, methods=["GET"]) for path, page in routes],
        exception_handlers={404: pages.missing, 500: _broken},
    )
    app.router.redirect_slashes = False
    app.add_middleware(_Strict)
    return app


class _Machine:
    """What programs ask for."""

    def __init__(
        self,
        paint: Callable[[], Picture],
        health: Callable[[], Health],
        states: Callable[[], str],
        sources: Sources,
    ) -> None:
        self._paint = paint
        self._health = health
        self._states = states
        self._sources = sources
        self._one = asyncio.Lock()
        self._exposition = metrics.Exposition()

    async def metrics(self, _request: Request) -> Response:
        # Beside the loop, as every page: the visits share it.  One at a time: it remembers.
        async with self._one:
            picture = await self._sources.whole(self._paint())
            body = await asyncio.to_thread(self._exposition.render, picture, self._states())
        return Response(body, headers={"content-type": metrics.CONTENT_TYPE})

    async def status(self, _request: Request) -> Response:
        picture = self._paint()
        text = await asyncio.to_thread(lambda: json.dumps(self._sources.status(picture), indent=2))
        return Response(f"{text}\n", media_type="application/json")

    async def healthy(self, _request: Request) -> Response:
        health = self._health()
        return _word(holds=health.healthy, word="healthy", said=health.said)

    async def ready(self, _request: Request) -> Response:
        health = self._health()
        return _word(holds=health.ready, word="ready", said=health.said)


async def _style(_request: Request) -> Response:
    # Kept by the browser, so that a page fetched again is painted at once; a new style has a new
    # address.
    return Response(STYLE, media_type="text/css", headers={"cache-control": KEPT})


class _Strict:
    """GET only, and the headers that keep a browser from doing anything but showing the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.get("headers", [])
                said = {name for name, _ in own}
                message["headers"] = [*own, *(h for h in _HEADERS if h[0] not in said)]
            await send(message)

        app: Callable[[Scope, Receive, Send], Awaitable[None]] = self._app
        if scope["type"] == "http" and scope["method"] != "GET":
            app = PlainTextResponse(
                "Only GET: this page shows and never changes anything.\n",
                405,
                headers={"allow": "GET"},
            )
        await app(scope, receive, headed)


def _word(*, holds: bool, word: str, said: str) -> Response:
    text = word if holds else f"not {word}: {said}" if said else f"not {word}"
    return PlainTextResponse(f"{text}\n", 200 if holds else 503)


async def _broken(_request: Request, _error: Exception) -> Response:
    # Made outside _Strict, so the headers are set here.
    headers = {name.decode(): value.decode() for name, value in _HEADERS}
    return PlainTextResponse("This page could not be made; the log says why.\n", 500, headers)
