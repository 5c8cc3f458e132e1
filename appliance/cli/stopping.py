"""`upheld hold`, `release`, `trust`, `rearm`, `ack`: how people stop it and let it go on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from appliance import daemon
from appliance.cli.ending import fail, run
from appliance.cli.options import Directory
from appliance.clock import SystemClock
from appliance.ledger import bodies
from appliance.outlets.text import harmless
from appliance.rounds.acknowledging import NOBODY_RUNS, is_alert
from appliance.running import commands, lock
from appliance.site.loading import Loaded, load, state_dir_of
from appliance.site.problems import SiteError
from appliance.visit.guard import GUARD_FILE
from appliance.visit.guard.canary import Canaries
from appliance.visit.guard.commands import RUN_FILE, Obeyed, Parts, hold_files, obey
from appliance.visit.guard.hold import SITE, Holds
from appliance.visit.guard.kept import Kept
from appliance.visit.guard.latch import Latches
from appliance.visit.guard.peers import may, myself, operators_group
from appliance.visit.guard.stops import Stops
from appliance.visit.guard.trust import Trusts

_AT_ONCE = "To stop it at once: touch {} or {}"

Why = Annotated[str, typer.Option(help="Say why; it is written down with your name.")]
Zone = Annotated[str | None, typer.Option(help="This zone only.")]
Asset = Annotated[str | None, typer.Option(help="This asset only.")]
WholeSite = Annotated[bool, typer.Option("--site", help="The whole site.")]


def hold(
    config: Directory,
    *,
    site: WholeSite = False,
    zone: Zone = None,
    asset: Asset = None,
    why: Why = "",
) -> None:
    """
    Send nothing more, to the whole site unless a zone or an asset is named, until released.

    Everybody who reaches the running upheld may do this. It survives a restart.
    """
    scope = _scope(zone, asset, site=site or not (zone or asset))
    _give(config, {"command": "hold", "scope": scope, "why": why})


def release(
    config: Directory,
    why: Why,
    *,
    site: WholeSite = False,
    zone: Zone = None,
    asset: Asset = None,
) -> None:
    """End a hold. A hold made by a file needs the file gone first."""
    _give(config, {"command": "release", "scope": _scope(zone, asset, site=site), "why": why})


def trust(
    config: Directory,
    why: Why,
    asset: Annotated[str | None, typer.Argument(help="One asset.")] = None,
    type: Annotated[  # noqa: A002
        str | None, typer.Option(help="Every asset of this type.")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Every asset of this zone.")] = None,
) -> None:
    """Let assets that wait for it have their first whole visit, while you watch."""
    _give(config, {"command": "trust", "asset": asset, "type": type, "zone": zone, "why": why})


def rearm(
    config: Directory,
    credential: Annotated[str, typer.Argument(help="The credential's id.")],
    why: Why,
) -> None:
    """Let a credential be tried again after a login with it had failed."""
    _give(config, {"command": "rearm", "credential": credential, "why": why})


def ack(
    config: Directory,
    subject: Annotated[
        str, typer.Argument(help="An asset, a zone, the word site, or the key of an alert.")
    ],
    why: Why,
) -> None:
    """
    Say that you have looked: at what Upheld stopped for by itself, which lets it go on, or at an
    alert (ASSET.SERVICE.CHECK, as it is told), which stays acknowledged until its state changes.
    """
    _give(config, {"command": "ack", "subject": subject, "why": why})


def _scope(zone: str | None, asset: str | None, *, site: bool) -> str:
    if site + bool(zone) + bool(asset) != 1:
        fail("name one of --site, --zone ZONE and --asset ASSET")
    if site:
        return SITE
    return f"zone:{zone}" if zone else f"asset:{asset}"


def _give(config: Path, command: dict[str, Any]) -> None:
    command["sudo_user"] = os.environ.get("SUDO_USER", "")
    answer = run(_answer(config, command))
    if "error" in answer:
        fail("\n".join(harmless(line, 2000) for line in str(answer["error"]).splitlines()))
    for line in answer["said"]:
        typer.echo(harmless(line, 2000))


async def _answer(config: Path, command: dict[str, Any]) -> dict[str, Any]:
    # Whoever has just broken the configuration must still be able to stop what runs on the old one.
    try:
        state_dir = state_dir_of(config)
    except SiteError as error:
        return {"error": f"{error}\n{_AT_ONCE.format(RUN_FILE, config / 'STOP')}"}
    if (answer := await commands.send(state_dir, command)) is not None:
        return answer
    return await _alone(config, state_dir, command)


async def _alone(config: Path, state_dir: Path, command: dict[str, Any]) -> dict[str, Any]:
    """Without a daemon: the same kept file, under the same lock."""
    if is_alert(command):
        return {"error": NOBODY_RUNS}
    state_dir.mkdir(parents=True, exist_ok=True)
    own = state_dir.stat().st_uid
    name = command["command"]
    if why_not := may(name, myself(), own=own, operators=operators_group()):
        return {"error": why_not}
    try:
        owned = lock.take(state_dir)
    except lock.Taken as taken:
        return {"error": f"{taken}\n{_AT_ONCE.format(RUN_FILE, config / 'STOP')}"}
    kept = Kept.open(state_dir / GUARD_FILE)
    try:
        try:
            loaded = load(config)
        except SiteError:
            if (name, command.get("scope")) != ("hold", SITE):
                raise
            event = Holds(kept, SystemClock()).put(SITE, myself().who, str(command["why"]))
            return {"said": [event.said]}
        obeyed = obey(command, myself().who, _parts(config, loaded, kept))
        await _write_down(loaded, state_dir, obeyed)
        return obeyed.answer
    finally:
        kept.close()
        owned.close()


def _parts(config: Path, loaded: Loaded, kept: Kept) -> Parts:
    clock = SystemClock()
    return Parts(
        site=loaded.site,
        holds=Holds(kept, clock),
        trusts=Trusts(kept, clock, laboratory=loaded.site.site.laboratory),
        latches=Latches(kept, clock),
        stops=Stops(kept, clock),
        canaries=Canaries(kept, clock),
        hold_files=hold_files(config),
    )


async def _write_down(loaded: Loaded, state_dir: Path, obeyed: Obeyed) -> None:
    if not obeyed.events:
        return
    now = SystemClock().now()
    store = daemon.open_store(loaded, state_dir)
    try:
        await store.commit([bodies.guard(event, now) for event in obeyed.events])
    finally:
        await store.close()
