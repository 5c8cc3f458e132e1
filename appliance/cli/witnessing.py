"""`upheld witness`: what a SOC runs so that no appliance can rewrite its evidence unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from appliance.cli.ending import fail, run
from appliance.ledger.errors import LedgerError
from appliance.ledger.note import Verifier
from appliance.outlets import logs as logging
from appliance.site.logins import FileReference
from appliance.site.model import Web
from appliance.witness.running import witness as witnessing


def witness(
    state: Annotated[
        Path,
        typer.Option(help="Keep its key and what it has seen here; logs/*.vkey are looked after."),
    ],
    name: Annotated[
        str, typer.Option(help="The witness's name, for good: an address without https://.")
    ],
    listen: Annotated[
        str, typer.Option(help="ADDRESS:PORT to answer at.", show_default=True)
    ] = "127.0.0.1:62444",
    log: Annotated[
        list[Path] | None,
        typer.Option(help="The evidence.vkey of one more appliance to look after."),
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM certificate for TLS.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its PEM key, without a password.")] = None,
    *,
    without_tls: Annotated[
        bool, typer.Option("--without-tls", help="Answer off this host without TLS.")
    ] = False,
) -> None:
    """
    Cosign the evidence of appliances that only appended to it, until told to stop.

    It holds no evidence: one line a log, and its own key. SIGHUP reads the logs' keys again.
    """
    logging.configure()
    try:
        web = Web(
            listen=listen,
            certificate=_file(certificate),
            key=_file(key),
            without_tls=without_tls,
        )
    except ValidationError as error:
        fail(f"--listen {listen}: " + "; ".join(_said(e["msg"]) for e in error.errors()))
    run(witnessing(state, name, web, [_vkey(path) for path in log or ()]))


def _file(path: Path | None) -> FileReference | None:
    return FileReference(file=str(path)) if path else None


def _vkey(path: Path) -> Verifier:
    try:
        return Verifier.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, LedgerError) as error:
        fail(f"--log {path}: {getattr(error, 'strerror', None) or error}")


def _said(text: str) -> str:
    return (
        text.removeprefix("Value error, ")
        .replace("without_tls: true", "--without-tls")
        .replace("certificate and key", "--certificate and --key")
    )
