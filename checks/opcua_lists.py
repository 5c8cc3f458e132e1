"""Readings of an OPC UA endpoint list that several checks share."""

from __future__ import annotations

from ipaddress import ip_address

from checks.facts.certificates import Certificate
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints
from checks.facts.verdict import Reason, Verdict, inconclusive, not_applicable

_DISCOVERY = "DiscoveryServer"


def row(endpoint: Endpoint) -> str:
    """One endpoint as somebody finds it again in the server's settings."""
    return f"{endpoint.url} ({endpoint.mode.value}, {endpoint.policy})"


def encrypts(endpoint: Endpoint) -> bool:
    """Whether it names a way to encrypt: a mode alone, with the policy None or none, is not one."""
    by_mode = endpoint.mode is MessageMode.SIGN_AND_ENCRYPT
    return by_mode and endpoint.policy not in ("", "None")


def only_discovers(listed: OpcUaEndpoints) -> bool:
    """A pure discovery server has no sessions and no data: it must speak unsecured."""
    return listed.application_type == _DISCOVERY


def unusable(listed: OpcUaEndpoints) -> Verdict | None:
    """Why the list cannot be judged at all, or None when it can."""
    if only_discovers(listed):
        return not_applicable("This is a pure discovery server.")
    if not listed.endpoints:
        return inconclusive(Reason.NOT_COMPARABLE, "The server lists no endpoint.")
    return None


def certificates(listed: OpcUaEndpoints) -> tuple[Certificate, ...] | Verdict:
    """Every certificate of the list, or the verdict when the list does not give them."""
    if found := unusable(listed):
        return found
    if not listed.certificates and all(
        e.mode is MessageMode.NONE and not e.certificate for e in listed.endpoints
    ):
        return not_applicable("The server lists unsecured endpoints only, without a certificate.")
    given = {c.sha256 for c in listed.certificates}
    for endpoint in listed.endpoints:
        secured = endpoint.mode is not MessageMode.NONE
        if endpoint.certificate not in given and (secured or endpoint.certificate):
            return inconclusive(
                Reason.NOT_COMPARABLE,
                "An endpoint comes without its certificate.",
                where=(row(endpoint),),
            )
    return listed.certificates


def place(url: str) -> tuple[str, int | None, bool]:
    """Host in lower case, port (None: it cannot be read), whether the host is an address."""
    rest = url.partition("://")[2].partition("/")[0].casefold()
    host, _, port = rest.rpartition("]") if rest.startswith("[") else ("", "", rest)
    if host:
        host, port = host.removeprefix("["), port.removeprefix(":")
    else:
        host, _, port = rest.partition(":")
    # OPC 10000-6, 7.2: the port that goes without saying.
    number = port if port or rest.endswith(":") else "4840"
    if not host or not number.isascii() or not number.isdecimal() or len(number) > 5:
        return "", None, False
    return host, int(number), is_address(host)


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
