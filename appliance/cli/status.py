"""`upheld status`: what the running daemon says of itself, in words or as JSON."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from appliance import commands
from appliance.cli.ending import fail, guarded, run
from appliance.cli.options import Directory, Format
from appliance.cli.printing import as_json, print_judged
from appliance.outlets.text import harmless
from appliance.site.loading import load

# As systemctl status has it.
NOT_RUNNING = 3
PATIENCE_SECONDS = 10.0


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
    assets, states = answer["assets"], answer["states"]
    laboratory = ", a laboratory" if answer["laboratory"] else ""
    silent = f" ({', '.join(assets['silent'])})" if assets["silent"] else ""
    unseen = f"{assets['not_visited']} not visited yet"
    waiting = ", ".join(f"{n} wait for {outlet}" for outlet, n in answer["outbox"].items() if n)
    signed = _when(answer["ledger"]["last_checkpoint"]) or "never"
    for name, said in (
        ("site", f"{harmless(answer['name'])} ({answer['site']}{laboratory})"),
        ("appliance", f"{answer['appliance']}, Upheld {answer['version']}"),
        ("running since", _when(answer["since"])),
        (
            "assets",
            f"{assets['up']} answer, {len(assets['silent'])} silent{silent}, {unseen}",
        ),
        ("states", ", ".join(f"{n} {s}" for s, n in states.items() if n) or "none yet"),
        ("hold", _held(answer)),
        ("outbox", waiting or "empty"),
        ("ledger", f"{answer['ledger']['entries']} entries, last signed {signed}"),
        *(("anchor", _anchored(one)) for one in answer["ledger"].get("anchors", ())),
    ):
        typer.echo(f"{name + ':':<15}{said}")
    for one in answer["in_the_way"]:
        remedy = f" ({one['remedy']})" if one["remedy"] else ""
        typer.echo(f"{one['kind'] + ':':<15}{harmless(one['said'], 2000)}{remedy}")
    if not answer["configuration_accepted"]:
        typer.echo("The newest configuration was refused; the one before it is still in force.")
    if failing := answer["failing"]:
        print_judged(
            ("fails since", "where and what was seen"),
            ((_when(row["since"]), "fail", row["key"], _seen(row)) for row in failing),
        )


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
