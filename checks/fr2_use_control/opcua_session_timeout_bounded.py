"""Does the OPC UA server end sessions nobody uses?"""

from __future__ import annotations

from checks.check import ENGINEERING, LOW, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.observation import Seen
from checks.facts.opcua import OpcUaServer
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="Server limits the life of idle sessions",
    about=SERVICE,
    requirements={"SR 2.6": PART},
    program=("USER 1.16",),
    severity=LOW,
    audience=ENGINEERING,
    enables=("T0814",),
    remedy="Set MaxSessionTimeout in the server's settings to the site's limit or below.",
    by_hand="In UaExpert ask for a session timeout of 24 h and read the revised one.",
)
def judge(sessions: tuple[Seen[OpcUaServer], ...], expected: Expected) -> Verdict:
    """
    Passes when the server cut a request above the limit down to the limit or below; fails when it
    granted more than the limit; does not apply where the inventory has no login for us.

    Only a long request shows a bound: a server that grants the 30 s we usually ask for says
    nothing about the day somebody else asks for.
    """
    if not sessions:
        if expected.service is not None and expected.service.login is None:
            return not_applicable("The inventory has no login for this server.")
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    newest = sessions[-1]
    if newest.facts is None:
        assert newest.reason is not None
        return inconclusive(newest.reason, newest.said)
    asked, granted = newest.facts.requested_timeout_ms, newest.facts.revised_timeout_ms
    limit = expected.limits.max_session_timeout_seconds * 1000
    if granted > limit:
        return failed(
            Reason.NOT_CONFIGURED,
            f"The server grants sessions of {granted // 1000} s; the limit is {limit // 1000} s.",
        )
    if granted <= 0:
        return inconclusive(Reason.UNINTELLIGIBLE, f"The server granted a session of {granted} ms.")
    if asked <= limit:
        return inconclusive(
            Reason.NOT_PERMITTED,
            f"Only {asked // 1000} s were asked for, within the limit of {limit // 1000} s; "
            "write allow: [long-session] for this asset to have a long one asked for.",
        )
    return passed(
        f"Asked for {asked // 1000} s, the server granted {granted // 1000} s; "
        f"the limit is {limit // 1000} s."
    )
