"""`upheld evidence export`, `prove` and `readiness`: for assessors; the ledger stays as it is."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO

import typer
from cryptography.x509 import Certificate

from appliance.cli.ending import fail, guarded
from appliance.cli.moments import moment
from appliance.cli.options import Directory, Format
from appliance.cli.printing import as_json, working
from appliance.ledger import durable, keys
from appliance.ledger.errors import LedgerError
from appliance.ledger.note import Signer, Verifier
from appliance.ledger.package import placing
from appliance.ledger.package.before import before
from appliance.ledger.package.choice import Choice
from appliance.ledger.package.envelope import enveloped, reader
from appliance.ledger.package.export import Exported
from appliance.ledger.package.export import export as export_package
from appliance.ledger.package.masking import hidden
from appliance.ledger.package.prove import asked
from appliance.ledger.package.prove import prove as prove_entry
from appliance.ledger.package.readiness import KINDS
from appliance.ledger.package.readiness import readiness as wanting
from appliance.ledger.package.request import Request
from appliance.outlets.text import harmless
from appliance.site.loading import Loaded, load
from appliance.site.mapping import references

NICE = 10
PIECE = 1 << 20


def export(
    config: Directory,
    output: Annotated[Path, typer.Option("-o", "--output", help="Write the zip to this file.")],
    start: Annotated[
        str, typer.Option("--from", help="Begin with this UTC day or time, such as 2026-03-01.")
    ] = "",
    end: Annotated[
        str, typer.Option("--to", help="End with this UTC day, or before this time.")
    ] = "",
    zone: Annotated[str, typer.Option(help="Take only this zone.")] = "",
    asset: Annotated[str, typer.Option(help="Take only this asset.")] = "",
    requirement: Annotated[str, typer.Option(help="Take only this one, such as 'SR 1.1'.")] = "",
    sample: Annotated[int, typer.Option(help="Draw so many for checking by hand.", min=0)] = 10,
    seed: Annotated[str, typer.Option(help="Draw with this seed; let the assessor name it.")] = "",
    since: Annotated[
        Path | None, typer.Option(help="Continue this earlier package, from its end on.")
    ] = None,
    outside: Annotated[
        list[Path] | None,
        typer.Option(help="Make it comparable with this checkpoint that others received."),
    ] = None,
    mask: Annotated[
        str, typer.Option(help="Hide addresses, people, or addresses,people behind other names.")
    ] = "",
    encrypt_to: Annotated[
        Path | None,
        typer.Option(help="Encrypt it to this RSA certificate; openssl cms -decrypt opens it."),
    ] = None,
) -> None:
    """
    Write an evidence package for an assessor: one zip that verifies without this program.

    Without --from and --to it covers the whole ledger. How to check it is in its README.txt.
    It reads the ledger beside a running daemon and changes nothing.
    """
    loaded = guarded(lambda: load(config))
    request = guarded(
        lambda: Request(
            start=moment("--from", start),
            end=moment("--to", end, last=True),
            choice=Choice(zone, asset, requirement),
            sample=sample,
            seed=seed,
            before=before(since) if since else None,
            outside=tuple(_text(p) for p in outside or ()),
            mask=hidden(mask),
            references=references(config),
        )
    )
    certificate = guarded(lambda: reader(encrypt_to)) if encrypt_to else None
    with working("Writing the package..."):
        exported, digest, size = guarded(lambda: _export(loaded, request, output, certificate))
    for said in exported.said:
        typer.echo(f"note: {harmless(said, 600)}", err=True)
    typer.echo(f"{output}: {exported.name}, {size} bytes")
    if exported.unmasked:
        key = output.with_name(f"{output.name}.unmask.csv")
        guarded(lambda: durable.write(key, exported.unmasked, mode=0o600, replace=True))
        typer.echo(f"{key}: which masked name stands for what; keep it, it is not for the reader")
    typer.echo(f"sha256 {digest}  the package")
    typer.echo(f"sha256 {exported.verifier}  verify.py in it")
    if encrypt_to:
        typer.echo(
            f"the reader opens it with: openssl cms -decrypt -inform DER -in {output.name} "
            "-inkey KEY -out package.zip"
        )


def prove(
    config: Directory,
    entry: Annotated[
        str,
        typer.Argument(
            help="The entry's index from 0; LOG/INDEX, as in a package, in a closed log."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write to this file.")
    ] = None,
) -> None:
    """
    Write a C2SP tlog-proof that one entry is in its signed log.

    A log that was closed as a copy is proven from its own last head: 1/17 is entry 17 of the first.
    """
    state = Path(guarded(lambda: load(config)).site.appliance.state_dir)
    vkey = guarded(lambda: vkey_of(state))
    proof = guarded(lambda: prove_entry(state / "ledger.db", vkey, *asked(entry)))
    if output is None:
        typer.echo(proof.decode(), nl=False)
    else:
        guarded(lambda: durable.write(output, proof, mode=0o644, replace=True))


def readiness(
    config: Directory,
    format: Annotated[  # noqa: A002
        Format, typer.Option(help="Print a table for people or JSON for programs.")
    ] = Format.TABLE,
) -> None:
    """List what an assessor would miss today: failed, stale, missing, unattested, to supply."""
    loaded = guarded(lambda: load(config))
    state = Path(loaded.site.appliance.state_dir)
    wants = guarded(lambda: wanting(state / "ledger.db", loaded, vkey_of(state)))
    if format is Format.JSON:
        typer.echo(as_json([vars(w) for w in wants], indent=2))
        return
    for want in wants:
        owner = f" ({want.owner})" if want.owner else ""
        typer.echo(f"{want.kind:<10} {harmless(want.subject)}{owner}: {harmless(want.said, 600)}")
        typer.echo(f"{'':<10} next: {want.next_step}")
    counts = Counter(w.kind for w in wants)
    typer.echo(", ".join(f"{counts[kind]} {kind}" for kind in KINDS))


def _export(
    loaded: Loaded, request: Request, output: Path, certificate: Certificate | None
) -> tuple[Exported, str, int]:
    """The package in its place, the digest of its zip, and the size of the file."""
    state = Path(loaded.site.appliance.state_dir)
    ledger = state / "ledger.db"
    if not ledger.exists():
        fail(f"{ledger}: there is no ledger yet; run upheld check or upheld run first")
    vkey = vkey_of(state)
    # Visits come first: a year's export has minutes, a visit has not.
    os.nice(NICE)
    # Without a name: nobody finds a plain package where an encrypted one was asked for.
    with TemporaryFile(dir=output.absolute().parent) as plain:
        exported = export_package(ledger, loaded, request, vkey, signer_of(state, vkey), plain)
        digest, size = _digest(plain)
        pieces = enveloped(plain, size, certificate) if certificate else _pieces(plain)
        return exported, digest, placing.place(output, pieces, mode=0o640)


def _digest(file: BinaryIO) -> tuple[str, int]:
    """SHA-256 and size; afterwards the file stands at its beginning."""
    hashed, size = sha256(), 0
    for piece in _pieces(file):
        hashed.update(piece)
        size += len(piece)
    file.seek(0)
    return hashed.hexdigest(), size


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def signer_of(state: Path, vkey: str) -> Signer | None:
    """The evidence key where this user may use it; a package without its signature says so."""
    try:
        return keys.existing(state, Verifier.parse(vkey).name)
    except PermissionError:
        return None


def vkey_of(state: Path) -> str:
    path = state / keys.VKEY_FILE
    try:
        return path.read_text("utf-8", "replace").strip()
    except FileNotFoundError:
        raise LedgerError(
            f"{path}: the verifier's key is missing; restore it, without it nothing is shown"
        ) from None


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace")
