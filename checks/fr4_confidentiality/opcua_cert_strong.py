"""Are key and signature of the OPC UA server's certificate strong enough?"""

from __future__ import annotations

from checks.certificate_rules import judgeable, strength, weakness
from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed
from checks.opcua_lists import certificates


@check(
    title="Server certificate key and signature are strong enough",
    about=SERVICE,
    requirements={"SR 4.3": PART, "SR 1.9": PART},
    program=("DATA 1.5",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0830",),
    remedy="Issue a new certificate with RSA of 2048 bits or more, or EC, signed with SHA-256.",
    by_hand="In UaExpert open the server certificate: look at key length and signature algorithm.",
)
def judge(listed: OpcUaEndpoints) -> Verdict:
    """
    Passes when every certificate has RSA of at least 2048 bits, EC of at least 256 or an Edwards
    key, and SHA-256 or better; fails when one is weaker; does not apply where no endpoint has a
    certificate.

    The certificate is what clients trust the server by; who can forge it can be the server.
    """
    given = certificates(listed)
    if isinstance(given, Verdict):
        return given
    weak = [(c, why) for c in given if (why := weakness(c))]
    if weak:
        return failed(
            Reason.WEAK_CRYPTOGRAPHY,
            f"The certificate has {weak[0][1]}.",
            where=tuple(c.subject or c.sha256 for c, _ in weak),
        )
    unclear = [c for c in given if not judgeable(c)]
    if unclear:
        return inconclusive(
            Reason.UNINTELLIGIBLE,
            "Key or signature of a certificate could not be judged"
            f"{f' ({unclear[0].problem})' if unclear[0].problem else ''}.",
            where=tuple(c.subject or c.sha256 for c in unclear),
        )
    return passed("The certificate has " + " and ".join(sorted({strength(c) for c in given})) + ".")
