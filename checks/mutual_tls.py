"""Whether a TLS server lets in a client that has no certificate."""

from __future__ import annotations

from checks.facts.tls import TlsAnswer, TlsServer
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed


def judge_demand(server: TlsServer) -> Verdict:
    """
    Passes on an alert to a client without a certificate, fails when the handshake is finished.

    In TLS 1.3 the alert comes after the client believes to be done, so a handshake that is not
    known to be finished is neither.
    """
    if not server.client_certificate and server.completed:
        return failed(Reason.UNPROTECTED, "The server does not ask its clients for a certificate.")
    match server.without_certificate:
        case TlsAnswer.REFUSED:
            return passed("The server refuses a client that has no certificate.")
        case TlsAnswer.ACCEPTED:
            return failed(
                Reason.UNPROTECTED,
                "The server asks for a client certificate, and lets in who has none.",
            )
        case TlsAnswer.CUT:
            return inconclusive(
                Reason.HUNG_UP,
                "The connection was cut without an alert when we showed no certificate.",
            )
        case _:
            return inconclusive(
                Reason.TIMEOUT,
                "Nobody can say whether the server demands a client certificate: "
                f"{server.said or 'the handshake did not end.'}",
            )
