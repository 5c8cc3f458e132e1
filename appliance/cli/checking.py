"""`upheld check`: a visit now, by the running daemon or, without one, by this process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.alone import alone
from appliance.cli.ending import fail, guarded, run
from appliance.cli.options import Directory, Format
from appliance.cli.printing import as_json, print_judged, working
from appliance.outlets import logs
from appliance.outlets.text import harmless
from appliance.running import commands
from appliance.running.answers import run_checks
from appliance.running.reporting import exit_code
from appliance.running.ruling import Ruling
from appliance.site.loading import Loaded, load
from appliance.visit.guard.restraint import Extent
from checks import ALL

WORST_FIRST = ("fail", "inconclusive", "pass", "not-applicable")
MOST_CHOICES = 40
NEXT = """\
New assets earn trust: keep `upheld run` going, after 24 hours of answering each waits for
`upheld trust ASSET --why "..."` and has one whole visit while you watch; then it is visited for good.
On a bench with nothing real connected, write laboratory: true below site: to skip that."""


def check(
    config: Directory,
    asset: Annotated[str | None, typer.Option(help="Visit this asset only.")] = None,
    zone: Annotated[str | None, typer.Option(help="Visit the assets of this zone only.")] = None,
    check: Annotated[str | None, typer.Option(help="Show the verdicts of this check only.")] = None,
    format: Annotated[  # noqa: A002
        Format, typer.Option(help="Print a table for people or JSON for programs.")
    ] = Format.TABLE,
    *,
    due_anyway: Annotated[
        bool, typer.Option("--due-anyway", help="Ask also what is not due yet.")
    ] = False,
) -> None:
    """
    Visit the assets now and say what holds.

    Exits with 0 when nothing fails, 1 when something fails, 3 when nothing fails but something is
    unknown or nothing was due, and 2 when the command or the configuration is wrong.
    """
    loaded = guarded(lambda: load(config))
    command = {
        "command": "check",
        "asset": asset,
        "zone": zone,
        "check": check,
        "due_anyway": due_anyway,
    }
    refuse_unknown(loaded, command)
    with working("Visiting the assets..."):
        answer = run(visited_now(config, loaded, command))
    if "error" in answer:
        fail(answer["error"])
    if format is Format.JSON:
        typer.echo(as_json(answer, indent=2))
    else:
        _table(answer)
        _left_alone(answer, loaded)
    raise typer.Exit(exit_code(answer["results"]))


async def visited_now(config: Path, loaded: Loaded, command: dict[str, Any]) -> dict[str, Any]:
    logs.configure(level="error")
    state_dir = Path(loaded.site.appliance.state_dir)
    if (answer := await commands.send(state_dir, command)) is not None:
        return answer
    async with alone(config, loaded) as rounds, Ruling(rounds, config).watching():
        return await run_checks(rounds, command)


def refuse_unknown(loaded: Loaded, command: dict[str, Any]) -> None:
    """End with the choices when an asset, zone or check is named that does not exist."""
    for kind, names in (
        ("asset", [a.id for a in loaded.site.assets]),
        ("zone", [z.id for z in loaded.site.zones]),
        ("check", [c.id for c in ALL]),
    ):
        wanted = command[kind]
        if wanted is not None and wanted not in names:
            fail(f"--{kind}: there is no {kind} {wanted!r}; write {_choices(names)}")


def _choices(names: list[str]) -> str:
    listed = ", ".join(names[:MOST_CHOICES])
    more = f" and {len(names) - MOST_CHOICES} more" if len(names) > MOST_CHOICES else ""
    return f"one of {listed}{more}" if names else "it into the configuration first"


def _table(answer: dict[str, Any]) -> None:
    rows = sorted(answer["results"], key=lambda row: WORST_FIRST.index(row["verdict"]))
    if rows:
        print_judged(
            ("verdict", "where and what was seen"),
            (
                (row["verdict"], row["verdict"], f"{row['subject']}.{row['check']}", row["said"])
                for row in rows
            ),
        )
    summary = answer["summary"]
    counts = ", ".join(f"{summary[v]} {v}" for v in WORST_FIRST if v in summary)
    typer.echo(f"{answer['site']}: {counts or 'nothing was due; --due-anyway asks all the same'}")


def _left_alone(answer: dict[str, Any], loaded: Loaded) -> None:
    """Which assets were not visited or only looked at, why, and what to do next."""
    alone = answer.get("left_alone", [])
    for row in alone[:MOST_CHOICES]:
        what = "only looked at" if row["extent"] == Extent.CANARY else "not visited"
        typer.echo(harmless(f"{row['asset']}: {what}, because {row['why']}", 2000))
    if len(alone) > MOST_CHOICES:
        typer.echo(f"and {len(alone) - MOST_CHOICES} more; --format json names all")
    if alone and not loaded.site.site.laboratory:
        typer.echo(NEXT)
