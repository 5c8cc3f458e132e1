"""`upheld drill`: one failure of our own making, followed to the SOC's screen and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.ending import fail, guarded, run
from appliance.cli.options import Directory, Format
from appliance.cli.printing import as_json
from appliance.drill.book import PERSON
from appliance.outlets.text import harmless
from appliance.running import commands
from appliance.site.loading import load

NOT_THROUGH = 1
NOT_RUNNING = 3
EVERY_SECONDS = 0.2
_WORDS = {True: "shown", False: "NOT SHOWN", None: "waiting"}

app = typer.Typer(help="Show that an alert reaches the people it is meant for.")


@app.callback(invoke_without_command=True)
def drill(
    context: typer.Context,
    config: Directory,
    format: Annotated[  # noqa: A002
        Format, typer.Option(help="Print lines for people or JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """
    Let a responder of our own fail, and follow its alert: ledger, MQTT, SOC, Prometheus.

    No device is asked anything, also on hold. The alert says that it is a drill, and carries a
    code. Whoever sees it on the SOC's screen reads the code to you: upheld drill confirm CODE.
    Exits with 0 when every step before the person was shown, 1 when one was not, 2 when the drill
    was refused, and 3 when no upheld is running.
    """
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    talk = format is Format.TABLE
    found = run(_followed(_state_dir(config), typer.echo if talk else lambda _: None))
    if not talk:
        typer.echo(as_json(found, indent=2))
    elif found["entry"] is not None:
        typer.echo(
            "The alert now stands until it is confirmed, or "
            f"{harmless(found['ends'])[11:19]} UTC. Read its code on the SOC's screen, then run: "
            "upheld drill confirm CODE"
        )
    through = all(s["shown"] for s in found["steps"] if s["name"] != PERSON)
    raise typer.Exit(0 if through else NOT_THROUGH)


@app.command()
def confirm(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="The code behind the word DRILL in the alert.")],
    by: Annotated[str, typer.Option(help="Who read it, when it was not you.")] = "",
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", help="Use the configuration in this directory."),
    ] = None,
) -> None:
    """Say that somebody saw the alert: only this counts as the alert path being alive."""
    command = {"command": "drill", "do": "confirm", "code": code, "by": by}
    typer.echo(harmless(run(_told(_state_dir(config or context.obj), command))["said"], 500))


def _state_dir(config: Path) -> Path:
    return Path(guarded(lambda: load(config)).site.appliance.state_dir)


async def _followed(state_dir: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """The drill once every step but the person's is known."""
    found = (await _told(state_dir, {"command": "drill", "do": "begin"}))["drill"]
    name = found["id"]
    say(f"drill begun {found['begun'][11:19]} UTC; no device is concerned")
    told: set[str] = set()
    while True:
        for step in found["steps"]:
            if step["name"] not in told and step["shown"] is not None:
                told.add(step["name"])
                say(_line(step))
        if all(s["shown"] is not None for s in found["steps"] if s["name"] != PERSON):
            return dict(found)
        await asyncio.sleep(EVERY_SECONDS)
        found = (await _told(state_dir, {"command": "drill", "do": "show"}))["drill"]
        if found is None or found["id"] != name:
            fail("another drill has begun meanwhile; its log says how this one went")


def _line(step: dict[str, Any]) -> str:
    after = f"{step['ms'] / 1000:>8.3f} s" if step["ms"] is not None else " " * 10
    return f"{harmless(step['name']):<12}{_WORDS[step['shown']]:<10}{after}  {harmless(step['said'], 500)}"


async def _told(state_dir: Path, command: dict[str, Any]) -> dict[str, Any]:
    answer = await commands.send(state_dir, command)
    if answer is None:
        typer.echo(
            f"no upheld is running over {state_dir}, and a drill shows the way of an alert through "
            "the running one; start it with upheld run",
            err=True,
        )
        raise typer.Exit(NOT_RUNNING)
    if "error" in answer:
        fail(harmless(str(answer["error"]), 2000))
    return answer
