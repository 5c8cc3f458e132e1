"""Are the server's nonces and session ids ever used twice?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.opcua import OpcUaRights
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

# OPC 10000-4, 5.7.2 and 5.7.3.
LEAST_OCTETS = 32
LEAST_SESSIONS = 2


@check(
    title="Server nonces are long, and they and session ids never repeat",
    about=SERVICE,
    requirements={"SR 3.8 RE 3": PART, "SR 3.8 RE 2": PART, "SR 3.8": PART},
    program=("USER 1.16",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0830",),
    remedy="Ask the vendor for a firmware whose session nonces come from a random generator.",
    by_hand="Capture several sessions of a client to {address}:{port} with its keys logged, and "
    "compare ServerNonce and SessionId of the CreateSession and ActivateSession answers.",
)
def judge(rights: OpcUaRights) -> Verdict:
    """
    Passes when both nonces of our session have 32 octets and neither they nor its id came in the
    sessions of ours before; fails when one is shorter or came again; does not apply to sessions
    on a channel without security, where a nonce protects nothing.

    A nonce that comes again lets a recorded proof of identity be played again.
    """
    if rights.nonce_bytes is None:
        return not_applicable("Our session is on a channel without security.")
    if rights.nonce_bytes < LEAST_OCTETS:
        return failed(
            Reason.WEAK_CRYPTOGRAPHY,
            f"A nonce of the server has {rights.nonce_bytes} octets, {LEAST_OCTETS} are the least.",
        )
    if rights.repeated:
        return failed(
            Reason.WEAK_CRYPTOGRAPHY,
            f"Of our newest session came again: {', '.join(rights.repeated)}.",
            where=rights.repeated,
        )
    if rights.compared < LEAST_SESSIONS:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Only {rights.compared} earlier sessions are there to compare with, "
            f"{LEAST_SESSIONS} are the least.",
        )
    return passed(
        f"Nonces of {rights.nonce_bytes} octets and the session id did not come in our "
        f"{rights.compared} sessions before."
    )
