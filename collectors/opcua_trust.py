"""Whether an OPC UA server's certificates are those the inventory trusts for this asset."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from checks.facts.opcua import Endpoint, OpcUaEndpoints
from checks.facts.tls import TlsTrust
from collectors import certificates, opcua_answers, trust
from collectors.credentials import Trust
from collectors.errors import Denied
from collectors.wire import Target


def listed(offered: OpcUaEndpoints, stated: Trust, target: Target, at: datetime) -> OpcUaEndpoints:
    """
    The endpoint list with how its certificates fit; the first that does not decides.

    Dates are left to the check that judges them.  Raises `Denied` for an unreadable CA file.
    """
    fits, problem = TlsTrust.NOT_STATED, ""
    for certificate in offered.certificates:
        chain = certificates.split(opcua_answers.chain_of(certificate.sha256) or b"")
        fits, problem = trust.judged(stated, chain, target, at, in_date=False)
        if fits is TlsTrust.UNTRUSTED:
            break
    return replace(offered, trust=fits, trust_problem=problem)


def may_have_secrets(target: Target, endpoint: Endpoint, stated: Trust, at: datetime) -> None:
    """Raises `Denied` unless the certificate the channel will be built on is trusted."""
    chain = certificates.split(opcua_answers.chain_of(endpoint.certificate) or b"")
    fits, problem = trust.judged(stated, chain, target, at, in_date=True)
    if fits in (TlsTrust.PINNED, TlsTrust.CHAINED):
        return
    why = f" ({problem})" if problem else ""
    raise Denied(
        target,
        f"no secret is sent, because its certificate {endpoint.certificate} is not trusted{why}; "
        "compare it on the device, then set `trust: {sha256: ...}` of the service to it, or "
        "`trust: {ca: ...}` to who issued it",
    )
