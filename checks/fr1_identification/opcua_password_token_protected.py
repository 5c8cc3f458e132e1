"""Do OPC UA passwords travel encrypted only?"""

from __future__ import annotations

from checks.check import ENGINEERING, HIGH, PART, SERVICE, check
from checks.facts.opcua import Endpoint, OpcUaEndpoints, TokenType, UserToken
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed
from checks.opcua_lists import encrypts, row, unusable


@check(
    title="User name passwords never travel unencrypted",
    about=SERVICE,
    requirements={"SR 1.5": PART, "SR 4.1": PART, "SR 4.3": PART},
    program=("USER 1.11",),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0842", "T0859"),
    remedy="Give the user name token a security policy of its own, or remove the weak endpoint.",
    by_hand="In UaExpert ask for the endpoints: where user name is offered, the mode is "
    "SignAndEncrypt or the token has a security policy other than None.",
)
def judge(listed: OpcUaEndpoints) -> Verdict:
    """
    Passes when every user name token is encrypted by its own policy, its endpoint's, or the
    channel; fails when one is not; does not apply where no user name token is listed.

    A client does as the list says: what it allows is what travels.
    """
    if found := unusable(listed):
        return found
    offers = [(e, t) for e in listed.endpoints for t in e.tokens if t.type is TokenType.USERNAME]
    if not offers:
        return not_applicable("No endpoint takes a user name and password.")
    clear = [e for e, t in offers if _policy(e, t) == "None" and not encrypts(e)]
    if clear:
        return failed(
            Reason.UNPROTECTED,
            f"{len(clear)} of {len(listed.endpoints)} endpoints take a password in clear text.",
            where=tuple(row(e) for e in clear),
        )
    unsaid = [e for e, t in offers if not _policy(e, t) and not encrypts(e)]
    if unsaid:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            "An endpoint does not say how a password is to be encrypted.",
            where=tuple(row(e) for e in unsaid),
        )
    return passed(f"All {len(offers)} offers to take a password encrypt it.")


def _policy(endpoint: Endpoint, token: UserToken) -> str:
    # OPC 10000-4, 7.41: a token without a policy of its own uses the endpoint's.
    return token.policy or endpoint.policy
