"""`upheld config`: check, describe or start a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from appliance.cli.ending import guarded
from appliance.cli.options import Directory, Format
from appliance.cli.printing import as_json
from appliance.site import init as site_init
from appliance.site.lint import lint
from appliance.site.loading import load
from appliance.site.mapping import references
from appliance.site.schema import json_schema

app = typer.Typer(help="Check, describe or start a configuration.", no_args_is_help=True)


@app.command()
def check(
    config: Directory,
    format: Annotated[  # noqa: A002
        Format, typer.Option(help="Print words for people or JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """
    Read the whole configuration and say what is wrong with it, and where.

    Warnings name what is sound and still worth a second look; they change nothing.
    """
    site = guarded(lambda: load(config)).site
    guarded(lambda: references(config))
    warnings = list(lint(site))
    if format is Format.JSON:
        counts = {n: len(getattr(site, n)) for n in ("zones", "assets", "conduits")}
        typer.echo(
            as_json({"sound": True, **counts, "warnings": list(map(str, warnings))}, indent=2)
        )
        return
    typer.echo(
        f"{config}: sound. {len(site.zones)} zones, {len(site.assets)} assets, "
        f"{len(site.conduits)} conduits."
    )
    for warning in warnings:
        typer.echo(f"warning: {warning}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    typer.echo(as_json(json_schema(), indent=2))


@app.command()
def init(
    directory: Annotated[
        Path, typer.Argument(help="Write into this directory, which must be new or empty.")
    ],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Take the assets from this CSV of id, type, zone, address, serial, mac."
        ),
    ] = None,
) -> None:
    """Write a commented configuration to start from."""
    if source is None:
        guarded(lambda: site_init.init(directory))
    else:
        guarded(lambda: site_init.init_from_csv(source, directory))
    typer.echo(f"{directory}: written. Next: upheld config check -c {directory}")
