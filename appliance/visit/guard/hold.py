"""
Stopping by people: the site, a zone or an asset on hold until somebody releases it.

A hold is kept, so a restart, a reload or a power cut ends none.  Making one is for everybody
and must not fail; lifting one is a decision with a name and a reason.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from appliance.clock import Clock
from appliance.visit.guard.event import Event
from appliance.visit.guard.kept import Kept

SITE = "site"
KIND = "hold"
LONGEST = 500

By = Literal["person", "file", "signal", "copy"]


@dataclass(frozen=True)
class Hold:
    """Nothing is sent within `scope`: site, zone:ID or asset:ID.  `since` is wall time."""

    scope: str
    who: str
    why: str
    since: datetime
    by: By = "person"

    @property
    def said(self) -> str:
        reason = f": {self.why}" if self.why else ""
        return f"{named(self.scope)} is on hold since {self.since:%Y-%m-%d %H:%M} UTC by {self.who}{reason}."


@dataclass(frozen=True)
class HoldFile:
    """A hold file that is there: its owner and its first line."""

    path: Path
    who: str
    why: str


def named(scope: str) -> str:
    """A scope as a sentence begins with it."""
    return "The site" if scope == SITE else scope.replace(":", " ", 1).capitalize()


def scope_of(text: str) -> str:
    """The scope itself.  Raises `ValueError` saying what to write."""
    kind, _, name = text.partition(":")
    if text != SITE and (kind not in ("zone", "asset") or not name):
        raise ValueError(f"found the scope {text!r}; write site, zone:ID or asset:ID")
    return text


class StillThere(Exception):
    """A hold cannot be released while what made it is there; the text says what to do."""


class Holds:
    """
    All holds, in memory and kept.

    Asked before every packet, so it answers from memory; one process writes the kept file.
    `in_force` is told of each as soon as it holds, before anything is written.
    """

    def __init__(self, kept: Kept, clock: Clock) -> None:
        self.in_force: Callable[[str], None] = lambda _: None
        self._kept = kept
        self._clock = clock
        self._file: HoldFile | None = None
        self._untold: list[Event] = []
        self._holds: dict[str, tuple[Hold, ...]] = {
            scope: tuple(_of(plain) for plain in value["holds"])
            for scope, value in kept.all(KIND).items()
        }

    def put(self, scope: str, who: str, why: str, by: By = "person") -> Event:
        """
        Hold from now on.  Whoever holds what is on hold already adds his own name and reason.

        Raises `sqlite3.Error` for a disk that does not take it; then it holds in this process, and
        is written as soon as the disk does.
        """
        hold = Hold(scope_of(scope), _plain(who), _plain(why), self._clock.now(), by)
        same = [h for h in self._holds.get(scope, ()) if (h.who, h.by) == (hold.who, by)]
        if same:
            hold = replace(hold, since=same[0].since)
        others = tuple(h for h in self._holds.get(scope, ()) if h not in same)
        # In memory first: a full disk must not keep anybody from stopping us.
        self._holds[scope] = (*others, hold)
        self.in_force(hold.said)
        self._kept.insist(KIND, scope, {"holds": [_to(h) for h in self._holds[scope]]})
        event = Event("hold.put", scope, hold.said)
        try:
            self._kept.flush()
        except sqlite3.Error:
            self._untold.append(event)
            raise
        return event

    def release(self, scope: str, who: str, why: str) -> Event | None:
        """
        End every hold of this scope; None when there was none.

        Raises `StillThere` while the file that made one of them is there.
        """
        held = self._holds.get(scope_of(scope), ())
        if scope == SITE and self._file is not None:
            raise StillThere(f"the hold file {self._file.path} is still there; remove it first")
        if any(h.by == "copy" for h in held):
            raise StillThere(
                "this ledger is a copy, and two appliances of one plan would double what devices "
                'bear; when the other one is gone, run upheld evidence adopt --why "..."'
            )
        if not held:
            return None
        # On the disk first: after a power cut it must not be on hold again without a word.
        self._kept.drop(KIND, scope)
        del self._holds[scope]
        were = "; ".join(f"held by {h.who}{f': {h.why}' if h.why else ''}" for h in held)
        reason = f": {_plain(why)}" if why else ""
        said = f"{named(scope)} was released by {_plain(who)}{reason} ({were})."
        return Event("hold.released", scope, said)

    def adopted(self, who: str, why: str) -> tuple[Event, ...]:
        """End the hold over a copied ledger; other holds stay."""
        held = self._holds.get(SITE, ())
        rest = tuple(h for h in held if h.by != "copy")
        if len(rest) == len(held):
            return ()
        if rest:
            self._kept.put(KIND, SITE, {"holds": [_to(h) for h in rest]})
            self._holds[SITE] = rest
        else:
            self._kept.drop(KIND, SITE)
            del self._holds[SITE]
        return (
            Event("hold.released", SITE, f"The copy was adopted by {_plain(who)}: {_plain(why)}."),
        )

    def seen(self, file: HoldFile | None) -> Event | None:
        """
        What the look for hold files brought; an event when one has appeared, or when the disk takes
        a hold that it did not take when it began.

        The hold stays when the file goes: who may stop us need not be one who may start us.
        """
        before, self._file = self._file, file
        if file is not None and file != before:
            known = any((h.by, h.who, h.why) == ("file", file.who, file.why) for h in self.all())
            if not known:
                return self.put(SITE, file.who, file.why, "file")
        return self._written_late()

    def _written_late(self) -> Event | None:
        if not self._untold:
            return None
        try:
            self._kept.flush()
        except sqlite3.Error:
            return None
        return self._untold.pop(0)

    def holding(self, asset: str, zone: str) -> Hold | None:
        """Why nothing may be sent to this asset; the widest hold there is."""
        for scope in (SITE, f"zone:{zone}", f"asset:{asset}"):
            if held := self._holds.get(scope):
                return held[0]
        return None

    def all(self) -> tuple[Hold, ...]:
        """The site's first, then by scope, the oldest first."""
        order = sorted(self._holds, key=lambda scope: (scope != SITE, scope))
        return tuple(hold for scope in order for hold in self._holds[scope])

    def quiet_since(self, last_sent: datetime | None) -> datetime | None:
        """
        Since when nothing was sent at all; None while the site is not on hold.

        `last_sent` is the last packet of this process; without one the hold is older than it.
        """
        held = self._holds.get(SITE)
        if not held:
            return None
        return last_sent or min(h.since for h in held)


def file_hold(paths: Iterable[Path]) -> HoldFile | None:
    """
    The first hold file that is there.

    Its presence decides: one that cannot be read, a link to nowhere or a directory holds too.
    """
    for path in paths:
        try:
            found = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            return HoldFile(path, "nobody knows", f"{path} cannot be looked for ({error.strerror})")
        return HoldFile(path, f"uid {found.st_uid}", first_line(path) or f"{path} is there")
    return None


def first_line(path: Path) -> str:
    """The first line that says something, printable and short; empty when there is none to read."""
    try:
        # Without O_NONBLOCK a pipe of that name would stop whoever looks.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return ""
    try:
        raw = os.read(file, 4 * LONGEST) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    except OSError:
        return ""
    finally:
        os.close(file)
    lines = raw.decode(errors="replace").splitlines()
    return next((text for line in lines if (text := _plain(line))), "")


def _plain(text: str) -> str:
    """Somebody's words without what would break a line, a page or a terminal."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:LONGEST]


def _to(hold: Hold) -> dict[str, Any]:
    return {**asdict(hold), "since": hold.since.isoformat()}


def _of(plain: dict[str, Any]) -> Hold:
    return Hold(**{**plain, "since": datetime.fromisoformat(plain["since"])})
