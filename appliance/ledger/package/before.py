"""The package this one continues: where its period ended and what its log's head was."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from appliance.ledger.errors import LedgerError
from appliance.ledger.package.pieces import LOG


@dataclass(frozen=True)
class Before:
    """`checkpoint` is the note of the older package's newest head."""

    name: str
    end: datetime
    checkpoint: str


def before(path: Path) -> Before:
    """Raises `LedgerError` for what is no evidence package."""
    try:
        with zipfile.ZipFile(path) as archive:
            top = archive.namelist()[0].split("/")[0]
            about = json.loads(archive.read(f"{top}/data/package.json"))
            note = archive.read(f"{top}/{LOG}checkpoint").decode()
            return Before(top, datetime.fromisoformat(about["period"]["to"]), note)
    except (zipfile.BadZipFile, KeyError, IndexError, ValueError, TypeError) as error:
        raise LedgerError(
            f"{path}: this is no evidence package ({error}); name the zip of an earlier export."
        ) from error
