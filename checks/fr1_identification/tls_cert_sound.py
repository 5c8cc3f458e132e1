"""Is the TLS server's certificate valid, strong and the one the inventory trusts?"""

from __future__ import annotations

from datetime import timedelta

from checks.certificate_rules import date_problem, judgeable, strength, weakness
from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.certificates import Certificate
from checks.facts.context import Moment
from checks.facts.expected import Expected
from checks.facts.tls import TlsServer, TlsTrust
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="TLS certificate is valid, strong and trusted",
    about=SERVICE,
    requirements={"SR 1.8": PART, "SR 1.9": PART, "SR 4.3": PART},
    program=("DATA 1.6",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0830",),
    remedy="Issue a new certificate from the site's CA, or record the pin under change control.",
    by_hand="Run openssl s_client -connect {address}:{port} -showcerts </dev/null | openssl x509 "
    "-noout -subject -dates -fingerprint -sha256 and compare with the inventory.",
)
def judge(server: TlsServer, expected: Expected, moment: Moment) -> Verdict:
    """
    Passes when the server's own certificate is in date beyond the warning time, has a strong key
    and signature, and is the pinned one or chains to the site's CA; fails when one of these does
    not hold; does not apply where the server presents no certificate at all.

    Whoever can pass for the server gets every password that is sent to it.
    """
    if not server.certificates:
        if server.completed:
            return not_applicable("The server works without any certificate.")
        return inconclusive(Reason.UNINTELLIGIBLE, f"No certificate was shown. {server.said}")
    own = server.certificates[0]
    if server.trust is TlsTrust.UNTRUSTED:
        return failed(
            Reason.DIFFERS,
            f"The certificate is not the one the inventory trusts: {server.trust_problem}.",
            where=_name(own),
        )
    if weak := weakness(own):
        return failed(Reason.WEAK_CRYPTOGRAPHY, f"The certificate has {weak}.", where=_name(own))
    if moment.clock.synchronised:
        warning = timedelta(seconds=expected.limits.certificate_expiry_warning_seconds)
        if said := date_problem(own, moment.at, warning):
            return failed(Reason.CERTIFICATE_DATES, f"The certificate {said}.", where=_name(own))
    return _gap(server, own, moment) or passed(
        f"The certificate has {strength(own)}, is {server.trust.value} and valid until "
        f"{own.not_after:%Y-%m-%d}."
    )


def _gap(server: TlsServer, own: Certificate, moment: Moment) -> Verdict | None:
    if not moment.clock.synchronised:
        return inconclusive(
            Reason.CLOCK_UNSYNCHRONISED,
            "Our own clock is not synchronised, so dates cannot be judged.",
        )
    if not judgeable(own) or own.not_before is None or own.not_after is None:
        return inconclusive(
            Reason.UNINTELLIGIBLE,
            f"The certificate could not be read well enough ({own.problem or 'unknown key'}).",
        )
    if server.trust is TlsTrust.UNPROVEN:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"The server did not show that it holds the certificate's key. {server.said}".strip(),
        )
    if server.trust is TlsTrust.NOT_STATED:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The inventory does not say which certificate to trust here."
        )
    return None


def _name(certificate: Certificate) -> tuple[str, ...]:
    return (certificate.subject or certificate.sha256,)
