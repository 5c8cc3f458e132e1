"""What an assessor would miss if a package were made now: for the owner, worst first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from appliance.judge.matrix import Cell, MatrixCell, matrix
from appliance.ledger.note import Verifier
from appliance.ledger.package.choice import Choice
from appliance.ledger.package.history import History
from appliance.ledger.package.logs import Logs, read_logs
from appliance.ledger.package.span import span
from appliance.ledger.package.stage6 import owed
from appliance.ledger.package.tables import lasting
from appliance.ledger.package.walk import Walked, walk
from appliance.site.loading import Loaded
from appliance.site.model import Site
from checks import BY_ID
from checks.facts.standing import State, StateKey

KINDS = ("failed", "stale", "missing", "unsigned", "unattested", "supply")


@dataclass(frozen=True)
class Want:
    """One thing an assessor would miss; `owner` is empty where nobody is named."""

    kind: str
    subject: str
    said: str
    owner: str
    next_step: str


def readiness(ledger: Path, loaded: Loaded, vkey: str) -> list[Want]:
    """Everything wanting, in the order of `KINDS`.  Raises `LedgerError` as an export does."""
    return read_logs(
        ledger, "looking at readiness", partial(_wanting, loaded), Verifier.parse(vkey)
    )


def _wanting(loaded: Loaded, logs: Logs) -> list[Want]:
    period = span(logs, None, None)
    walked = walk(logs, period, loaded.site, Choice())
    standings = [(k, h.final) for k, h in walked.histories.items() if h.final is not None]
    cells = matrix(loaded.site, standings, BY_ID)
    found = [
        *_states(loaded.site, walked),
        *_cells(loaded.site, cells),
        *_unsigned(logs.held - logs.signed),
        *(
            Want("missing", "ledger", note, "operations", "Restore it, or explain it.")
            for note in logs.notes
        ),
        *(
            Want("supply", item, what, "asset owner", "Add it to the package, approved.")
            for item, what in owed()
        ),
    ]
    return sorted(found, key=lambda w: KINDS.index(w.kind))


def _states(site: Site, walked: Walked) -> Iterator[Want]:
    for key, history in sorted(walked.histories.items(), key=lambda item: item[0]):
        final, check = history.final, BY_ID.get(key.check)
        if final is None or check is None:
            continue
        if final.state is State.FAIL:
            yield Want("failed", str(key), _since(history), _owner(site, key), check.remedy)
        elif final.state is State.UNKNOWN:
            yield Want("stale", str(key), f"{final.reason}: {final.said}", _owner(site, key),
                       "Restore what keeps it from being seen, or look by hand.")  # fmt: skip


def _since(history: History) -> str:
    length = lasting(history.lasted(history.failures[-1])) if history.failures else ""
    said = history.final.said if history.final else ""
    return f"{said} Failing for {length}." if length else said


def _owner(site: Site, key: StateKey) -> str:
    zone = next((z for z in site.zones if z.id == key.subject.zone), None)
    return zone.responsible if zone else ""


def _cells(site: Site, cells: Iterable[MatrixCell]) -> Iterator[Want]:
    responsible = {z.id: z.responsible for z in site.zones}
    for cell in cells:
        if cell.cell is not Cell.NOT_ASSESSED:
            continue
        name = f"{cell.zone} {cell.requirement.id}"
        kind, step = "unattested", "Attest it with a document, or show it another way."
        if cell.evidence:
            kind, step = "missing", "Checks map to it and none has a standing state: see 'stale'."
        yield Want(kind, name, cell.requirement.title, responsible[cell.zone], step)


def _unsigned(count: int) -> Iterator[Want]:
    if count:
        said = f"{count} entries came after the newest checkpoint"
        yield Want("unsigned", "ledger", said, "operations", "Start upheld; it signs them.")
