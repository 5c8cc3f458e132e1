"""
What a restart must not forget of the drills, in one small file beside the ledger.

The evidence is the ledger's entries; this is the working memory, with the codes in it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog

from appliance.ledger import durable
from checks.facts.codec import build, canonical, plain

FILE = "drills.json"
KEPT = 20
RECORDED, MQTT, PROMETHEUS, PERSON = "recorded", "mqtt", "prometheus", "person"

log = structlog.get_logger()


class BookError(Exception):
    """Which file, what is wrong, what to do."""


@dataclass(frozen=True)
class Hop:
    """
    One step of the way; `shown` is None while nobody knows yet.

    `ms` is counted from the verdict; None where a restart lies between, or nothing was shown.
    """

    name: str
    shown: bool | None = None
    said: str = ""
    ms: int | None = None


@dataclass(frozen=True)
class Sent:
    """One message in the outbox: its row, and its number in its stream."""

    outlet: str
    row: int
    sequence: int


@dataclass(frozen=True)
class Drill:
    """
    One drill; `entry` is None when it never came to its verdict being written down.

    `ended`: its alert was taken back.  `wrong` counts codes that were not its own.
    """

    id: str
    code: str
    begun: datetime
    ends: datetime
    why: str
    entry: int | None = None
    sent: tuple[Sent, ...] = ()
    hops: tuple[Hop, ...] = ()
    confirmed: datetime | None = None
    confirmed_by: str = ""
    ended: bool = False
    wrong: int = 0

    @property
    def fires(self) -> bool:
        return self.entry is not None and not self.ended

    @property
    def under_way(self) -> bool:
        return not self.ended or any(h.shown is None for h in self.hops if h.name != PERSON)

    def hop(self, name: str) -> Hop | None:
        return next((h for h in self.hops if h.name == name), None)

    def with_hop(self, hop: Hop) -> Drill:
        return replace(self, hops=tuple(hop if h.name == hop.name else h for h in self.hops))


@dataclass(frozen=True)
class Pages:
    """`since` is when drills were first planned here; `drills` are the newest, oldest first."""

    since: datetime | None = None
    first: datetime | None = None
    confirmed: datetime | None = None
    drills: tuple[Drill, ...] = ()


class Book:
    """Writing raises `BookError`; a file that cannot be read is put aside."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE
        self.pages = self._read()

    @property
    def newest(self) -> Drill | None:
        return self.pages.drills[-1] if self.pages.drills else None

    def put(self, drill: Drill) -> None:
        """A new drill, or one that went on."""
        kept = [d for d in self.pages.drills if d.id != drill.id]
        begun = min((d.begun for d in (*kept, drill)), default=drill.begun)
        confirmed = max(filter(None, (self.pages.confirmed, drill.confirmed)), default=None)
        drills = sorted((*kept, drill), key=lambda d: d.begun)[-KEPT:]
        self._write(
            replace(
                self.pages,
                drills=tuple(drills),
                first=self.pages.first or begun,
                confirmed=confirmed,
            )
        )

    def planned(self, since: datetime | None) -> None:
        """Drills are planned from now on, or no more."""
        if (since is None) != (self.pages.since is None):
            self._write(replace(self.pages, since=since))

    def _write(self, pages: Pages) -> None:
        try:
            durable.write(self._path, canonical(plain(pages)), mode=0o600, replace=True)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise BookError(f"{self._path}: {why}; no drill can be run") from error
        self.pages = pages

    def _read(self) -> Pages:
        try:
            pages = build(Pages, json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return Pages()
        except (OSError, TypeError, ValueError, KeyError) as error:
            # What was confirmed is lost with it, so nothing is shown by it any more: a finding.
            aside = self._path.with_suffix(".unreadable")
            log.error("drills unreadable, begun anew", kept_as=str(aside), why=str(error))
            with suppress(OSError):
                self._path.replace(aside)
            return Pages()
        assert isinstance(pages, Pages)
        return pages
