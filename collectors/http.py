"""
Ask a web server for the declared paths, as somebody who is not logged in.

On the wire: for each path one TCP connection (https: with one TLS handshake, no name and no
certificate of ours) and one GET with `Connection: close`; the answer is read up to the limit, and
what is longer is cut.  No redirect is followed, nothing on the page is fetched or run.

Never sent: any other method, a path that is not declared, a body, a cookie, a credential.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

import h11

from checks.facts.clocks import ClockReading
from checks.facts.http import HttpPage, HttpPages
from collectors import http_page
from collectors.errors import CollectError, HungUp, NotPermitted, Unintelligible
from collectors.http_channel import Channel, opened
from collectors.wire import Target, Wire

MOST_BODY = 64 * 1024
"""Octets read of a page; half of it of each of two pages, and so on."""
MOST_HEAD = 16 * 1024
MOST_EARLY = 4

_VERSIONS = (b"1.0", b"1.1")
_USUAL_PORTS = {"http": 80, "https": 443}
# HTTP tells whole seconds.
_RESOLUTION_MS = 1_000


def _agent() -> str:
    try:
        return f"upheld/{version('upheld')}"
    except PackageNotFoundError:
        return "upheld"


_AGENT = _agent()


async def pages(wire: Wire, target: Target, *, paths: tuple[str, ...]) -> HttpPages:
    """
    Every path in its order, with the clock of the fastest answer that told the time.

    Raises `CollectError` when any of them has no whole answer: `NotPermitted` without a path,
    `Unintelligible` for what is no HTTP, `HungUp` for a half answer, and what `Wire.stream` raises.
    """
    if not paths:
        raise NotPermitted(target, "the inventory declares no path of it; write paths: [/]")
    most = MOST_BODY >> (len(paths) - 1)
    found: list[HttpPage] = []
    clocks: list[ClockReading] = []
    for path in paths:
        page, clock = await _page(wire, target, path, most)
        found.append(page)
        clocks += [clock] if clock else []
    return HttpPages(tuple(found), min(clocks, key=lambda c: c.round_trip_ms, default=None))


async def _page(
    wire: Wire, target: Target, path: str, most: int
) -> tuple[HttpPage, ClockReading | None]:
    doing = f"asking for {path}"
    try:
        async with opened(wire, target, cap=MOST_HEAD + 2 * most) as channel:
            answer, moments = await _exchange(wire, channel, target, path, most)
        return http_page.page(answer, most=most), _clock(answer, moments)
    except CollectError as error:
        raise error.retold(error.doing or doing) from error.__cause__
    except h11.RemoteProtocolError as error:
        raise Unintelligible(target, f"it is not HTTP: {error}", doing) from error
    except ValueError as error:
        raise Unintelligible(target, str(error), doing) from error


@dataclass(frozen=True)
class _Moments:
    """When the request had left and when the head of the answer was here."""

    sent: float
    wall: datetime
    heard: float


async def _exchange(
    wire: Wire, channel: Channel, target: Target, path: str, most: int
) -> tuple[http_page.Answer, _Moments]:
    ours = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
    host = _host(target)
    request = h11.Request(
        method="GET",
        target=path,
        headers=[
            ("Host", host),
            ("User-Agent", _AGENT),
            ("Accept", "text/html, */*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ],
    )
    message = (ours.send(request) or b"") + (ours.send(h11.EndOfMessage()) or b"")
    await channel.send(message)
    sent, wall = wire.gate.now(), wire.gate.wall()
    head = await _head(ours, channel, target)
    moments = _Moments(sent, wall, wire.gate.now())
    body, cut = await _body(ours, channel, target, most)
    answer = http_page.Answer(
        url=f"{target.protocol}://{host}{path}",
        path=path,
        status=head.status_code,
        headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers],
        body=body,
        cut=cut,
    )
    return answer, moments


async def _head(ours: h11.Connection, channel: Channel, target: Target) -> h11.Response:
    for _ in range(MOST_EARLY + 1):
        event = await _next(ours, channel, target)
        if isinstance(event, h11.Response):
            if event.http_version not in _VERSIONS:
                told = event.http_version.decode("ascii", errors="replace")
                raise Unintelligible(target, f"it answers in HTTP/{told}, which nobody asked for")
            return event
    raise Unintelligible(target, f"it gave {MOST_EARLY} answers that say wait")


async def _body(
    ours: h11.Connection, channel: Channel, target: Target, most: int
) -> tuple[bytes, bool]:
    """The body, and whether it was cut."""
    body = bytearray()
    while len(body) <= most:
        event = await _next(ours, channel, target)
        if isinstance(event, h11.EndOfMessage):
            return bytes(body), False
        if isinstance(event, h11.Data):
            body += event.data
    return bytes(body[:most]), True


async def _next(ours: h11.Connection, channel: Channel, target: Target) -> object:
    event = ours.next_event()
    while event is h11.NEED_DATA:
        data = await channel.receive()
        ours.receive_data(data)
        try:
            event = ours.next_event()
        except h11.RemoteProtocolError as error:
            if data:
                raise
            what = "the connection was closed before the answer was whole"
            raise HungUp(target, what) from error
    if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
        raise Unintelligible(target, "it goes over to another protocol")
    return event


def _clock(answer: http_page.Answer, moments: _Moments) -> ClockReading | None:
    told = http_page.told_time(answer)
    if told is None:
        return None
    taken = moments.heard - moments.sent
    half_way = moments.wall + timedelta(seconds=taken / 2)
    return ClockReading(told, half_way, round(taken * 1_000), _RESOLUTION_MS)


def _host(target: Target) -> str:
    host = f"[{target.address}]" if ":" in target.address else target.address
    usual = _USUAL_PORTS[target.protocol] == target.port
    return host if usual else f"{host}:{target.port}"
