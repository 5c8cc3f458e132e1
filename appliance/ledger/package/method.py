"""Sections 10 and 11: how it was judged, what that cannot show, and samples to check by hand."""

from __future__ import annotations

from appliance.ledger.package.material import Material
from appliance.ledger.package.tables import Table, table
from appliance.site.model import Site
from checks import ALL
from checks.check import Check
from checks.facts.standing import StateKey

NOT_SHOWN = (
    (
        "that what was recorded was true when it was recorded: check a sample by hand "
        "(11_population_samples)"
    ),
    "that nothing happened between two looks, or while nobody looked (06_technical/gaps.csv)",
    (
        "that the figures of this report follow from the entries: rejudge.py judges every verdict "
        "again, the shares of time are the appliance's own; they can be counted from the entries"
    ),
    (
        "that the clock was right: times are the appliance's own; each entry says how far it could "
        "be trusted, and checkpoints that others received bound it"
    ),
    "that nobody exchanged entries younger than the newest checkpoint somebody else received",
    (
        "that the appliance was not made to record something false from the start, by whoever "
        "commands the computer it runs on"
    ),
    "documents, interviews, walls and doors, and what a product could do but does not here",
    "conformity: this package supports an assessment and does not decide it",
)

MASKED_NOT_SHOWN = (
    "what is masked; and masking keeps from reading, not from guessing: whoever guesses a hidden "
    "address or name rightly can see from the entry's hash that it is right"
)

_GENERAL = (
    (
        "Silence is never a pass by itself: it counts when heard in two visits, while the same asset "
        "answered something else and the control hosts answered."
    ),
    "What a firewall answers is evidence about the path, never about the device.",
    "A question that could not be asked makes a verdict inconclusive, with its reason.",
    "A state nobody confirmed for three intervals is unknown.",
    "Assets of probing class never are not touched; what a class forbids is inconclusive.",
    "Nothing is written to a device; what may be said to one is an allow-list.",
)


_WAYS = (
    "06_technical/matrix is read from 06_technical/evidence: each row names its last entry",
    (
        "that entry is a line of 90_raw/log/entries.jsonl; its number stands on the same line of "
        "90_raw/log/indices.txt; 90_raw/log/proofs leads the sampled ones to the signed head"
    ),
    (
        "it names its facts and inputs by digest: they are lines of 90_raw/contents.jsonl, named by "
        "their SHA-256; the checks' source files are in 90_raw/contents"
    ),
)


def method(m: Material, received: int) -> list[Table]:
    chosen = [c for c in ALL if not m.choice.requirement or m.choice.requirement in c.requirements]
    return [
        table(
            "10_method/checks",
            "How each check judges, in one line",
            ("check", "holds when", "about", "reads", "requirements", "severity", "by hand"),
            (
                (c.id, c.title, c.about.value, [k.__name__ for k in c.reads],
                 [f"{r} ({s.value})" for r, s in c.requirements.items()], c.severity.value,
                 c.by_hand)
                for c in chosen
            ),
            "The program text of every revision that judged is in 90_raw/contents; rejudge.py "
            "runs it again. The ids of 62443-2-1 elements are unconfirmed and left out.",
        ),
        table("10_method/rules", "Rules for every check", ("rule",), ((r,) for r in _GENERAL)),
        table("10_method/ways", "From a cell of the matrix to its proof", ("way",),
              ((w,) for w in _WAYS)),
        table(
            "10_method/blind",
            "What is not looked at by choice of the owner",
            ("asset", "zone", "why"),
            ((a.id, a.zone, "safety system" if a.safety else "probing: never")
             for a in m.site.assets if a.safety or a.probing == "never"),
        ),
        *_clock_and_limits(m, received),
    ]  # fmt: skip


def _clock_and_limits(m: Material, received: int) -> list[Table]:
    return [
        table(
            "10_method/clock",
            "How far the appliance's own clock could be trusted",
            ("from", "to", "synchronised", "greatest error in ms"),
            ((c.start, c.end, c.synchronised, c.max_error_ms) for c in m.walked.clock),
        ),
        table(
            "10_method/anchors",
            "Who else received checkpoints",
            ("receipts in 90_raw/anchors.jsonl",),
            ((received,),) if received else (),
            "Receipts in here come from the appliance. What others hold themselves is the better "
            "witness: hand it to verify.py as --outside, or their keys in a --policy.",
        ),
        table(
            "10_method/limits",
            "What this package cannot show",
            ("not shown",),
            ((r,) for r in m.facts["not_shown"]),
        ),
        table(
            "10_method/replay",
            "Rows whose recorded state a replay does not give",
            ("row",),
            ((row,) for row in m.walked.differing),
            "Empty is as it should be.",
        ),
    ]  # fmt: skip


def samples(m: Material) -> list[Table]:
    drawn = {str(k): (k, h) for k, h in m.histories}
    keys = [drawn[text] for text in m.sample.drawn]
    return [
        table(
            "11_population_samples/population",
            "Every control on every subject in the period",
            ("key",),
            ((k,) for k in m.sample.population),
            f"SHA-256 over these lines, a line feed after each: {m.sample.digest}",
        ),
        table(
            "11_population_samples/sample",
            f"The sample drawn with the seed {m.sample.seed}",
            ("key", "state", "observed", "entry", "proof"),
            (
                (k, h.final.state.value if h.final else "removed", h.observed,
                 m.logs.named(m.walked.last_entry[k]), _proof(m, m.walked.last_entry[k]))
                for k, h in keys
            ),
            "Drawn: the keys whose SHA-256 over seed, line feed and key are smallest.",
        ),
        table(
            "11_population_samples/by_hand",
            "To check by hand, without the appliance",
            ("key", "state at the period's end", "what was said", "do this", "found", "who", "when"),
            (
                (k, h.final.state.value if h.final else "removed", h.final.said if h.final else "",
                 by_hand(m.site, k, m.check(k)), "", "", "")
                for k, h in keys
            ),
            "A state may have changed since; what matters is whether the ledger saw it too.",
        ),
    ]  # fmt: skip


def _proof(m: Material, entry: int) -> str:
    unless = ", unless that entry is masked" if m.facts["masked"] else ""
    log = m.logs.of(entry)
    return f"90_raw/{log.folder}/proofs/{entry - log.start}.tlog-proof{unless}"


def by_hand(site: Site, key: StateKey, check: Check | None) -> str:
    """The check's instruction with the subject's address and port in it."""
    text = check.by_hand if check else ""
    asset = next((a for a in site.assets if a.id == key.subject.asset), None)
    if asset is None:
        return text
    port = key.subject.service.rpartition("-")[2]
    return text.replace("{address}", asset.addresses[0]).replace("{port}", port or "its port")
