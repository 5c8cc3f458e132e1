"""Does the OPC UA server offer a channel without any protection?"""

from __future__ import annotations

from checks.check import ENGINEERING, HIGH, ON_INTERFACE, PART, SERVICE, check
from checks.facts.opcua import MessageMode, OpcUaEndpoints
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed
from checks.opcua_lists import row, unusable


@check(
    title="No OPC UA endpoint offers message security mode None",
    about=SERVICE,
    requirements={
        "SR 3.1 RE 1": ON_INTERFACE,
        "SR 3.1": ON_INTERFACE,
        "SR 4.1": PART,
        "SR 1.2": PART,
        "SR 7.6": PART,
    },
    program=("NET 1.8", "DATA 1.2"),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0830", "T0842"),
    remedy="Give the clients certificates, then remove the None endpoint in the server's settings.",
    by_hand="In UaExpert ask the server for its endpoints: none may show message security None.",
)
def judge(listed: OpcUaEndpoints) -> Verdict:
    """
    Passes when every listed endpoint signs its messages; fails when any has mode or policy None;
    does not apply to a pure discovery server.

    We judge the list and not the channel it came through: that one is always unsecured, and
    whoever connects next picks the weakest row of the list.
    """
    if found := unusable(listed):
        return found
    bare = [e for e in listed.endpoints if e.mode is MessageMode.NONE or e.policy == "None"]
    if bare:
        tokens = sorted({t.type.value for e in bare for t in e.tokens})
        return failed(
            Reason.UNPROTECTED,
            f"{len(bare)} of {len(listed.endpoints)} endpoints offer security mode None, "
            f"for {' and '.join(tokens) or 'no'} logins.",
            where=tuple(row(e) for e in bare),
        )
    strange = [e for e in listed.endpoints if e.mode is MessageMode.INVALID or not e.policy]
    if strange:
        return inconclusive(
            Reason.UNINTELLIGIBLE,
            "An endpoint names no known security mode, or no policy to protect messages by.",
            where=tuple(row(e) for e in strange),
        )
    return passed(f"All {len(listed.endpoints)} endpoints sign or encrypt their messages.")
