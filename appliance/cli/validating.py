"""`upheld evidence validate` and `review`: one look as a signed report, and a year of them."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.checking import refuse_unknown, visited_now
from appliance.cli.ending import fail, guarded, run
from appliance.cli.exporting import signer_of, vkey_of
from appliance.cli.options import Directory, Format
from appliance.cli.printing import as_json, working
from appliance.ledger import durable
from appliance.ledger.note import Verifier
from appliance.ledger.package.review import Row
from appliance.ledger.package.review import review as reviewed
from appliance.ledger.package.sshsig import VALIDATION, signature
from appliance.ledger.package.validation import validation, written
from appliance.outlets.text import harmless
from appliance.site.loading import load


def validate(
    config: Directory,
    asset: Annotated[str, typer.Option(help="Visit this asset.")],
    check: Annotated[str, typer.Option(help="Validate this check on it.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write it to this file, and its signature beside it."),
    ] = None,
) -> None:
    """
    Visit one asset now and report one check on it, signed, with a positive and a negative control.

    Printed to the terminal it is not signed. With -o the signature stands beside the report in a
    file of its own, for ssh-keygen -Y verify with the
    namespace validation-report@upheld. Exits with 0 when the control holds and the report is
    valid, 1 when it fails, and 3 when nothing is shown: a verdict was inconclusive, or a control
    of the report itself did not come out as it must.
    """
    loaded = guarded(lambda: load(config))
    command = {"command": "check", "asset": asset, "zone": None, "check": check, "due_anyway": True}
    refuse_unknown(loaded, command)
    with working(f"Visiting {asset}..."):
        answer = run(visited_now(config, loaded, command))
    if "error" in answer:
        fail(answer["error"])
    if not answer["results"]:
        why = "; ".join(row["why"] for row in answer.get("left_alone", ()))
        fail(f"{asset}: {check} was not judged{f', because {why}' if why else ' on it'}")
    state = Path(loaded.site.appliance.state_dir)
    vkey = guarded(lambda: vkey_of(state))
    results = [
        guarded(
            lambda r=r: validation(  # type: ignore[misc]
                state / "ledger.db", vkey, f"{r['subject']}.{check}", check, r
            )
        )
        for r in answer["results"]
    ]
    report = {"site": answer["site"], "laboratory": answer["laboratory"], "results": results}
    _deliver(report, output, state, vkey)
    raise typer.Exit(_code(results))


def _deliver(report: dict[str, Any], output: Path | None, state: Path, vkey: str) -> None:
    data = written(report)
    if output is None:
        typer.echo(data.decode(), nl=False)
        typer.echo(
            "note: this report is NOT signed; with -o FILE it is written to a file, and its "
            "signature beside it",
            err=True,
        )
        return
    guarded(lambda: durable.write(output, data, mode=0o640, replace=True))
    for result in report["results"]:
        verdict = result["verdict"]
        typer.echo(f"{result['key']}: {verdict['outcome']}: {harmless(verdict['said'], 600)}")
        for name, control in result["controls"].items():
            mark = "held" if control["held"] else "DID NOT HOLD"
            typer.echo(f"    control, {name}: {mark}. {harmless(control['said'], 600)}")
    signer = guarded(lambda: signer_of(state, vkey))
    if signer is None:
        typer.echo("note: the evidence key is not at hand: the report is not signed", err=True)
        return
    signed = signature(Verifier.parse(vkey).key, signer.octets, data, VALIDATION)
    beside = output.with_name(f"{output.name}.sig")
    guarded(lambda: durable.write(beside, signed, mode=0o640, replace=True))
    typer.echo(f"{output}, signed in {beside.name}; its reader verifies it with:")
    typer.echo(
        f"    ssh-keygen -Y verify -f allowed_signers -I {Verifier.parse(vkey).name} "
        f"-n {VALIDATION} -s {beside.name} < {output.name}"
    )


def _code(results: list[dict[str, Any]]) -> int:
    outcomes = {r["verdict"]["outcome"] for r in results}
    if "fail" in outcomes:
        return 1
    return 3 if "inconclusive" in outcomes or not all(r["valid"] for r in results) else 0


def review(
    config: Directory,
    year: Annotated[int, typer.Option(help="Review this year.", min=2000, max=9999)],
    format: Annotated[  # noqa: A002
        Format, typer.Option(help="Print a table for people or JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """
    Say month by month what each zone showed: the trend per FR, found and closed, exceptions.

    Nothing is averaged over zones. Supported and covered count cells at the month's end.
    """
    loaded = guarded(lambda: load(config))
    ledger = Path(loaded.site.appliance.state_dir) / "ledger.db"
    rows = guarded(lambda: reviewed(ledger, loaded, year))
    if format is Format.JSON:
        typer.echo(as_json([vars(row) for row in rows], indent=2))
        return
    for (zone, fr), months in groupby(rows, key=lambda r: (r.zone, r.fr)):
        typer.echo(f"zone {zone}, FR {fr}")
        for row in months:
            typer.echo(_line(row))


def _line(row: Row) -> str:
    return (
        f"  {row.month}: {row.supported} of {row.selected} supported, {row.covered} covered; "
        f"failures found {row.found}, closed {row.closed}, open {row.open}; "
        f"exceptions {row.excepted}"
    )
