"""
The status page, the metrics and the health of the appliance over HTTP; reading only.

The page has no script and loads nothing from elsewhere; every text on it is escaped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.outlets import matrix_view, metrics, views
from appliance.outlets.picture import Picture
from checks.facts.standing import State

TEMPLATES = Path(__file__).parent / "templates"
REFRESH_SECONDS = 30
REFRESH_SECONDS_IN_LABORATORY = 5
MOST_ROWS = 500

_HEADERS = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
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
) -> Starlette:
    """
    The whole site.

    Each request paints anew; `states` tells `metrics.states` of the configuration in force.
    """
    pages = _Pages(paint, health, states)
    routes = [
        ("/", pages.overview),
        ("/matrix", pages.matrix),
        ("/assets/{id}", pages.asset),
        ("/checks/{id}", pages.check),
        ("/style.css", pages.style),
        ("/metrics", pages.metrics),
        ("/-/healthy", pages.healthy),
        ("/-/ready", pages.ready),
    ]
    app = Starlette(
        routes=[Route(path, page, methods=["GET"]) for path, page in routes],
        exception_handlers={404: pages.missing, 500: _broken},
    )
    app.router.redirect_slashes = False
    app.add_middleware(_Strict)
    return app


class _Pages:
    def __init__(
        self,
        paint: Callable[[], Picture],
        health: Callable[[], Health],
        states: Callable[[], str],
    ) -> None:
        self._paint = paint
        self._health = health
        self._states = states
        self._exposition = metrics.Exposition()
        self._style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def overview(self, _request: Request) -> Response:
        picture = self._paint()
        bad = [(k, s) for k, s in picture.standings if s.state in (State.FAIL, State.UNKNOWN)]
        rows = await asyncio.to_thread(views.rows, picture, bad)
        return await self._page(
            "overview.html",
            picture,
            failing=[r for r in rows if r.state is State.FAIL],
            unknown=[r for r in rows if r.state is State.UNKNOWN],
            total=views.counted(s for _, s in picture.standings),
            zones=views.zones(picture),
            restraints=views.restraints(picture),
        )

    async def asset(self, request: Request) -> Response:
        picture = self._paint()
        name = request.path_params["id"]
        found = next((a for a in picture.assets if a.id == name), None)
        if found is None:
            raise HTTPException(404)
        mine = [(k, s) for k, s in picture.standings if k.subject.asset == name]
        return await self._page(
            "asset.html",
            picture,
            asset=found,
            rows=views.rows(picture, mine),
            observations=views.observations(picture, name),
            restraints=views.restraints(picture, name),
        )

    async def matrix(self, _request: Request) -> Response:
        picture = self._paint()
        zones = await asyncio.to_thread(matrix_view.zone_matrices, picture)
        return await self._page("matrix.html", picture, zones=zones)

    async def check(self, request: Request) -> Response:
        picture = self._paint()
        found = picture.checks.get(request.path_params["id"])
        if found is None:
            raise HTTPException(404)
        mine = [(k, s) for k, s in picture.standings if k.check == found.id]
        return await self._page("check.html", picture, check=found, rows=views.rows(picture, mine))

    async def missing(self, _request: Request, _error: Exception) -> Response:
        return await self._page("missing.html", self._paint(), status=404)

    async def style(self, _request: Request) -> Response:
        return Response(self._style, media_type="text/css")

    async def metrics(self, _request: Request) -> Response:
        body = self._exposition.render(self._paint(), self._states())
        return Response(body, headers={"content-type": metrics.CONTENT_TYPE})

    async def healthy(self, _request: Request) -> Response:
        health = self._health()
        return _word(holds=health.healthy, word="healthy", said=health.said)

    async def ready(self, _request: Request) -> Response:
        health = self._health()
        return _word(holds=health.ready, word="ready", said=health.said)

    async def _page(
        self, name: str, picture: Picture, *, status: int = 200, **shown: Any
    ) -> Response:
        refresh = REFRESH_SECONDS_IN_LABORATORY if picture.laboratory else REFRESH_SECONDS
        now = picture.at
        # A large site takes half a second, and the visits share this loop.
        html = await asyncio.to_thread(
            self._templates.get_template(name).render,
            picture=picture,
            most=MOST_ROWS,
            refresh=refresh,
            now=views.moment(now, now),
            moment=lambda at: views.moment(at, now),
            holds=views.holds(picture),
            **shown,
        )
        return HTMLResponse(html, status_code=status)


class _Strict:
    """GET only, and the headers that keep a browser from doing anything but showing the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
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
