"""May somebody who does not say who he is call the declared methods?"""

from __future__ import annotations

from checks.check import CRITICAL, ON_INTERFACE, PART, SERVICE, SOC, check
from checks.facts.expected import Expected
from checks.facts.opcua import OpcUaAnonymous
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="An anonymous session may not call methods",
    about=SERVICE,
    requirements={"SR 2.1": ON_INTERFACE, "SR 2.1 RE 1": PART},
    program=("USER 2.1",),
    severity=CRITICAL,
    audience=SOC,
    enables=("T0871", "T1692.001"),
    remedy="Take Call from the Anonymous role on these methods, or refuse anonymous sessions.",
    by_hand="In UaExpert connect to {address}:{port} with Anonymous and look at UserExecutable of "
    "the declared methods: it must be false.  Do not call them.",
)
def judge(attempt: OpcUaAnonymous, expected: Expected) -> Verdict:
    """
    Passes when the server says of every declared method that an anonymous session may not call
    it; fails when it says of one that it may; does not apply where the inventory declares no
    method, or the anonymous session was refused.

    We read what the server declares and never call; a server may still refuse a call.
    """
    declared = expected.service.methods if expected.service else ()
    if attempt.activated is False:
        return not_applicable("The server refuses anonymous sessions.")
    open_ = tuple(one.node for one in attempt.methods if one.executable)
    if open_:
        return failed(
            Reason.WRITABLE,
            f"The server lets anonymous users call {len(open_)} of {len(attempt.methods)} methods.",
            where=open_,
        )
    if not declared:
        return not_applicable("The inventory declares no methods for this server.")
    if attempt.activated is None:
        return inconclusive(Reason.DENIED, f"No anonymous session was judged: {attempt.status}.")
    known = {one.node for one in attempt.methods if one.executable is not None}
    if unread := tuple(node for node in declared if node not in known):
        return inconclusive(
            Reason.DENIED,
            f"Whether {len(unread)} of {len(declared)} methods may be called could not be read.",
            where=unread,
        )
    return passed(f"The server lets anonymous users call none of {len(declared)} methods.")
