"""Does the OPC UA server invite anonymous users?"""

from __future__ import annotations

from checks.check import ENGINEERING, HIGH, PART, SERVICE, check
from checks.facts.opcua import OpcUaEndpoints, TokenType
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed
from checks.opcua_lists import row, unusable


@check(
    title="No endpoint advertises the Anonymous user token",
    about=SERVICE,
    requirements={"SR 1.1": PART, "SR 1.1 RE 1": PART},
    program=("USER 1.8",),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0886",),
    remedy="Switch off anonymous login and give each client an account with its role.",
    by_hand="In UaExpert ask for the endpoints: no row may offer Anonymous as authentication.",
)
def judge(listed: OpcUaEndpoints) -> Verdict:
    """
    Passes when every endpoint lists user tokens and none is Anonymous; fails when any endpoint
    lists Anonymous; does not apply to a pure discovery server.

    What is advertised is what clients will use; whether it is accepted is another check's.
    """
    if found := unusable(listed):
        return found
    open_rows = [
        e for e in listed.endpoints if any(t.type is TokenType.ANONYMOUS for t in e.tokens)
    ]
    if open_rows:
        return failed(
            Reason.ANONYMOUS_ACCEPTED,
            f"{len(open_rows)} of {len(listed.endpoints)} endpoints advertise anonymous login.",
            where=tuple(row(e) for e in open_rows),
        )
    # OPC 10000-4, 5.6.3: no token given means anonymous, so an empty list promises nothing.
    mute = [e for e in listed.endpoints if not e.tokens]
    if mute:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            "An endpoint does not say which user tokens it takes.",
            where=tuple(row(e) for e in mute),
        )
    return passed(f"None of {len(listed.endpoints)} endpoints advertises anonymous login.")
