"""
What people tell the guard: hold, release, trust, rearm, ack.

The daemon and a command given without one go through here, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.site.model import Asset, Site
from appliance.site.problems import choices
from appliance.visit.guard.canary import Canaries
from appliance.visit.guard.event import Event
from appliance.visit.guard.hold import SITE, Holds, StillThere, file_hold, named
from appliance.visit.guard.latch import Latches
from appliance.visit.guard.stops import Stops
from appliance.visit.guard.trust import Trusts

RUN_FILE = Path("/run/upheld/STOP")
"""The hold file for now; the one in the configuration directory survives a restart."""


@dataclass(frozen=True)
class Parts:
    """The parts of the guard that people speak to."""

    site: Site
    holds: Holds
    trusts: Trusts
    latches: Latches
    stops: Stops
    canaries: Canaries
    hold_files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Obeyed:
    """What was done, for the one who asked (`said`, or `error`) and for the ledger (`events`)."""

    said: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    error: str = ""

    @property
    def answer(self) -> dict[str, Any]:
        """As it goes over the control socket."""
        return {"error": self.error} if self.error else {"said": list(self.said)}


class Mistaken(Exception):
    """The command cannot be followed; the text says what to write instead."""


def hold_files(config: Path) -> tuple[Path, ...]:
    """Where a hold file is looked for."""
    return (RUN_FILE, config / "STOP")


def obey(command: Mapping[str, Any], who: str, parts: Parts) -> Obeyed:
    """Follow one command of somebody who may give it; a mistake is an `error`, nothing done."""
    act = _ACTS.get(str(command.get("command")))
    if act is None:
        return Obeyed(error=f"unknown command {command.get('command')!r}")
    if who == "root" and (person := _text(command, "sudo_user")):
        who = f"root for {person}"
    try:
        return act(command, who, parts)
    except (Mistaken, StillThere, ValueError) as error:
        return Obeyed(error=str(error))


def _hold(command: Mapping[str, Any], who: str, parts: Parts) -> Obeyed:
    event = parts.holds.put(_scope(command, parts.site), who, _text(command, "why"))
    return Obeyed((event.said,), (event,))


def _release(command: Mapping[str, Any], who: str, parts: Parts) -> Obeyed:
    scope = _scope(command, parts.site, may_be_gone=True)
    # Looked for now: without a daemon nobody has looked yet.
    found = parts.holds.seen(file_hold(parts.hold_files))
    event = parts.holds.release(scope, who, _why(command))
    if event is None:
        held = ", ".join(sorted({h.scope for h in parts.holds.all()}))
        raise Mistaken(
            f"{named(scope)} is not on hold; " + (f"on hold: {held}" if held else "nothing is")
        )
    return Obeyed((event.said,), (*((found,) if found else ()), event))


def _trust(command: Mapping[str, Any], who: str, parts: Parts) -> Obeyed:
    why = _why(command)
    said, events = [], []
    for asset in _assets(command, parts.site):
        outcome = parts.trusts.trust(asset.id, who, why)
        if isinstance(outcome, Event):
            events.append(outcome)
            said.append(outcome.said)
        else:
            said.append(f"{outcome}.")
    if not events:
        raise Mistaken(" ".join(said))
    return Obeyed(tuple(said), tuple(events))


def _rearm(command: Mapping[str, Any], who: str, parts: Parts) -> Obeyed:
    name = _named(command, "credential", [c.id for c in parts.site.credentials])
    event = parts.latches.rearm(name, who, _why(command))
    if event is None:
        raise Mistaken(f"{name} is not latched, so there is nothing to rearm")
    return Obeyed((event.said,), (event,))


def _ack(command: Mapping[str, Any], who: str, parts: Parts) -> Obeyed:
    why = _why(command)
    kind, name = _subject(command, parts.site)
    if kind == "asset":
        event = parts.canaries.ack(parts.site.asset(name).address, who, why)
        return Obeyed((event.said,), (event,))
    where = SITE if kind == SITE else f"{kind}:{name}"
    events = parts.stops.ack(where, who, why)
    if not events:
        stopped = ", ".join(s.where for s in parts.stops.all())
        raise Mistaken(
            f"{where} has not stopped by itself; "
            + (f"stopped: {stopped}" if stopped else "nothing has")
        )
    return Obeyed(tuple(e.said for e in events), events)


_ACTS: Mapping[str, Callable[[Mapping[str, Any], str, Parts], Obeyed]] = {
    "hold": _hold,
    "release": _release,
    "trust": _trust,
    "rearm": _rearm,
    "ack": _ack,
}
COMMANDS = frozenset(_ACTS)


def _scope(command: Mapping[str, Any], site: Site, *, may_be_gone: bool = False) -> str:
    """The scope of a hold; what left the inventory while on hold can still be released."""
    scope = _text(command, "scope")
    kind, _, name = scope.partition(":")
    names = {"zone": [z.id for z in site.zones], "asset": [a.id for a in site.assets]}
    if scope == SITE:
        return scope
    if kind not in names or not name:
        raise Mistaken(f"found the scope {scope!r}; write site, zone:ID or asset:ID")
    if name not in names[kind] and not may_be_gone:
        raise Mistaken(f"there is no {kind} {name}; write {choices(name, names[kind])}")
    return scope


def _assets(command: Mapping[str, Any], site: Site) -> tuple[Asset, ...]:
    stated = [key for key in ("asset", "type", "zone") if command.get(key)]
    if len(stated) != 1:
        raise Mistaken("name one asset, or one type with --type, or one zone with --zone")
    key = stated[0]
    if key == "asset":
        return (site.asset(_named(command, key, [a.id for a in site.assets])),)
    known = [t.id for t in site.types] if key == "type" else [z.id for z in site.zones]
    name = _named(command, key, known)
    found = tuple(a for a in site.assets if getattr(a, key) == name and a.probing != "never")
    if not found:
        raise Mistaken(f"no asset of {key} {name} is ever visited")
    return found


def _subject(command: Mapping[str, Any], site: Site) -> tuple[str, str]:
    """What an ack is about, as (kind, id): site, zone:ID, gateway:ID, asset:ID, or an id alone."""
    text = _text(command, "subject")
    if text == SITE:
        return SITE, ""
    names = {"zone": {z.id for z in site.zones}, "asset": {a.id for a in site.assets}}
    names["gateway"] = names["asset"]
    kind, colon, name = text.partition(":")
    if colon:
        if kind in names and name in names[kind]:
            return kind, name
    else:
        fitting = [k for k in ("zone", "asset") if text in names[k]]
        if len(fitting) == 1:
            return fitting[0], text
        if fitting:
            raise Mistaken(f"{text} is a zone and an asset; write zone:{text} or asset:{text}")
    near = choices(name or text, {"site", *names["zone"], *names["asset"]})
    raise Mistaken(f"there is no zone or asset {text}; write {near}")


def _named(command: Mapping[str, Any], key: str, known: list[str]) -> str:
    name = _text(command, key)
    if name not in known:
        raise Mistaken(f"there is no {key} {name}; write {choices(name, known)}")
    return name


def _why(command: Mapping[str, Any]) -> str:
    if not (why := _text(command, "why")):
        raise Mistaken('say why with --why "..."; it is written down with your name')
    return why


def _text(command: Mapping[str, Any], key: str) -> str:
    value = command.get(key)
    return value.strip() if isinstance(value, str) else ""
