"""The report of a package: what its entries mean, as tables, a page, OSCAL and a bill of materials."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from appliance.judge.matrix import matrix
from appliance.ledger.package import method, operations, plant, program, since, technical
from appliance.ledger.package.bag import Bag
from appliance.ledger.package.logs import Log, Logs
from appliance.ledger.package.masking import Mask
from appliance.ledger.package.material import Material
from appliance.ledger.package.oscal import assessment_results
from appliance.ledger.package.pages import index
from appliance.ledger.package.pieces import MOST_CHECKPOINTS
from appliance.ledger.package.request import Request
from appliance.ledger.package.runs import Runs
from appliance.ledger.package.sampling import draw
from appliance.ledger.package.sbom import bill
from appliance.ledger.package.span import Span
from appliance.ledger.package.stage6 import stage6
from appliance.ledger.package.tables import Table, instant
from appliance.ledger.package.walk import Entry, Walked
from appliance.site.loading import Loaded
from checks import BY_ID

STATEMENT = (
    "This package supports an assessment of conformity and does not decide it. Its records are "
    "verifiably unaltered since others received their checkpoints; that they were true is checked "
    "by hand on a sample."
)


@dataclass(frozen=True)
class Known:
    """
    What is known of the log's part when the report begins.

    `gone` are digests of contents nobody could give, `masked` counts entries, `mask` names what is
    hidden, empty for nothing.
    """

    logs: Logs
    checkpoints: int
    gone: list[str]
    masked: int
    mask: str
    request: Request


def material(
    loaded: Loaded,
    period: Span,
    walked: Walked,
    known: Known,
    read: Callable[[Runs], Iterator[Entry]],
) -> Material:
    request = known.request
    standings = [(k, h.final) for k, h in walked.histories.items() if h.final is not None]
    cells = [
        c
        for c in matrix(loaded.site, standings, BY_ID)
        if request.choice.requirement in ("", c.requirement.id)
        and (not request.choice.zone or c.zone == request.choice.zone)
    ]
    recorded = [f.get("digest", "") for _, f in walked.configurations]
    seed = request.seed or known.logs.newest.head.root.hex()
    return Material(
        site=loaded.site,
        at_hand=loaded.digest,
        in_force=str(recorded[-1]) if recorded else "none is recorded",
        span=period,
        choice=request.choice,
        walked=walked,
        cells=cells,
        sample=draw((str(k) for k in walked.histories), request.sample, seed),
        logs=known.logs,
        references=request.references,
        facts=_facts(loaded, period, walked, known, seed),
        read=read,
    )


def _facts(loaded: Loaded, period: Span, walked: Walked, known: Known, seed: str) -> dict[str, Any]:
    """package.json: what verify.py and whoever reads it must know of this package."""
    request, head = known.request, known.logs.newest.head
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
        "masked": known.mask,
        "logs": [_log(log, period.within(log)) for log in known.logs],
        "not_in_here": list(known.logs.notes),
        "entries": {"masked": known.masked, "why_hashes_only": why},
        "head": {"size": head.size, "root": head.root.hex()},
        "checkpoints": {
            "in_period": known.checkpoints,
            "given": "all" if known.checkpoints <= MOST_CHECKPOINTS else "every n-th, and the last",
        },
        "contents_missing": known.gone,
        "only_keys": sorted(map(str, walked.histories)) if request.choice else [],
        "seed": seed,
        "before": {"name": request.before.name, "tagmanifest_sha256": request.before.digest}
        if request.before
        else None,
        "not_shown": [
            *method.NOT_SHOWN,
            *([method.MASKED_NOT_SHOWN] if known.mask else []),
        ],
    }


def _log(log: Log, period: Span) -> dict[str, Any]:
    """The period's entries of a log are `first` to `last`; none are where `last` is smaller."""
    return {
        "folder": log.folder,
        "origin": log.verifier.name,
        "size": log.size,
        "root": log.head.root.hex(),
        "first": period.first,
        "last": period.last,
    }


def write_report(bag: Bag, m: Material, request: Request, mask: Mask, received: int) -> None:
    """Everything under data/ that is computed from the entries; `received` counts receipts."""
    tables: list[Table] = [
        *plant.scope(m),
        *plant.inventory(m),
        *program.risk(m),
        *program.program(m),
        *program.providers(m),
        *technical.technical(m),
        *operations.operations(m),
        *operations.exceptions(m),
        *operations.nonconformities(m),
        *since.since(m, request.before),
        *method.method(m, received),
        *method.samples(m),
    ]
    for one in tables:
        bag.add(f"data/{one.name}.csv", map(mask.octets, one.chunks()))
    # Which of them are empty is known only now.
    before = request.before.name if request.before else ""
    tables.insert(0, items := stage6({t.name: t for t in tables}, bag.names, before, m.references))
    bag.add(f"data/{items.name}.csv", map(mask.octets, items.chunks()))
    bag.add("data/index.html", mask.octets(index(m, tables)))
    bag.add("data/package.json", mask.octets(_json(m.facts)))
    bag.add("data/oscal/assessment-results.json", mask.octets(_json(assessment_results(m))))
    # Versions look like addresses, and none of ours are in it.
    bag.add("data/sbom/upheld.cdx.json", _json(bill()))


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
