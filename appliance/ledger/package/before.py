"""The package this one continues: where its period ended and what its log's head was."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from appliance.ledger.errors import LedgerError
from appliance.ledger.package.bag import TAG_MANIFEST
from appliance.ledger.package.pieces import LOG


@dataclass(frozen=True)
class Before:
    """
    `checkpoint` is the note of the older package's newest head, `digest` the SHA-256 of its tag
    manifest, `cells` its matrix by zone and requirement.
    """

    name: str
    end: datetime
    checkpoint: str
    digest: str
    cells: Mapping[tuple[str, str], str]


def before(path: Path) -> Before:
    """Raises `LedgerError` for what is no evidence package."""
    try:
        with zipfile.ZipFile(path) as archive:
            top = archive.namelist()[0].split("/")[0]
            about = json.loads(archive.read(f"{top}/data/package.json"))
            note = archive.read(f"{top}/{LOG}checkpoint").decode()
            manifest = archive.read(f"{top}/{TAG_MANIFEST}")
            text = archive.read(f"{top}/data/06_technical/matrix.csv").decode("utf-8-sig")
        end = datetime.fromisoformat(about["period"]["to"])
        cells = {
            (row["zone"], row["requirement"]): row["cell at the period's end"]
            for row in csv.DictReader(io.StringIO(text))
        }
        return Before(top, end, note, sha256(manifest).hexdigest(), cells)
    except (zipfile.BadZipFile, KeyError, IndexError, ValueError, TypeError) as error:
        raise LedgerError(
            f"{path}: this is no evidence package ({error}); name the zip of an earlier export."
        ) from error
