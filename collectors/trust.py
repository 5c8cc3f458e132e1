"""Whether a certificate is the one the inventory trusts for this asset at this address."""

from __future__ import annotations

import hashlib
from datetime import datetime
from ipaddress import ip_address

from checks.facts.tls import TlsTrust
from collectors import certificates
from collectors.credentials import Trust
from collectors.errors import Denied
from collectors.wire import Target


def judged(
    trust: Trust, chain: tuple[bytes, ...], target: Target, at: datetime, *, in_date: bool
) -> tuple[TlsTrust, str]:
    """
    How the DER certificates (own first) fit `trust`, and what is wrong when they do not.

    A CA vouches for every device of the plant, so its certificates must also name this one: the
    address, or the asset id as a DNS name.  What a peer says of itself elsewhere (a common name, an
    OPC UA ApplicationUri) is its own choice and counts for nothing.  `in_date`: the certificate's
    own dates count as well; its issuers' always do.  Raises `Denied` for an unreadable CA file.
    """
    if not trust.sha256 and not trust.ca:
        return TlsTrust.NOT_STATED, ""
    if not chain:
        return TlsTrust.UNTRUSTED, "none was presented"
    if trust.sha256:
        own = hashlib.sha256(chain[0]).hexdigest()
        if trust.sha256.replace(":", "").lower() == own:
            return TlsTrust.PINNED, ""
        return TlsTrust.UNTRUSTED, f"its SHA-256 is {own}, which is not the pinned one"
    try:
        chained = certificates.chains_to(chain, trust.ca, at, own_dates=in_date)
    except ValueError as error:
        raise Denied(target, f"the CA certificates of `trust` cannot be read, {error}") from error
    if not chained:
        return TlsTrust.UNTRUSTED, "it does not lead to the CA of the inventory"
    if not names(chain[0], target):
        return (
            TlsTrust.UNTRUSTED,
            f"it names neither the address {target.address} nor the asset {target.asset}",
        )
    return TlsTrust.CHAINED, ""


def names(der: bytes, target: Target) -> bool:
    """Whether a certificate's alternative names have the address, or the asset id as a name."""
    own = certificates.certificate(der)
    addresses = {ip_address(ip) for ip in own.ips if "/" not in ip}
    wanted = target.asset.casefold()
    return ip_address(target.address) in addresses or wanted in {n.casefold() for n in own.dns}
