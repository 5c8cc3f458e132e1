"""Is encryption offered, and nothing weaker where others can listen?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.verdict import Reason, Verdict, failed, passed
from checks.opcua_lists import encrypts, row, unusable


@check(
    title="Encrypted OPC UA is offered, and is all that is offered over untrusted conduits",
    about=SERVICE,
    requirements={"SR 4.1": PART, "SR 4.1 RE 1": PART, "SR 4.1 RE 2": PART},
    program=("DATA 1.2",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0842",),
    remedy="Enable SignAndEncrypt; where an untrusted conduit leads to it, remove the rest.",
    by_hand="In UaExpert ask for the endpoints: SignAndEncrypt must be there, and over an "
    "untrusted conduit nothing else.",
)
def judge(listed: OpcUaEndpoints, expected: Expected) -> Verdict:
    """
    Passes when SignAndEncrypt is offered, and nothing else where a conduit marked `untrusted`
    leads to the asset; fails when it is missing or not alone there; does not apply to a pure
    discovery server.

    Who can listen on the way is the conduit's property, so the inventory has to say it.
    """
    if found := unusable(listed):
        return found
    weaker = [e for e in listed.endpoints if not encrypts(e)]
    if len(weaker) == len(listed.endpoints):
        return failed(
            Reason.UNPROTECTED,
            f"None of {len(listed.endpoints)} endpoints offers encryption.",
            where=tuple(row(e) for e in weaker),
        )
    untrusted = expected.asset.untrusted_conduits if expected.asset else ()
    if weaker and untrusted:
        return failed(
            Reason.UNPROTECTED,
            f"{len(weaker)} of {len(listed.endpoints)} endpoints do without encryption, and the "
            f"conduit {untrusted[0]} leads here, which is not trusted.",
            where=tuple(row(e) for e in weaker),
        )
    if untrusted:
        return passed(f"All {len(listed.endpoints)} endpoints encrypt.")
    return passed("Encryption is offered, and no untrusted conduit leads here.")
