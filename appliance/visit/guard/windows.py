"""
When a zone may be visited, in plant time.

On the two nights when the clocks change, words such as "02:30" may mean two moments, or none.  A
blackout then lasts from the earliest moment its words may mean to the latest; an allowed window
from the latest to the earliest, so it counts only when we are certainly inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.site.scalars import Window
from appliance.site.zones import Zone
from appliance.visit.guard.hold import first_line

AHEAD_DAYS = 15
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Opening:
    """
    Whether a zone may be visited.  `until` (UTC) is when that ends; None: not in the next two
    weeks, or nobody knows.
    """

    open: bool
    why: str
    until: datetime | None = None


def open_at(zone: Zone, moment: datetime, tz: ZoneInfo, announced: str = "") -> Opening:
    """Whether `moment` lies in the zone's windows and in no blackout.

    `announced` is what another system's file says; a text is a blackout of unknown length.
    """
    if announced:
        return Opening(False, f"zone {zone.id} is in a blackout that was announced: {announced}")
    for window in zone.blackout:
        span = _holding(_spans((window,), moment, tz, blackout=True), moment)
        if span is not None:
            both = _holding(_spans(zone.blackout, moment, tz, blackout=True), moment)
            ends = both[1] if both else span[1]
            why = f"zone {zone.id} is in its blackout {window} until {_local(ends, tz)}"
            return Opening(False, why, ends)
    spans = _open_spans(zone, moment, tz)
    inside = _holding(spans, moment)
    if inside is not None:
        until = None if inside[1] >= _horizon(moment) else inside[1]
        end = f" until {_local(until, tz)}" if until else ""
        return Opening(True, f"zone {zone.id} may be visited{end}", until)
    opens = next((start for start, _ in spans if start > moment), None)
    listed = ", ".join(str(w) for w in zone.window)
    then = f"the next begins {_local(opens, tz)}" if opens else "none begins in the next two weeks"
    return Opening(False, f"zone {zone.id} is visited only in its window {listed}; {then}", opens)


def next_opening(zone: Zone, moment: datetime, tz: ZoneInfo) -> datetime | None:
    """The first moment from `moment` on when the zone may be visited; None: not in two weeks."""
    for start, end in _open_spans(zone, moment, tz):
        if end > moment:
            return max(start, moment)
    return None


def announced(path: Path | None) -> str:
    """
    The blackout another system has written to this file; empty when there is none.

    A file that is missing or empty is none.  What cannot be read is one, and so is a missing
    directory: a share that is not mounted tells nothing about the plant.
    """
    if path is None:
        return ""
    try:
        if not path.parent.is_dir():
            return f"{path.parent} is not there, so nobody knows"
        if path.stat().st_size == 0:
            return ""
        if path.is_file() and not path.read_bytes()[:65_536].strip():
            return ""
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path} cannot be read ({error.strerror}), so nobody knows"
    return first_line(path) or f"{path} says nothing that can be read"


def _open_spans(zone: Zone, moment: datetime, tz: ZoneInfo) -> list[Span]:
    """The spans around `moment` when the zone may be visited, in order, in UTC."""
    everything = [(moment - timedelta(days=2), _horizon(moment))]
    allowed = _spans(zone.window, moment, tz, blackout=False) if zone.window else everything
    for start, end in _spans(zone.blackout, moment, tz, blackout=True):
        allowed = [piece for span in allowed for piece in _without(span, start, end)]
    return allowed


def _without(span: Span, start: datetime, end: datetime) -> Iterator[Span]:
    if span[0] < min(start, span[1]):
        yield span[0], min(start, span[1])
    if max(end, span[0]) < span[1]:
        yield max(end, span[0]), span[1]


def _spans(
    windows: tuple[Window, ...], moment: datetime, tz: ZoneInfo, *, blackout: bool
) -> list[Span]:
    """What the windows mean around `moment`, in UTC, in order, touching spans joined."""
    today = moment.astimezone(tz).date()
    found = []
    for ahead in range(-2, AHEAD_DAYS + 1):
        day = today + timedelta(days=ahead)
        for window in windows:
            if day.weekday() not in window.days:
                continue
            span = _meant(window, day, tz, blackout=blackout)
            if span[0] < span[1]:
                found.append(span)
    return _joined(sorted(found))


def _meant(window: Window, day: date, tz: ZoneInfo, *, blackout: bool) -> Span:
    last = day + timedelta(days=1) if window.ends < window.starts else day
    starts = _moments(datetime.combine(day, window.starts), tz)
    ends = _moments(datetime.combine(last, window.ends), tz)
    return (min(starts), max(ends)) if blackout else (max(starts), min(ends))


def _moments(local: datetime, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """Both moments a plant time may mean; the same one twice on all nights but two."""
    first, second = (local.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    assert all(a[1] < b[0] for a, b in pairwise(joined))
    return joined


def _holding(spans: list[Span], moment: datetime) -> Span | None:
    return next((s for s in spans if s[0] <= moment < s[1]), None)


def _horizon(moment: datetime) -> datetime:
    return moment + timedelta(days=AHEAD_DAYS - 1)


def _local(moment: datetime, tz: ZoneInfo) -> str:
    return f"{moment.astimezone(tz):%a %H:%M} ({tz.key})"
