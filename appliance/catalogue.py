"""Every check with what it asks of a device: for people who decide whether it may run."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from appliance.site.mapping import References
from appliance.visit import questions as q
from checks.check import Check, Form
from checks.facts.codec import plain
from checks.requirements import REQUIREMENTS
from checks.techniques import TECHNIQUES

UNMAPPED = References()
HEAD = """\
# The checks

Written by `upheld catalogue` from the checks themselves.  Strengths: *on-interface* shows the
requirement at work on the probed interface, *part* is part of the evidence, a *hint* never raises
a cell of the matrix.  Packets are upper bounds, connection included; see harmlessness.md.

Told first is whoever asks who did it (soc), mends settings (engineering) or answers for the
verification (programme); what is critical is told to the SOC as well.  What a failure makes possible
is named as in ATT&CK for ICS.
"""


def entries(checks: Iterable[Check], references: References = UNMAPPED) -> list[dict[str, Any]]:
    """One plain mapping a check, in the order given, with the owner's reference to it."""
    return [_entry(check, references) for check in checks]


def pages(checks: Iterable[Check], references: References = UNMAPPED) -> str:
    """The same as one Markdown text."""
    return "\n".join([HEAD, *(_page(entry) for entry in entries(checks, references))])


def _entry(check: Check, references: References) -> dict[str, Any]:
    return {
        "id": check.id,
        "title": check.title,
        "question": (sys.modules[check.module].__doc__ or "").strip(),
        "about": check.about.value,
        "logic": inspect.cleandoc(check.function.__doc__ or ""),
        "reads": [i.kind.__name__ for i in check.inputs],
        "asks": [_asked(question) for question in _questions(check)],
        "requirements": plain(check.requirements),
        "program": list(check.program),
        "severity": check.severity.value,
        "audience": check.audience.value,
        "enables": [{"id": t, "name": TECHNIQUES[t]} for t in check.enables],
        "remedy": check.remedy,
        "by_hand": check.by_hand,
        "acssa_ref": references.of("check", check.id),
    }


def _questions(check: Check) -> Iterator[q.Question]:
    kinds = [i.kind for i in check.inputs if i.form is not Form.CONTEXT]
    yield from (question for question in q.QUESTIONS if question.facts in kinds)


def _asked(question: q.Question) -> dict[str, Any]:
    return {
        "question": question.id,
        "effort": question.effort.value,
        "packets": question.packets,
        "octets": question.octets,
    }


def _page(entry: dict[str, Any]) -> str:
    asks = [
        f"`{a['question']}` ({a['effort']}, {a['packets']} packets at most)" for a in entry["asks"]
    ]
    requirements = [
        f"{name} {REQUIREMENTS[name].title} ({strength})"
        for name, strength in entry["requirements"].items()
    ]
    enables = "; ".join(f"{t['id']} {t['name']}" for t in entry["enables"])
    own = f"\n| the owner's reference | {entry['acssa_ref']} |" if entry["acssa_ref"] else ""
    return f"""\
## {entry["id"]}

{entry["question"]} {entry["title"]}.

{entry["logic"]}

| | |
| --- | --- |
| about | {entry["about"]} |
| severity | {entry["severity"]} |
| told first | {entry["audience"]} |
| a failure makes possible | {enables or "no technique by itself"} |
| sent to the device | {", ".join(asks) or "nothing: it judges what we did ourselves"} |
| IEC 62443-3-3 | {"; ".join(requirements)} |
| IEC 62443-2-1 | {", ".join(entry["program"]) or "none"} (ids unconfirmed) |
| remedy | {entry["remedy"]} |
| by hand | {entry["by_hand"]} |{own}
"""
