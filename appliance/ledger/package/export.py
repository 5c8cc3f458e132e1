"""From a ledger and a site to the bytes of a package: the same input gives the same bytes."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from appliance.judge.matrix import matrix
from appliance.ledger.errors import LedgerError
from appliance.ledger.note import Checkpoint, Signer, Verifier, opened_checkpoint
from appliance.ledger.package import method, operations, plant, technical
from appliance.ledger.package.bag import bag, zipped
from appliance.ledger.package.before import Before
from appliance.ledger.package.choice import Choice
from appliance.ledger.package.contents import content_files
from appliance.ledger.package.material import Material
from appliance.ledger.package.oscal import assessment_results
from appliance.ledger.package.pages import index
from appliance.ledger.package.pieces import (
    MOST_CHECKPOINTS,
    bodies,
    contradicted,
    log_files,
    newest,
)
from appliance.ledger.package.sampling import draw
from appliance.ledger.package.span import Span, span
from appliance.ledger.package.sshsig import allowed_signers, signature
from appliance.ledger.package.stage6 import stage6
from appliance.ledger.package.tables import Table, instant
from appliance.ledger.package.walk import Walked, walk
from appliance.ledger.reading import read
from appliance.ledger.tiles import StoredNodes
from appliance.site.loading import Loaded
from checks import BY_ID

STATEMENT = (
    "This package supports an assessment of conformity and does not decide it. Its records are "
    "verifiably unaltered since others received their checkpoints; that they were true is checked "
    "by hand on a sample."
)


@dataclass(frozen=True)
class Request:
    """
    What to export.  `outside` are checkpoints others hold, so that the package can be compared
    with them; `before` is the package this one continues; an empty `seed` takes the log's root.
    """

    start: datetime | None = None
    end: datetime | None = None
    choice: Choice = Choice()
    sample: int = 10
    seed: str = ""
    before: Before | None = None
    outside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exported:
    """A package's name without its ending, its bytes, and what somebody should be told.

    `verifier` is the SHA-256 of the verify.py in it, in hex, to be handed over another way.
    """

    name: str
    data: bytes
    said: tuple[str, ...]
    verifier: str


def export(
    ledger: Path, loaded: Loaded, request: Request, vkey: str, signer: Signer | None
) -> Exported:
    """
    One package; changes nothing.  Without a signer its manifests are not signed, and it says so.

    Raises `LedgerError` for a period without entries, for what the site does not have, and for a
    ledger that cannot be read or is not of this key.
    """
    request.choice.refuse_unknown(loaded.site)
    verifier = Verifier.parse(vkey)
    if signer is not None and signer.verifier != verifier:
        raise LedgerError(f"the key at hand is {signer.vkey!r}, but the log's is {vkey!r}.")
    return read(ledger, "exporting", partial(_exported, loaded, request, verifier, signer))


def _exported(
    loaded: Loaded,
    request: Request,
    verifier: Verifier,
    signer: Signer | None,
    connection: sqlite3.Connection,
) -> Exported:
    head = newest(connection, verifier)
    period = _signed(span(connection, _start(request), request.end), head[1])
    walked = walk(connection, period, loaded.site, request.choice)
    gathered = _raw(connection, period, walked, head[1].size)
    m = _material(loaded, request, period, walked, gathered, head[1])
    proven = sorted({walked.last_entry[k] for k, _ in m.histories if str(k) in m.sample.drawn})
    olds = _olds(request, verifier)
    nodes = StoredNodes(connection)
    try:
        contradictions = list(contradicted(nodes, head[1].size, olds))
        log = log_files(connection, period, walked.disclosed, head, [o.size for o in olds], proven)
    except LookupError as error:
        raise LedgerError(f"the ledger: {error}; run `upheld evidence verify`.") from error
    payload = {**_report(m, request), **gathered.contents, **log}
    payload["data/90_raw/evidence.vkey"] = f"{verifier.vkey}\n".encode()
    name = f"evidence-{loaded.site.site.id}-{period.start:%Y%m%dT%H%M}-{period.end:%Y%m%dT%H%M}"
    info = {
        "Source-Organization": loaded.site.site.name or loaded.site.site.id,
        "External-Identifier": name,
        "External-Description": STATEMENT,
        # The head's own time, not the wall's: the same ledger gives the same bytes.
        "Bagging-Date": gathered.made_at[:10],
    }
    sign = None if signer is None else partial(signature, verifier.key, signer.octets)
    whole = bag(payload, _tags(verifier), info, sign)
    said = [] if signer else ["the evidence key is not at hand: the manifests are not signed"]
    said += [f"content {d} is not in the ledger" for d in gathered.gone[:5]]
    said += [*contradictions, *walked.differing[:5]]
    return Exported(name, zipped(name, whole), tuple(said), sha256(whole["verify.py"]).hexdigest())


@dataclass(frozen=True)
class _Raw:
    contents: dict[str, bytes]
    gone: list[str]
    checkpoints: int
    made_at: str


def _raw(
    connection: sqlite3.Connection,
    period: Span,
    walked: Walked,
    size: int,
) -> _Raw:
    contents, gone = content_files(connection, (b for _, b in bodies(connection, walked.disclosed)))
    (count,) = connection.execute(
        "SELECT count(*) FROM checkpoint WHERE size > ? AND size <= ?",
        (period.first, period.last + 1),
    ).fetchone()
    (made_at,) = connection.execute(
        "SELECT made_at FROM checkpoint WHERE size = ?", (size,)
    ).fetchone()
    return _Raw(contents, gone, count, made_at)


def _start(request: Request) -> datetime | None:
    return request.start or (request.before.end if request.before else None)


def _signed(period: Span, head: Checkpoint) -> Span:
    """Entries written down but not signed yet are the next package's."""
    if head.size <= period.first:
        raise LedgerError("the period's entries are not signed yet; start upheld, which signs them")
    return replace(period, last=min(period.last, head.size - 1), size=head.size)


