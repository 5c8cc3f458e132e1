"""Does the OPC UA server limit how many sessions there are?"""

from __future__ import annotations

from checks.check import ENGINEERING, LOW, PART, SERVICE, check
from checks.facts.opcua import OpcUaServer
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

# As many as a 32-bit counter holds: what servers write where they have no limit.
_NO_LIMIT = 0x7FFF_FFFF


@check(
    title="Server limits the number of sessions",
    about=SERVICE,
    requirements={"SR 2.7": PART, "SR 7.2": PART},
    program=("USER 1.17", "AVAIL 1.2"),
    severity=LOW,
    audience=ENGINEERING,
    enables=("T0814",),
    remedy="Set MaxSessions in the server's settings.",
    by_hand="In UaExpert read Server/ServerCapabilities/MaxSessions: it must not be 0.",
)
def judge(server: OpcUaServer) -> Verdict:
    """
    Passes when the server names a limit; fails when it says 0, which means none, or the largest
    number there is; does not apply where the server has no such property (before 1.05).

    Many sessions are never opened to find out.
    """
    if server.max_sessions is None:
        why = next((u for u in server.unreadable if u.startswith("max sessions")), "")
        if "BadNodeIdUnknown" in why:
            return not_applicable("The server has no MaxSessions property.")
        return inconclusive(
            Reason.DENIED, f"MaxSessions could not be read{f' ({why})' if why else ''}."
        )
    if server.max_sessions < 0:
        return inconclusive(
            Reason.UNINTELLIGIBLE, f"The server names a limit of {server.max_sessions} sessions."
        )
    if server.max_sessions == 0 or server.max_sessions >= _NO_LIMIT:
        return failed(Reason.NOT_CONFIGURED, "The server says that it limits no sessions.")
    return passed(f"The server limits itself to {server.max_sessions} sessions.")
