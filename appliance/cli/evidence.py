"""`upheld evidence`: read, verify and export the ledger; nothing here changes it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from appliance.cli import adopting, exporting, validating
from appliance.cli.ending import fail, guarded
from appliance.cli.options import Directory
from appliance.cli.printing import as_json
from appliance.ledger import keys
from appliance.ledger.errors import LedgerError
from appliance.ledger.show import show as show_entries
from appliance.ledger.verify import Report
from appliance.ledger.verify import verify as verify_ledger
from appliance.outlets.text import harmless
from appliance.site.loading import load

BROKEN = 1

app = typer.Typer(help="Read, verify and export the evidence ledger.", no_args_is_help=True)
app.command()(adopting.adopt)
app.command()(exporting.export)
app.command()(exporting.prove)
app.command()(exporting.readiness)
app.command()(validating.validate)
app.command()(validating.review)


@app.command()
def show(
    config: Directory,
    entry: Annotated[
        int | None,
        typer.Argument(help="Print this entry only; they count from 0, and -1 is the newest."),
    ] = None,
) -> None:
    """Print ledger entries, one JSON object a line."""
    path = _ledger(config)
    for index, body in guarded(lambda: show_entries(path, entry)):
        fields = body if isinstance(body, dict) else {"body": body}
        typer.echo(as_json({"index": index, **fields}))


@app.command()
def verify(
    config: Directory,
    known: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint somebody else kept, such as the SOC's; may be said again."),
    ] = None,
) -> None:
    """
    Recompute every hash of the ledger and check every checkpoint's signature.

    Whoever holds the key can sign another history: only a checkpoint kept elsewhere shows it. Exits
    with 0 when the ledger is intact, 1 when it is broken, and 2 when there is none to verify.
    """
    path = _ledger(config)
    vkey = _vkey(path.parent / keys.VKEY_FILE)
    try:
        found = verify_ledger(path, vkey, [_note(file) for file in known or ()])
    except LedgerError as error:
        _unreadable(error)
    else:
        _print(found)
        raise typer.Exit(0 if found.ok else BROKEN)


def _print(found: Report) -> None:
    typer.echo(
        f"{found.origin}: {found.entries} entries, {found.checkpoints} checkpoints, "
        f"{found.contents} contents"
    )
    if found.unsigned:
        typer.echo(
            f"{found.unsigned} entries came after the newest checkpoint: nobody has signed them yet"
        )
    if found.pruned:
        by, end = found.pruned_by, max(p.end for p in found.pruned_by)
        typer.echo(
            f"pruned: {found.pruned} bodies of entries {by[0].first} to {end - 1}; their hashes "
            f"are in the tree ({by[-1].rule}; the newest entry that says so is {by[-1].index})"
        )
    for broken in found.broken:
        typer.echo(f"BROKEN: {harmless(broken, 2000)}")
    typer.echo("intact" if found.ok else "broken")


def _unreadable(error: LedgerError) -> None:
    """A file SQLite calls damaged is a broken ledger; anything else could not be looked at."""
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        fail(str(error))
    typer.echo(f"BROKEN: {error}")
    typer.echo("broken")
    raise typer.Exit(BROKEN)


def _ledger(config: Path) -> Path:
    loaded = guarded(lambda: load(config))
    path = Path(loaded.site.appliance.state_dir) / "ledger.db"
    if not guarded(path.exists):
        fail(f"{path}: there is no ledger yet; run upheld check or upheld run first")
    return path


def _note(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        fail(f"--known {path}: {(error.strerror or str(error)).lower()}")


def _vkey(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except FileNotFoundError:
        fail(f"{path}: the verifier's key is missing; restore it, without it nothing is shown")
    except OSError as error:
        fail(f"{path}: {(error.strerror or str(error)).lower()}")
