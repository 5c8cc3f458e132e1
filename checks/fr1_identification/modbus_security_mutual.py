"""Does Modbus/TCP Security demand a client certificate?"""

from __future__ import annotations

from checks.check import ENGINEERING, HIGH, ON_INTERFACE, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.tls import TlsServer, TlsVersion
from checks.facts.verdict import Outcome, Reason, Verdict, failed, inconclusive, not_applicable
from checks.mutual_tls import judge_demand

_CURRENT = (TlsVersion.TLS12, TlsVersion.TLS13)


@check(
    title="Modbus/TCP Security demands a client certificate",
    about=SERVICE,
    requirements={
        "SR 1.2": ON_INTERFACE,
        "SR 3.1 RE 1": ON_INTERFACE,
        "SR 4.1": PART,
        "SR 2.1 RE 1": PART,
    },
    program=("USER 1.10",),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0848", "T1692.001"),
    remedy="Require client certificates with role object identifiers on the Modbus server.",
    by_hand="Run openssl s_client -connect {address}:{port} </dev/null without -cert: the server "
    "must end the handshake with an alert that a certificate is required.",
)
def judge(server: TlsServer, expected: Expected) -> Verdict:
    """
    Passes when a client without a certificate is refused by an alert, at TLS 1.2 or later; fails
    when one is let in or the version is older; does not apply to services that do not speak
    Modbus/TCP Security.

    The role in the client's certificate is the only thing this protocol decides rights by.
    """
    if expected.service is None or expected.service.protocol != "modbus-tls":
        return not_applicable("This is no Modbus/TCP Security service.")
    if server.version is not None and server.version not in _CURRENT:
        return failed(
            Reason.WEAK_CRYPTOGRAPHY, f"The server speaks {server.version.value} with its clients."
        )
    verdict = judge_demand(server)
    if verdict.outcome is Outcome.PASS and server.version is None:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            "The server refuses a client without a certificate, but nobody saw in which version.",
        )
    return verdict
