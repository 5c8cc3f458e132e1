"""Does the OPC UA server say that it writes audit events?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.opcua import OpcUaServer
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="OPC UA server auditing is on",
    about=SERVICE,
    requirements={"SR 2.8": PART},
    program=("EVENT 1.4",),
    severity=MEDIUM,
    audience=ENGINEERING,
    remedy="Enable auditing in the server and route its audit events to the log collector.",
    by_hand="In UaExpert read Server.Auditing (i=2994): it must be true.",
)
def judge(server: OpcUaServer) -> Verdict:
    """
    Passes when Server.Auditing is true; fails when it is false; does not apply to a server
    without that property.

    The property is the server's own word that it raises audit events; that they arrive anywhere
    is for other checks.
    """
    if server.auditing is True:
        return passed("The server says that auditing is on.")
    if server.auditing is False:
        return failed(Reason.NOT_CONFIGURED, "The server says that auditing is off.")
    why = next((u for u in server.unreadable if u.casefold().startswith("auditing")), "")
    if "BadNodeIdUnknown" in why:
        return not_applicable("The server has no Auditing property.")
    return inconclusive(
        Reason.DENIED, f"Server.Auditing could not be read{f' ({why})' if why else ''}."
    )
