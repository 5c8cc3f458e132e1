"""The `upheld` command: parse, call one room, print."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from appliance import commands, daemon, lock
from appliance.clock import SystemClock
from appliance.ledger import keys
from appliance.ledger.errors import LedgerError
from appliance.ledger.show import show as show_entries
from appliance.ledger.verify import verify as verify_ledger
from appliance.outlets import logs
from appliance.reporting import exit_code
from appliance.round import Rounds
from appliance.site import init as site_init
from appliance.site.loading import load
from appliance.site.problems import SiteError
from appliance.site.schema import json_schema
from appliance.visit.guard import Guard
from checks import ALL
from checks.catalogue import table
from checks.facts.codec import plain

USAGE = 2

app = typer.Typer(
    help="Shows, day after day, that the IEC 62443 controls of a plant still hold. It only reads.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
config_app = typer.Typer(help="Check, describe or start a configuration.", no_args_is_help=True)
evidence_app = typer.Typer(help="Read and verify the evidence ledger.", no_args_is_help=True)
app.add_typer(config_app, name="config")
app.add_typer(evidence_app, name="evidence")

Directory = Annotated[
    Path,
    typer.Option(
        "-c",
        "--config",
        help="The configuration directory of the site.",
        default_factory=lambda: Path(os.environ.get("UPHELD_CONFIG", "/etc/upheld")),
    ),
]
T = TypeVar("T")
COLOURS = {"pass": "green", "fail": "bold red", "inconclusive": "yellow", "not-applicable": "dim"}


@app.command()
def run(config: Directory) -> None:
    """Run the daemon until it is told to stop."""
    logs.configure()
    _run(daemon.Daemon(config).run())


@app.command()
def check(
    config: Directory,
    asset: Annotated[str | None, typer.Option(help="Visit this asset only.")] = None,
    zone: Annotated[str | None, typer.Option(help="Visit the assets of this zone only.")] = None,
    check: Annotated[str | None, typer.Option(help="Show this check only.")] = None,
    format: Annotated[str, typer.Option(help="Print a table or json.")] = "table",  # noqa: A002
    *,
    due_anyway: Annotated[
        bool, typer.Option("--due-anyway", help="Ask also what is not due yet.")
    ] = False,
) -> None:
    """Visit the assets now and say what holds.

    Exits with 0 when nothing fails, 1 when something fails, 3 when nothing fails but something is
    unknown, and 2 when the command or the configuration is wrong.
    """
    command = {
        "command": "check",
        "asset": asset,
        "zone": zone,
        "check": check,
        "due_anyway": due_anyway,
    }
    answer = _run(_check(config, command))
    if "error" in answer:
        _fail(answer["error"])
    if format == "json":
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        _table(answer)
    raise typer.Exit(exit_code(answer["results"]))


async def _check(config: Path, command: dict[str, Any]) -> dict[str, Any]:
    logs.configure(level="error")
    loaded = load(config)
    _known(loaded.site, command)
    state_dir = Path(loaded.site.appliance.state_dir)
    state_dir.mkdir(parents=True, exist_ok=True)
    if (answer := await commands.send(state_dir, command)) is not None:
        return answer
    owned = lock.take(state_dir)
    store = daemon.open_store(loaded, state_dir)
    try:
        clock = SystemClock()
        rounds = Rounds(loaded, config, store, clock, Guard(clock))
        await rounds.restore()
        return await daemon.run_checks(rounds, command)
    finally:
        await store.close()
        owned.close()


def _known(site: Any, command: dict[str, Any]) -> None:
    for kind, names in (
        ("asset", [a.id for a in site.assets]),
        ("zone", [z.id for z in site.zones]),
        ("check", [c.id for c in ALL]),
    ):
        wanted = command.get(kind)
        if wanted is not None and wanted not in names:
            _fail(f"there is no {kind} {wanted}; it is one of: {', '.join(names)}")


def _table(answer: dict[str, Any]) -> None:
    console = Console()
    table = Table(title=f"{answer['site']}: {answer['summary']}", title_justify="left")
    for column in ("subject", "check", "verdict", "what was seen"):
        table.add_column(column, overflow="fold")
    for row in answer["results"]:
        colour = COLOURS[row["verdict"]]
        table.add_row(row["subject"], row["check"], f"[{colour}]{row['verdict']}[/]", row["said"])
    console.print(table)


@app.command()
def demo(
    seconds: Annotated[
        float | None, typer.Option("--for", help="End by itself after so many seconds.")
    ] = None,
) -> None:
    """Start a small plant of real servers, verify it, and let a control drift while you watch."""
    from appliance.demo_run import run_demo  # noqa: PLC0415 - the daemon never loads the demo

    raise typer.Exit(_run(run_demo(seconds)))


@app.command()
def catalogue(
    format: Annotated[str, typer.Option(help="Print md or json.")] = "md",  # noqa: A002
) -> None:
    """List every check with the requirements it feeds."""
    if format == "json":
        rows = [
            {
                "id": c.id,
                "title": c.title,
                "about": c.about.value,
                "requirements": plain(c.requirements),
                "severity": c.severity.value,
                "remedy": c.remedy,
            }
            for c in ALL
        ]
        typer.echo(json.dumps(rows, indent=2))
    else:
        typer.echo(table(ALL))


@config_app.command("check")
def config_check(config: Directory) -> None:
    """Read the whole configuration and say what is wrong with it, and where."""
    loaded = _guarded(lambda: load(config))
    site = loaded.site
    typer.echo(
        f"{config}: sound. {len(site.zones)} zones, {len(site.assets)} assets, "
        f"{len(site.conduits)} conduits."
    )


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    typer.echo(json.dumps(json_schema(), indent=2))


@config_app.command("init")
def config_init(
    directory: Annotated[Path, typer.Argument(help="Where to write; must be new or empty.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A CSV with id, type, zone, address, serial, mac."),
    ] = None,
) -> None:
    """Write a commented configuration to start from."""
    if source is None:
        _guarded(lambda: site_init.init(directory))
    else:
        _guarded(lambda: site_init.init_from_csv(source, directory))
    typer.echo(f"{directory}: written. Next: upheld config check -c {directory}")


@evidence_app.command("show")
def evidence_show(
    config: Directory,
    entry: Annotated[int | None, typer.Argument(help="One entry's index.")] = None,
) -> None:
    """Print ledger entries, one JSON object a line."""
    path = _ledger(config)
    for index, body in _guarded(lambda: show_entries(path, entry)):
        typer.echo(json.dumps({"index": index, **body}, ensure_ascii=False))


@evidence_app.command("verify")
def evidence_verify(config: Directory) -> None:
    """Recompute every hash of the ledger and check every checkpoint's signature."""
    path = _ledger(config)
    vkey = (path.parent / keys.VKEY_FILE).read_text(encoding="utf-8").strip()
    found = _guarded(lambda: verify_ledger(path, vkey))
    typer.echo(
        f"{found.origin}: {found.entries} entries, {found.checkpoints} checkpoints, "
        f"{found.contents} contents"
    )
    if found.unsigned:
        typer.echo(f"{found.unsigned} entries came after the newest checkpoint")
    for broken in found.broken:
        typer.echo(f"BROKEN: {broken}")
    typer.echo("intact" if found.ok else "broken")
    raise typer.Exit(0 if found.ok else 1)


def _ledger(config: Path) -> Path:
    loaded = _guarded(lambda: load(config))
    path = Path(loaded.site.appliance.state_dir) / "ledger.db"
    if not path.exists():
        _fail(f"{path}: there is no ledger yet; run upheld check or upheld run first")
    return path


def _run(work: Coroutine[Any, Any, T]) -> T:
    return _guarded(lambda: asyncio.run(work))


def _guarded(work: Callable[[], T]) -> T:
    """Turn what the user can mend into one clear message and exit code 2."""
    try:
        return work()
    except (SiteError, LedgerError, lock.Taken) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _fail(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(USAGE)


def main() -> None:
    """The console script."""
    app()
