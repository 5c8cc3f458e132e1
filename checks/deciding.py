"""
From recorded inputs to a verdict: the one place where a gap becomes inconclusive.

Pure, so that a verdict can be recomputed from the ledger by anybody, years later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from checks.check import About, Check, Form, Input
from checks.facts.context import Moment, Own, Records
from checks.facts.expected import Expected
from checks.facts.observation import Facts, Observation, Seen
from checks.facts.verdict import (
    Outcome,
    Reason,
    RestsOn,
    Verdict,
    inconclusive,
    not_applicable,
)

_UNHEARD = (Reason.TIMEOUT, Reason.FILTERED, Reason.UNREACHABLE)


@dataclass(frozen=True)
class Inputs:
    """
    All a verdict about one subject may rest on.

    `observations` holds the newest observation of each question for this subject, oldest first.
    """

    observations: tuple[Observation, ...]
    expected: Expected
    moment: Moment
    records: Records = Records()
    own: Own = Own()


def decide(check: Check, inputs: Inputs) -> Verdict:
    """
    Judge one subject.

    A required fact that is missing makes the verdict inconclusive, with the collector's reason;
    so does silence heard in a run whose control hosts were silent too, or behind a gateway that
    is silent itself.  No question about an asset of probing class `never` arises: that is decided
    here, for all checks at once.
    """
    verdict = _judged(check, inputs)
    silence = verdict.rests_on is RestsOn.SILENCE
    if silence and any(o.blind for o in _read(check, inputs)):
        return inconclusive(
            Reason.BLIND,
            "Our own control hosts did not answer in this run, so silence means nothing.",
        )
    unheard = verdict.outcome is Outcome.INCONCLUSIVE and verdict.reason in _UNHEARD
    # What is said of a whole zone is the finding itself, not one more behind it.
    alone = check.about is not About.ZONE
    if alone and (silence or unheard) and (behind := _behind_silence(check, inputs)):
        where = tuple(sorted({o.asset for o in behind}))
        gateways = " and ".join(sorted({o.gateway for o in behind}))
        return inconclusive(
            Reason.GATEWAY_SILENT,
            f"{gateways} is silent, so silence behind it means nothing.",
            where=where,
        )
    return verdict


def _judged(check: Check, inputs: Inputs) -> Verdict:
    if inputs.expected.asset is not None and inputs.expected.asset.probing == "never":
        return not_applicable("The inventory says that this asset is never probed.")
    arguments: dict[str, Any] = {}
    for wanted in check.inputs:
        if wanted.form is Form.CONTEXT:
            arguments[wanted.name] = _context(wanted.kind, inputs)
            continue
        found = [o for o in inputs.observations if o.facts_type == wanted.kind.__name__]
        if wanted.form is Form.REQUIRED and (gap := _gap(found)):
            return gap
        if wanted.form is Form.SEEN and not found:
            return _nothing_yet()
        arguments[wanted.name] = _argument(wanted, found)

    verdict: Verdict = check.function(**arguments)
    return verdict


def seen(observation: Observation) -> Seen[Facts]:
    """An observation as checks read it."""
    return Seen(
        asset=observation.asset,
        service=observation.service,
        vantage=observation.vantage,
        vantage_kind=observation.vantage_kind,
        conduit=observation.conduit,
        permitted=observation.permitted,
        at=observation.finished,
        alive=observation.alive,
        last_alive=observation.last_alive,
        blind=observation.blind,
        facts=observation.facts,
        reason=observation.reason,
        said=observation.said,
        clock=observation.clock,
    )


def _context(kind: type, inputs: Inputs) -> object:
    return {
        Expected: inputs.expected,
        Records: inputs.records,
        Moment: inputs.moment,
        Own: inputs.own,
    }[kind]


def _gap(found: list[Observation]) -> Verdict | None:
    if not found:
        return _nothing_yet()
    newest = found[-1]
    if newest.facts is None:
        assert newest.reason is not None
        return inconclusive(newest.reason, newest.said)
    return None


def _nothing_yet() -> Verdict:
    return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")


def _argument(wanted: Input, found: list[Observation]) -> object:
    match wanted.form:
        case Form.REQUIRED | Form.OPTIONAL:
            return found[-1].facts if found else None
        case Form.ALL:
            return tuple(o.facts for o in found if o.facts is not None)
        case Form.SEEN:
            return seen(found[-1])
        case _:
            return tuple(seen(o) for o in found)


def _read(check: Check, inputs: Inputs) -> list[Observation]:
    names = {kind.__name__ for kind in check.reads}
    return [o for o in inputs.observations if o.facts_type in names]


def _behind_silence(check: Check, inputs: Inputs) -> list[Observation]:
    """What the check read that is silence behind a silent gateway."""
    return [
        o for o in _read(check, inputs) if o.gateway and (o.reason is None or o.reason in _UNHEARD)
    ]
