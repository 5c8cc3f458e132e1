"""Does the OPC UA server let somebody in who does not say who he is?"""

from __future__ import annotations

from checks.check import CRITICAL, ON_INTERFACE, PART, SERVICE, SOC, check
from checks.facts.opcua import OpcUaAnonymous, OpcUaEndpoints
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed
from checks.opcua_lists import only_discovers

# OPC 10000-4, 5.6.3.3: the answers that are about the identity.  Any other "no" (too many
# sessions, a certificate) came before the server looked at it.
_ABOUT_THE_IDENTITY = (
    "BadIdentityTokenRejected",
    "BadIdentityTokenInvalid",
    "BadUserAccessDenied",
)


@check(
    title="An anonymous OPC UA session is refused",
    about=SERVICE,
    requirements={"SR 1.1": ON_INTERFACE, "SR 2.1": PART},
    program=("USER 1.8", "USER 2.1"),
    severity=CRITICAL,
    audience=SOC,
    enables=("T0861", "T0886"),
    remedy="Remove the Anonymous token from the server's user identity settings, then look again.",
    by_hand="In UaExpert connect with Anonymous: the server must refuse the session.",
)
def judge(attempt: OpcUaAnonymous, listed: OpcUaEndpoints | None) -> Verdict:
    """
    Passes when the server refused the anonymous identity on its weakest endpoint; fails when it
    activated the session; does not apply to a pure discovery server.

    An attempt is worth more than a list: servers exist that accept what they do not advertise.
    """
    if attempt.activated:
        return failed(
            Reason.ANONYMOUS_ACCEPTED,
            f"The server activated an anonymous session ({attempt.mode.value}, {attempt.policy}).",
            where=(attempt.endpoint,),
        )
    if listed is not None and only_discovers(listed):
        return not_applicable("This is a pure discovery server.")
    judged = any(status in attempt.status for status in _ABOUT_THE_IDENTITY)
    if attempt.activated is None or not judged:
        return inconclusive(
            Reason.DENIED,
            f"The server did not get as far as judging the identity: {attempt.status}.",
            where=(attempt.endpoint,),
        )
    return passed(
        f"The server refused an anonymous session with {attempt.status} "
        f"({attempt.mode.value}, {attempt.policy}).",
        where=(attempt.endpoint,),
    )
