"""The `upheld` command: parse, call one room, print."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from appliance import daemon
from appliance.catalogue import entries, pages
from appliance.cli import (
    checking,
    configuration,
    drilling,
    ending,
    evidence,
    matrix,
    planning,
    replaying,
    status,
    stopping,
    witnessing,
)
from appliance.cli.options import Directory
from appliance.cli.printing import any_text, as_json
from appliance.outlets import logs
from appliance.site.mapping import References, references, template
from checks import ALL

app = typer.Typer(
    help="Show, day after day, that the IEC 62443 controls of a plant still hold. It only reads.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.command()(checking.check)
app.command()(status.status)
app.command()(matrix.matrix)
app.command()(planning.plan)
app.command()(planning.verify_capture)
app.command()(planning.guard)
for stopping_command in (
    stopping.hold,
    stopping.release,
    stopping.trust,
    stopping.rearm,
    stopping.ack,
):
    app.command()(stopping_command)
app.command()(witnessing.witness)
app.command()(replaying.replay)
app.add_typer(configuration.app, name="config")
app.add_typer(evidence.app, name="evidence")
app.add_typer(drilling.app, name="drill")


@app.command()
def run(config: Directory) -> None:
    """Run the daemon until it is told to stop."""
    logs.configure()
    ending.run(daemon.Daemon(config).run())


@app.command()
def demo(
    seconds: Annotated[
        float | None, typer.Option("--for", help="End by itself after so many seconds.", min=1)
    ] = None,
) -> None:
    """Start a small plant of real servers, verify it, and let a control drift while you watch."""
    from appliance.demo_run import run_demo  # noqa: PLC0415 - the daemon never loads the demo

    raise typer.Exit(ending.run(run_demo(seconds)))


class CatalogueFormat(StrEnum):
    """A page for people, JSON for programs, or the owner's mapping file."""

    MD = "md"
    JSON = "json"
    MAPPING = "mapping"


@app.command()
def catalogue(
    format: Annotated[  # noqa: A002
        CatalogueFormat,
        typer.Option(help="Print Markdown, JSON, or a mapping.csv to fill in your references."),
    ] = CatalogueFormat.MD,
    config: Annotated[
        Path | None, typer.Option("-c", "--config", help="Show the references of this site too.")
    ] = None,
) -> None:
    """List every check: what it asks, when it passes, what it feeds, what to do, and by hand."""
    own = ending.guarded(lambda: references(config)) if config else References()
    match format:
        case CatalogueFormat.JSON:
            typer.echo(as_json(entries(ALL, own), indent=2))
        case CatalogueFormat.MAPPING:
            typer.echo(template(own), nl=False)
        case _:
            typer.echo(pages(ALL, own))


def main() -> None:
    """The console script."""
    any_text()
    ending.printed(app)
