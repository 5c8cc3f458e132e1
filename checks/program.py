"""
The dated records a site keeps: what each is, what of 62443-3-3 it can show, what program it feeds.

Ids of 62443-2-1:2024 elements, here and on the checks, are unconfirmed: they come from drafts and
public tables of contents, so an owner compares them with his copy before he prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from checks.check import HINT, ON_INTERFACE, PART, Strength

UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True)
class RecordType:
    """
    One kind of record.

    `requirements` is what a record in date can show, by strength, as a check's mapping; an
    attestation has none of its own, since it may be about any.
    """

    id: str
    title: str
    program: tuple[str, ...]
    requirements: Mapping[str, Strength] = field(default_factory=dict)


RECORDS = (
    RecordType(
        "backup",
        "A backup was made",
        ("AVAIL 2.1", "AVAIL 2.2", "CM 1.4"),
        {"SR 7.3": ON_INTERFACE, "SR 7.3 RE 2": PART, "SR 7.4": PART},
    ),
    RecordType(
        "restore-test",
        "A backup was restored for a test",
        ("AVAIL 2.3", "AVAIL 2.4", "AVAIL 2.5"),
        {"SR 7.3 RE 1": ON_INTERFACE, "SR 7.4": PART, "SR 3.4": HINT},
    ),
    RecordType(
        "drill",
        "Recovery, island, fail-close or emergency power was drilled",
        ("AVAIL 1.1", "AVAIL 1.3", "AVAIL 2.5", "NET 1.4", "NET 1.5"),
        {"SR 7.4": PART, "SR 7.5": PART, "SR 5.2 RE 2": PART, "SR 5.2 RE 3": PART},
    ),
    RecordType(
        "change",
        "A change was approved, made and verified",
        ("CM 1.4", "ORG 2.4"),
        {
            "SR 3.3": PART,
            "SR 3.3 RE 1": PART,
            "SR 3.4": PART,
            "SR 3.4 RE 1": PART,
            "SR 7.6": PART,
        },
    ),
    RecordType(
        "patch-decision",
        "An advisory was decided on, or deferred with a reason",
        ("COMP 3.2", "COMP 3.3", "COMP 3.5", "EVENT 1.9", "ORG 2.1"),
        {"SR 3.4": HINT, "SR 7.8": PART},
    ),
    RecordType(
        "measure",
        "A compensating measure was approved and reviewed",
        ("ORG 2.1", "COMP 3.5"),
    ),
    RecordType("acceptance", "A risk was accepted for a time", ("ORG 2.1",)),
    RecordType(
        "access-review",
        "Who may do what was reviewed",
        ("USER 1.2", "USER 1.3", "USER 1.4", "USER 1.5"),
        {"SR 1.1 RE 1": PART, "SR 1.3": PART, "SR 1.4": PART, "SR 2.1 RE 2": PART},
    ),
    RecordType(
        "offboarding",
        "A person or provider has left, and access with them",
        ("USER 1.2", "NET 3.3", "ORG 1.6"),
        {"SR 1.3": PART, "SR 1.5": PART, "SR 1.13": PART},
    ),
    RecordType(
        "credential-change",
        "A password or key was changed",
        ("USER 1.11",),
        {"SR 1.5": PART, "SR 1.7 RE 1": PART, "SR 1.7 RE 2": PART},
    ),
    RecordType(
        "remote-access",
        "Remote access was approved for a time",
        ("NET 3.1", "NET 3.2", "NET 3.3"),
        {"SR 1.13": PART, "SR 1.13 RE 1": ON_INTERFACE, "SR 2.6": HINT},
    ),
    RecordType(
        "provider-assessment",
        "A provider was assessed",
        ("ORG 1.6",),
        {"SR 1.13": HINT},
    ),
    RecordType("training", "Somebody was trained", ("ORG 1.4", "ORG 1.5")),
    RecordType(
        "exercise",
        "An incident was exercised",
        ("EVENT 1.8", "ORG 1.5"),
        {"SR 6.2": HINT},
    ),
    RecordType("incident", "An incident was handled", ("EVENT 1.8",)),
    RecordType(
        "monitoring-review",
        "Detection rules and baselines were reviewed",
        ("EVENT 1.7", "ORG 2.2"),
        {"SR 6.2": PART, "SR 3.3": PART},
    ),
    RecordType(
        "programme-review",
        "Programme, risk assessment or requirements specification was reviewed",
        ("ORG 2.1", "ORG 2.4"),
        {"SR 3.3": HINT},
    ),
    RecordType(
        "wireless-survey",
        "The radio side was surveyed",
        ("NET 2.1", "NET 2.2", "NET 2.3"),
        {"SR 1.6": HINT, "SR 1.6 RE 1": HINT, "SR 2.2": HINT, "SR 2.2 RE 1": PART},
    ),
    RecordType(
        "disposal",
        "An asset was taken out of service and purged",
        ("DATA 1.4", "CM 1.1"),
        {"SR 4.2": PART},
    ),
    RecordType("attestation", "Somebody signed for what no wire can show", ("ORG 2.4",)),
)
