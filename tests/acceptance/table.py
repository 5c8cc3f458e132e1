"""Expectations written by hand, compared row by row, and kept for the table printed at the end."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.clock import SystemClock
from checks import BY_ID
from checks.facts.context import Presence
from checks.facts.ports import TcpPort
from tests.acceptance.bench import Found, Rows

# These judge whether a port opens or an asset is there: a refusal, even a silence, tells them.
WITHOUT_AN_ANSWER = frozenset(
    check.id for check in BY_ID.values() if set(check.reads) <= {TcpPort, Presence}
)
DATED = {
    "dated": ("pass",),
    "stopped": ("fail", "differs"),
    "expired": ("fail", "certificate-dates"),
}
UNDATED = ("inconclusive", "clock-unsynchronised")
WHOLE = "UPHELD_ACCEPTANCE"
IMPLIED = {"pass": "as-expected", "not-applicable": "not-applicable"}


@dataclass(frozen=True)
class Row:
    scenario: str
    check: str
    expected: str
    got: str

    @property
    def ok(self) -> bool:
        return self.expected == self.got


PRINTED: list[Row] = []


def expectations(text: str) -> Rows:
    """
    Lines of subject, check, verdict and reason; `pass` and `not-applicable` need no reason.

    `dated` stands for a pass, `stopped` for a clock that is off, `expired` for a certificate: this
    machine's own clock may not be good enough to give them.
    """
    rows: Rows = {}
    for words in filter(None, map(str.split, text.splitlines())):
        subject, check, verdict, *reason = words
        assert check in BY_ID, f"there is no check {check}"
        assert (subject, check) not in rows, f"{subject} {check} is expected twice"
        if verdict in DATED:
            synchronised = SystemClock().quality().synchronised
            verdict, *reason = DATED[verdict] if synchronised else UNDATED
        rows[subject, check] = (verdict, reason[0] if reason else IMPLIED[verdict])
    return rows


def hold(scenario: str, found: Found, text: str) -> None:
    """Every expected row is as written, and nothing else that needs an answer passed."""
    expected = expectations(text)
    got = {key: found.rows.get(key, ("absent", "")) for key in expected}
    note(scenario, {key: (expected[key], got[key]) for key in expected})
    wrong = [
        f"{' '.join(key)}: {got[key]}, expected {expected[key]}: {found.said.get(key)}"
        for key in expected
        if got[key] != expected[key]
    ]
    wrong += [f"{' '.join(key)}: nobody expected this pass" for key in unexplained(found, expected)]
    assert not wrong, "\n".join([f"{scenario}:", *wrong])


def unexplained(found: Found, expected: Rows) -> list[tuple[str, str]]:
    """Passes that rest on an answer and that nobody wrote down."""
    return [
        key
        for key, (verdict, _) in found.rows.items()
        if verdict == "pass" and key not in expected and key[1] not in WITHOUT_AN_ANSWER
    ]


def note(
    scenario: str, compared: dict[tuple[str, str], tuple[tuple[str, str], tuple[str, str]]]
) -> None:
    for (subject, check), (expected, got) in compared.items():
        PRINTED.append(Row(scenario, f"{subject} {check}", " ".join(expected), " ".join(got)))
