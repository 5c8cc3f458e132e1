"""Are the details of other people's sessions kept from those who need not know them?"""

from __future__ import annotations

from checks.check import ENGINEERING, LOW, PART, SERVICE, check
from checks.facts.opcua import OpcUaAnonymous, OpcUaRights
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

_REFUSED = frozenset(
    {"BadUserAccessDenied", "BadNotReadable", "BadSecurityModeInsufficient", "BadNotPermitted"}
)
_ABSENT = frozenset({"off", "BadNodeIdUnknown", "BadAttributeIdInvalid"})


@check(
    title="Session security diagnostics are not shown to everybody",
    about=SERVICE,
    requirements={"SR 3.7": PART, "SR 4.1": PART},
    program=("EVENT 1.6",),
    severity=LOW,
    audience=ENGINEERING,
    enables=("T0888",),
    remedy="Restrict SessionSecurityDiagnosticsArray to the SecurityAdmin role.",
    by_hand="In UaExpert connect to {address}:{port} with Anonymous and read "
    "SessionSecurityDiagnosticsArray below ServerDiagnostics: it must be refused.",
)
def judge(rights: OpcUaRights, attempt: OpcUaAnonymous | None) -> Verdict:
    """
    Passes when the server refuses them to our login, or shows them to logins while nobody gets in
    without one; fails when an anonymous session is shown them; does not apply where the server
    keeps none.

    They name who is logged in, from where and how: a list of whom to attack.
    """
    status, anonymous = rights.diagnostics_status, rights.identity == "anonymous"
    if status in _ABSENT:
        return not_applicable("The server keeps no diagnostics of sessions.")
    if status == "Good" and anonymous:
        return failed(
            Reason.UNPROTECTED, "An anonymous session is shown security details of all sessions."
        )
    if status in _REFUSED:
        who = "An anonymous session" if anonymous else "Even our login"
        return passed(f"{who} is refused the security details of sessions ({status}).")
    if status != "Good":
        return inconclusive(
            Reason.NOT_COMPARABLE, f"Reading the diagnostics of sessions came to {status}."
        )
    if attempt is not None and attempt.activated is False:
        return passed("They are shown to a login, and nobody gets in without one.")
    return inconclusive(
        Reason.NOT_COMPARABLE,
        "They are shown to our login, and whether nobody gets in without one is not known.",
    )
