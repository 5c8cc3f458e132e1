"""Is the OPC UA server's certificate within its dates?"""

from __future__ import annotations

from datetime import timedelta

from checks.certificate_rules import date_problem
from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.context import Moment
from checks.facts.expected import Expected
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed
from checks.opcua_lists import certificates


@check(
    title="Server certificate is within its validity period",
    about=SERVICE,
    requirements={"SR 1.8": PART, "SR 1.9": PART},
    program=("DATA 1.6",),
    severity=MEDIUM,
    audience=ENGINEERING,
    remedy="Renew the certificate, and put the new expiry date into the maintenance plan.",
    by_hand="In UaExpert open the server certificate and compare its dates with today.",
)
def judge(listed: OpcUaEndpoints, expected: Expected, moment: Moment) -> Verdict:
    """
    Passes when every certificate is valid and outlives the warning time; fails when one is
    expired, not yet valid, or expires within the warning time; does not apply where no endpoint
    has a certificate.

    Dates are judged only while our own clock is synchronised: a wrong clock makes any date good.
    """
    given = certificates(listed)
    if isinstance(given, Verdict):
        return given
    if not moment.clock.synchronised:
        return inconclusive(
            Reason.CLOCK_UNSYNCHRONISED,
            "Our own clock is not synchronised, so dates cannot be judged.",
        )
    warning = timedelta(seconds=expected.limits.certificate_expiry_warning_seconds)
    if late := [said for c in given if (said := date_problem(c, moment.at, warning))]:
        return failed(
            Reason.CERTIFICATE_DATES,
            f"The certificate {late[0]}.",
            where=tuple(
                c.subject or c.sha256 for c in given if date_problem(c, moment.at, warning)
            ),
        )
    if any(c.not_before is None or c.not_after is None for c in given):
        return inconclusive(Reason.UNINTELLIGIBLE, "The dates of a certificate could not be read.")
    first = min(c.not_after for c in given if c.not_after is not None)
    return passed(f"The certificate is valid until {first:%Y-%m-%d}.")