def _olds(request: Request, verifier: Verifier) -> list[Checkpoint]:
    notes = [*request.outside, *([request.before.checkpoint] if request.before else [])]
    return [opened_checkpoint(note, verifier) for note in notes]


def _material(
    loaded: Loaded,
    request: Request,
    period: Span,
    walked: Walked,
    raw: _Raw,
    head: Checkpoint,
) -> Material:
    standings = [(k, h.final) for k, h in walked.histories.items() if h.final is not None]
    cells = [
        c
        for c in matrix(loaded.site, standings, BY_ID)
        if request.choice.requirement in ("", c.requirement.id)
        and (not request.choice.zone or c.zone == request.choice.zone)
    ]
    recorded = [f.get("digest", "") for _, f in walked.configurations]
    return Material(
        site=loaded.site,
        at_hand=loaded.digest,
        in_force=str(recorded[-1]) if recorded else "none is recorded",
        span=period,
        choice=request.choice,
        walked=walked,
        cells=cells,
        sample=draw(
            (str(k) for k in walked.histories), request.sample, request.seed or head.root.hex()
        ),
        facts=_facts(loaded, request, period, walked, raw, head),
    )


def _facts(
    loaded: Loaded, request: Request, period: Span, walked: Walked, raw: _Raw, head: Checkpoint
) -> dict[str, Any]:
    """package.json: what verify.py and whoever reads it must know of this package."""
    why = f"only {request.choice} was asked for" if request.choice else ""
    if walked.unreadable:
        why = f"{why}; {len(walked.unreadable)} bodies were pruned".lstrip("; ")
    return {
        "statement": STATEMENT,
        "site": loaded.site.site.id,
        "laboratory": loaded.site.site.laboratory,
        "origin": head.origin,
        "period": {"from": instant(period.start), "to": instant(period.end)},
        "chosen": str(request.choice),
        "entries": {"first": period.first, "last": period.last, "why_hashes_only": why},
        "head": {"size": head.size, "root": head.root.hex()},
        "checkpoints": {
            "in_period": raw.checkpoints,
            "given": "all" if raw.checkpoints <= MOST_CHECKPOINTS else "every n-th, and the last",
        },
        "contents_missing": raw.gone,
        "only_keys": sorted(map(str, walked.histories)) if request.choice else [],
        "seed": request.seed or head.root.hex(),
        "before": request.before.name if request.before else "",
        "not_shown": list(method.NOT_SHOWN),
    }


def _report(m: Material, request: Request) -> dict[str, bytes]:
    tables: list[Table] = [
        *plant.scope(m),
        *plant.inventory(m),
        *technical.technical(m),
        *operations.operations(m),
        *operations.exceptions(m),
        *operations.nonconformities(m),
        *method.method(m),
        *method.samples(m),
    ]
    by_name = {t.name: t for t in tables}
    tables.insert(0, stage6(by_name, request.before.name if request.before else ""))
    found = {f"data/{t.name}.csv": t.data for t in tables}
    found["data/index.html"] = index(m, tables)
    found["data/package.json"] = _json(m.facts)
    found["data/oscal/assessment-results.json"] = _json(assessment_results(m))
    return found


def _tags(verifier: Verifier) -> dict[str, bytes]:
    programs = files("appliance.ledger.verifier")
    readme = programs.joinpath("README.txt").read_text("utf-8")
    return {
        "README.txt": readme.replace("@ORIGIN@", verifier.name).encode(),
        "allowed_signers": allowed_signers(verifier.name, verifier.key).encode(),
        "verify.py": programs.joinpath("verify.py").read_bytes(),
        "rejudge.py": programs.joinpath("rejudge.py").read_bytes(),
    }


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
