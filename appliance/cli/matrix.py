"""`upheld matrix`: what each zone can show for the requirements its SL-T selects."""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from appliance.cli.alone import alone
from appliance.cli.ending import fail, guarded, run
from appliance.cli.options import Directory
from appliance.cli.printing import as_json
from appliance.outlets import logs
from appliance.rounds.matrices import Matrices
from appliance.running import commands
from appliance.running.answers import matrix_of
from appliance.site.loading import Loaded, load
from appliance.site.mapping import references as read_references

STYLES = {
    "supported": "green",
    "partly supported": "cyan",
    "contradicted": "bold red",
    "compensated": "blue",
    "accepted": "magenta",
    "attested": "yellow",
    "not assessed": "dim",
    "not selected": "dim",
}
COLUMNS = (
    "zone",
    "requirement",
    "title",
    "cell",
    "shown",
    "assets",
    "checks",
    "acssa_ref",
    "holes",
    "evidence",
)
MOST_HOLES = 3


class MatrixFormat(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def matrix(
    config: Directory,
    zone: Annotated[str | None, typer.Option(help="Show this zone only.")] = None,
    sl_t: Annotated[
        int | None,
        typer.Option("--sl-t", min=0, max=4, help="Ask what this level would select everywhere."),
    ] = None,
    format: Annotated[  # noqa: A002
        MatrixFormat, typer.Option(help="Print a table for people, CSV or JSON for programs.")
    ] = MatrixFormat.TABLE,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Show requirements the SL-T does not select too.")
    ] = False,
) -> None:
    """
    Show, zone by zone, what was seen for each requirement of IEC 62443-3-3.

    A cell says what was seen. It never says that a level was reached.
    """
    loaded = guarded(lambda: load(config))
    zones = [z.id for z in loaded.site.zones]
    if zone is not None and zone not in zones:
        fail(f"--zone: there is no zone {zone!r}; write one of {', '.join(zones)}")
    answer = run(_answer(config, loaded, {"command": "matrix", "sl_t": sl_t}))
    if "error" in answer:
        fail(answer["error"])
    references = guarded(lambda: read_references(config))
    cells = [
        {**cell, "acssa_ref": references.of("requirement", cell["requirement"])}
        for cell in answer["cells"]
        if zone in (None, cell["zone"]) and (everything or cell["cell"] != "not selected")
    ]
    match format:
        case MatrixFormat.JSON:
            typer.echo(as_json({"cells": cells, "ratios": answer["ratios"]}, indent=2))
        case MatrixFormat.CSV:
            typer.echo(_csv(cells), nl=False)
        case _:
            _print(cells, answer["ratios"])


async def _answer(config: Path, loaded: Loaded, command: dict[str, Any]) -> dict[str, Any]:
    logs.configure(level="error")
    state_dir = Path(loaded.site.appliance.state_dir)
    if (answer := await commands.send(state_dir, command)) is not None:
        return answer
    async with alone(config, loaded) as rounds:
        return await matrix_of(Matrices(rounds), command)


def _csv(cells: list[dict[str, Any]]) -> str:
    """Every value is a word of ours, an id, a number or a reference, so none can be a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cell in cells:
        evidence = " ".join(f"{row['key']}={row['state']}" for row in cell["evidence"])
        told = {**cell, "holes": " ".join(cell.get("holes", ())), "evidence": evidence}
        writer.writerow([told[name] for name in COLUMNS])
    return out.getvalue()


def _print(cells: list[dict[str, Any]], ratios: list[dict[str, Any]]) -> None:
    console = Console()
    for zone in dict.fromkeys(cell["zone"] for cell in cells):
        table = Table(
            box=box.SIMPLE_HEAD, pad_edge=False, title=f"zone {zone}", title_justify="left"
        )
        for name in ("requirement", "seen", "assets"):
            table.add_column(name, no_wrap=name != "seen", overflow="fold")
        for cell in (c for c in cells if c["zone"] == zone):
            seen = Text.assemble(
                (cell["cell"], STYLES[cell["cell"]]), "\n", (_why(cell), "dim"), "\n", cell["title"]
            )
            if cell["acssa_ref"]:
                seen.append(f"\n{cell['acssa_ref']}", "dim")
            table.add_row(cell["requirement"], seen, f"{cell['shown']} of {cell['assets']}")
        console.print(table)
        for row in (r for r in ratios if r["zone"] == zone):
            console.print(
                f"FR {row['fr']}: {row['supported']} of {row['selected']} supported, "
                f"{row['direct']} with direct evidence",
                highlight=False,
            )


def _why(cell: dict[str, Any]) -> str:
    if not cell["checks"]:
        return "no wire can show it: a statement, signed and in date, is needed"
    states: dict[str, int] = {}
    for row in cell["evidence"]:
        states[row["state"]] = states.get(row["state"], 0) + 1
    counted = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return "; ".join(filter(None, (counted or "nobody has looked yet", _holes(cell))))


def _holes(cell: dict[str, Any]) -> str:
    """Where a cell that is supported in part is not; an older daemon does not say it."""
    holes = cell.get("holes", []) if cell["cell"] == "partly supported" else []
    if not holes:
        return ""
    more = len(holes) - MOST_HOLES
    others = f" and {more} more" if more > 0 else ""
    return f"not shown in full on {', '.join(holes[:MOST_HOLES])}{others}"
