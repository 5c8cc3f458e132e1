"""Is the OPC UA server's certificate one the inventory trusts?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.tls import TlsTrust
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed
from checks.opcua_lists import certificates


@check(
    title="Server certificate is pinned or issued by the site's CA for this asset",
    about=SERVICE,
    requirements={"SR 1.8": PART, "SR 1.9": PART, "SR 1.2": PART},
    program=("DATA 1.6",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0830", "T0849"),
    remedy="Issue the certificate from the site's CA with the asset's address in it, or record its "
    "pin under change control.",
    by_hand="In UaExpert connect to {address}:{port}, show the server certificate and compare its "
    "SHA-256 fingerprint, or its issuer and names, with the inventory.",
)
def judge(listed: OpcUaEndpoints) -> Verdict:
    """
    Passes when every certificate is the pinned one, or leads to the site's CA and names the
    asset's address or id; fails when one does not; does not apply where no endpoint has a
    certificate.

    A certificate anybody could have made lets anybody be the server, and take its passwords.
    """
    given = certificates(listed)
    if isinstance(given, Verdict):
        return given
    where = tuple(c.subject or c.sha256 for c in given)
    match listed.trust:
        case TlsTrust.PINNED:
            return passed("The certificate is the pinned one.")
        case TlsTrust.CHAINED:
            return passed("The certificate leads to the site's CA and names this asset.")
        case TlsTrust.UNTRUSTED:
            return failed(
                Reason.DIFFERS,
                "The certificate is not one the inventory trusts: "
                f"{listed.trust_problem or 'it does not fit'}.",
                where=where,
            )
        case _:
            return inconclusive(
                Reason.NOT_COMPARABLE,
                "The inventory does not say which certificate to trust here"
                f"{f' ({listed.trust_problem})' if listed.trust_problem else ''}.",
            )
