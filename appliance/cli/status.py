"""`upheld status`: what the running daemon says of itself, in words or as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from appliance.cli.ending import fail, guarded, run
from appliance.cli.options import Directory, Format
from appliance.cli.printing import as_json, print_judged, print_lines
from appliance.outlets.text import harmless
from appliance.running import commands
from appliance.site.loading import load

Parts = str | list[tuple[str, str]]
"""A text, or pieces of one, each with the state or style that colours it."""
# As systemctl status has it.
NOT_RUNNING = 3
PATIENCE_SECONDS = 10.0
WORST_FIRST = ("fail", "unknown", "accepted", "compensated", "pass", "not-applicable")


def status(
    config: Directory,
    format: Annotated[  # noqa: A002
        Format, typer.Option(help="Print a table for people or JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """
    Say what the running appliance knows, without visiting anything.

    Exits with 0 when one is running, 3 when none is, and 2 when the command or the configuration
    is wrong.
    """
    site = guarded(lambda: load(config)).site
    answer = run(_ask(Path(site.appliance.state_dir)))
    if answer is None:
        _nobody(site.site.id, site.appliance.id, site.appliance.state_dir, format)
    if "error" in answer:
        fail(answer["error"])
    if format is Format.JSON:
        typer.echo(as_json({"running": True, **answer}, indent=2))
    else:
        _print(answer)


async def _ask(state_dir: Path) -> dict[str, Any] | None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await commands.send(state_dir, {"command": "status"})
    except TimeoutError:
        raise commands.NoAnswer(
            f"{state_dir / commands.NAME}: the running upheld did not answer within "
            f"{PATIENCE_SECONDS:g} s; its log says what it is doing"
        ) from None


def _nobody(site: str, appliance: str, state_dir: str, form: Format) -> NoReturn:
    if form is Format.JSON:
        typer.echo(as_json({"running": False, "site": site, "appliance": appliance}, indent=2))
    else:
        typer.echo(
            f"{site}/{appliance}: no upheld is running over {state_dir}; start one with upheld run"
        )
    raise typer.Exit(NOT_RUNNING)


def _print(answer: dict[str, Any]) -> None:
    print_lines(
        (name, parts if isinstance(parts, list) else [(parts, "")]) for name, parts in _said(answer)
    )
    if failing := answer["failing"]:
        # What somebody knows of stands below what nobody has looked at yet.
        rows = sorted(failing, key=lambda row: bool(row.get("acknowledged")))
        print_judged(
            ("fails since", "where and what was seen"),
            ((_when(row["since"]), "fail", row["key"], _seen(row)) for row in rows),
        )


def _said(answer: dict[str, Any]) -> Iterator[tuple[str, Parts]]:
    ledger, laboratory = answer["ledger"], ", a laboratory" if answer["laboratory"] else ""
    if copy := ledger.get("unadopted"):
        adopt = 'Nothing is sent until somebody runs upheld evidence adopt --why "...".'
        yield "copy", [(f"{harmless(copy, 2000)} {adopt}", "fail")]
    yield "site", f"{harmless(answer['name'])} ({answer['site']}{laboratory})"
    yield "appliance", f"{answer['appliance']}, Upheld {answer['version']}"
    yield "running since", _when(answer["since"])
    yield "assets", _assets(answer["assets"])
    yield "states", _states(answer["states"])
    yield "hold", [(_held(answer), "unknown" if answer["hold"] else "")]
    waiting = ", ".join(f"{n} wait for {outlet}" for outlet, n in answer["outbox"].items() if n)
    yield "outbox", [(waiting or "empty", "unknown" if waiting else "")]
    signed = _when(ledger["last_checkpoint"]) or "never"
    yield "ledger", f"{ledger['entries']} entries, last signed {signed}"
    for one in ledger.get("anchors", ()):
        yield "anchor", [(_anchored(one), "fail" if one["trouble"] else "")]
    yield from _drilled(answer.get("drill") or {})
    for check, why in answer.get("broken_checks", {}).items():
        yield "broken check", [(f"{check}: {harmless(why, 600)} It judges nothing.", "fail")]
    for one in answer["in_the_way"]:
        remedy = f" ({one['remedy']})" if one["remedy"] else ""
        yield one["kind"], [(f"{harmless(one['said'], 2000)}{remedy}", "unknown")]
    if not answer["configuration_accepted"]:
        refused = "The newest was refused; the one before it is still in force."
        yield "configuration", [(refused, "fail")]


def _assets(assets: dict[str, Any]) -> Parts:
    silent = f" ({', '.join(assets['silent'])})" if assets["silent"] else ""
    return [
        (f"{assets['up']} answer, ", ""),
        (f"{len(assets['silent'])} silent{silent}", "unknown" if silent else ""),
        (f", {assets['not_visited']} not visited yet", ""),
    ]


def _states(states: dict[str, int]) -> Parts:
    found = [(f"{states[state]} {state}", state) for state in WORST_FIRST if states.get(state)]
    parts = [part for one in found for part in ((", ", ""), one)][1:]
    return parts or "none yet"


def _drilled(drill: dict[str, Any]) -> Iterator[tuple[str, Parts]]:
    if not drill.get("last") and not drill.get("every_seconds"):
        return
    confirmed = f"last confirmed {_when(drill['confirmed'])}" if drill["confirmed"] else ""
    yield (
        "drill",
        [
            (f"last run {_when(drill['last'])}, " if drill["last"] else "never run, ", ""),
            (confirmed or "never confirmed by a person", "" if confirmed else "unknown"),
            (", its alert stands" if drill["stands"] else "", "unknown"),
        ],
    )
    for step in drill["not_shown"]:
        yield "drill", [(f"not shown: {harmless(step, 600)}", "fail")]


def _seen(row: dict[str, Any]) -> str:
    """What was seen, behind who has acknowledged it or what hides it."""
    if by := row.get("acknowledged"):
        return f"[acknowledged by {by['who']}: {by['why']}] {row['said']}"
    return f"[inhibited] {row['said']}" if row.get("phase") == "inhibited" else str(row["said"])


def _anchored(one: dict[str, Any]) -> str:
    since = f"has the evidence since {_when(one['last'])}" if one["last"] else "has nothing yet"
    trouble = f"; now: {harmless(one['trouble'], 500)}" if one["trouble"] else ""
    return f"{one['id']} {since}{trouble}"


def _held(answer: dict[str, Any]) -> str:
    if not answer["hold"]:
        return "none"
    since = _when(answer["nothing_sent_since"])
    return "on hold, nothing is sent" + (f" since {since}" if since else "")


def _when(iso: str | None) -> str:
    return iso.replace("T", " ").replace("+00:00", " UTC") if iso else ""
