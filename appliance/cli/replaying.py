"""`upheld replay`: what another configuration would have said of what was seen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.ending import fail, guarded
from appliance.cli.moments import moment
from appliance.cli.options import Format
from appliance.cli.printing import as_json
from appliance.judge.judging import Judge
from appliance.ledger.package.otherwise import Compared, Line, compare, is_worse
from appliance.ledger.package.tables import instant, lasting
from appliance.outlets.text import harmless
from appliance.rounds.cadence import Cadence
from appliance.site.loading import Loaded, load
from appliance.site.model import Site
from appliance.visit.asks import asks
from appliance.visit.reach import NEVER, looks
from checks import ALL

IN_FORCE = "/etc/upheld"


def replay(
    config: Annotated[
        Path, typer.Option("-c", "--config", help="Judge by the configuration in this directory.")
    ],
    start: Annotated[
        str, typer.Option("--from", help="Begin with this UTC day or time, such as 2026-03-01.")
    ] = "",
    end: Annotated[
        str, typer.Option("--to", help="End with this UTC day, or before this time.")
    ] = "",
    instead_of: Annotated[
        Path | None,
        typer.Option(help="The configuration in force; else $UPHELD_CONFIG or /etc/upheld."),
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option(help="Read this ledger, not the one of the new configuration.")
    ] = None,
    format: Annotated[  # noqa: A002
        Format, typer.Option(help="Print a table for people or JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """
    Judge the recorded observations again by another configuration or by this version's checks.

    Nothing is asked and nothing is recorded. What was never looked at stays inconclusive: a new
    service or vantage was not visited then. Exits with 0 when no control would have failed that
    was not recorded as failing, and with 1 when one would.
    """
    loaded = guarded(lambda: load(config))
    before = _in_force(instead_of, config, loaded)
    path = ledger or Path(loaded.site.appliance.state_dir) / "ledger.db"
    if not guarded(path.exists):
        fail(f"{path}: there is no ledger; write --ledger FILE")
    found = guarded(
        lambda: compare(
            path,
            judge_of(loaded.site),
            before.site,
            moment("--from", start),
            moment("--to", end, last=True),
        )
    )
    if format is Format.JSON:
        typer.echo(as_json(_plain(found), indent=2))
    else:
        _table(found)
    raise typer.Exit(1 if any(map(is_worse, found.lines)) else 0)


def judge_of(site: Site) -> Judge:
    """This version's checks over that site, at the pace its assets are visited."""
    laboratory = site.site.laboratory
    planned = {
        a.id: asks(a, looks(site, a), laboratory=laboratory)
        for a in site.assets
        if a.probing != NEVER and not a.safety
    }
    return Judge(site, ALL, Cadence(site, planned).interval)


def _in_force(instead_of: Path | None, config: Path, loaded: Loaded) -> Loaded:
    place = instead_of or Path(os.environ.get("UPHELD_CONFIG") or IN_FORCE)
    if place.absolute() == config.absolute() or (instead_of is None and not place.is_dir()):
        return loaded
    return guarded(lambda: load(place))


def _table(found: Compared) -> None:
    for line in found.lines:
        since = f" since {instant(line.since)}" if line.since else ""
        typer.echo(
            f"{line.key}: {line.recorded or 'nothing'} -> {line.would_be or 'nothing'}{since}"
        )
        if line.first is not None:
            typer.echo(f"    differs for {lasting(line.differed)}, first at {instant(line.first)}")
        if line.said:
            typer.echo(f"    {harmless(line.said, 600)}")
    for then, now in found.cells:
        typer.echo(f"{now.zone} {now.requirement.id}: {then.cell.value} -> {now.cell.value}")
    typer.echo(
        f"{instant(found.period.start)} to {instant(found.period.end)}: {len(found.lines)} keys "
        f"differ, {found.same} do not; {len(found.cells)} cells differ at the end"
    )
    for note in found.notes:
        typer.echo(f"note: {harmless(note, 600)}")
    if found.unread:
        typer.echo(f"{found.unread} observations are of a shape this version does not read")


def _plain(found: Compared) -> dict[str, Any]:
    return {
        "from": instant(found.period.start),
        "to": instant(found.period.end),
        "same": found.same,
        "unread_observations": found.unread,
        "notes": list(found.notes),
        "keys": [_line(line) for line in found.lines],
        "cells": [
            {"zone": now.zone, "requirement": now.requirement.id, "recorded": then.cell.value,
             "would_be": now.cell.value}
            for then, now in found.cells
        ],
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    return {
        "key": str(line.key),
        "recorded": line.recorded or None,
        "would_be": line.would_be or None,
        "since": instant(line.since) if line.since else None,
        "first_differed": instant(line.first) if line.first else None,
        "differed_seconds": int(line.differed.total_seconds()),
        "would_fail_seconds": int(line.failing.total_seconds()),
        "said": line.said,
    }
