"""Does the OPC UA server's certificate name this application and this host?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.certificates import Certificate
from checks.facts.expected import Expected, ExpectedAsset
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed
from checks.opcua_lists import certificates


@check(
    title="Certificate names this application and host",
    about=SERVICE,
    requirements={"SR 1.2": PART, "SR 1.9": PART},
    program=("USER 1.10",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0849",),
    remedy="Issue the certificate with the server's ApplicationUri and its address or host name.",
    by_hand="In UaExpert connect to {address}:{port} and open the server certificate: its URI must "
    "be the server's ApplicationUri, and its IP address or DNS name that of the asset.",
)
def judge(listed: OpcUaEndpoints, expected: Expected) -> Verdict:
    """
    Passes when every certificate's URI is the ApplicationUri the server states, and its names have
    the asset's address, id or name; fails when one does not; does not apply where no endpoint has
    a certificate.

    OPC UA clients compare both; where they do not match, people teach clients to look away.
    """
    given = certificates(listed)
    if isinstance(given, Verdict):
        return given
    if not listed.application_uri or expected.asset is None:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The server states no ApplicationUri to compare with."
        )
    wrong = [(c, why) for c in given if (why := _mismatch(c, listed, expected.asset))]
    unread = [c for c, _ in wrong if c.problem]
    if unread:
        return inconclusive(
            Reason.UNINTELLIGIBLE,
            f"The names of a certificate could not be read ({unread[0].problem}).",
            where=tuple(c.subject or c.sha256 for c in unread),
        )
    if wrong:
        return failed(
            Reason.DIFFERS,
            f"The certificate {wrong[0][1]}.",
            where=tuple(c.subject or c.sha256 for c, _ in wrong),
        )
    return passed("The certificate names the server's ApplicationUri and this asset.")


def _mismatch(certificate: Certificate, listed: OpcUaEndpoints, asset: ExpectedAsset) -> str:
    if listed.application_uri not in certificate.uris:
        found = ", ".join(certificate.uris) or "none"
        return f"has the URI {found}, and the server states {listed.application_uri}"
    hosts = {name.casefold() for name in certificate.dns}
    # A host name counts with and without its domain.
    hosts |= {name.partition(".")[0] for name in hosts}
    known = {name.casefold() for name in (asset.id, asset.name) if name}
    if hosts & known or set(certificate.ips) & set(asset.addresses):
        return ""
    found = ", ".join((*certificate.ips, *certificate.dns)) or "no host"
    return f"names {found}, and neither an address nor a name of the asset"
