"""Does a TLS service between machines demand a client certificate?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, ON_INTERFACE, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.tls import TlsServer
from checks.facts.verdict import Verdict, not_applicable
from checks.mutual_tls import judge_demand

_FOR_PEOPLE = ("https",)
_HAS_ITS_OWN_CHECK = ("modbus-tls",)


@check(
    title="Machine-to-machine TLS services demand a client certificate",
    about=SERVICE,
    requirements={"SR 1.2": ON_INTERFACE},
    program=("USER 1.10",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0886",),
    remedy="Turn on client authentication, and give each client a certificate of its own.",
    by_hand="Run openssl s_client -connect {address}:{port} </dev/null without -cert: the server "
    "must end the handshake with an alert that a certificate is required.",
)
def judge(server: TlsServer, expected: Expected) -> Verdict:
    """
    Passes when the server refuses, by an alert, a client without a certificate; fails when it
    lets such a client in; does not apply to services for people, nor to Modbus/TCP Security,
    which modbus-security-mutual judges.

    A machine cannot type a password somebody watches over; its certificate is its identity.
    """
    protocol = expected.service.protocol if expected.service else ""
    if protocol in _FOR_PEOPLE:
        return not_applicable("People use this service; they log in by other means.")
    if protocol in _HAS_ITS_OWN_CHECK:
        return not_applicable("modbus-security-mutual judges Modbus/TCP Security.")
    return judge_demand(server)
