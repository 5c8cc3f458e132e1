"""Which endpoint of a server to speak to: pure."""

from __future__ import annotations

from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints, TokenType
from collectors.errors import Denied
from collectors.opcua_keys import MODES, POLICIES
from collectors.wire import Target

BINARY = "uatcp-uasc-uabinary"


def takes(endpoint: Endpoint, kind: TokenType) -> bool:
    return any(token.type is kind for token in endpoint.tokens)


def _strength(endpoint: Endpoint) -> tuple[int, int]:
    return (
        list(MODES).index(endpoint.mode),
        list(POLICIES).index(endpoint.policy),
    )


def _spoken(offered: OpcUaEndpoints) -> list[Endpoint]:
    """Endpoints of the binary protocol, with a security we have, weakest first."""
    return sorted(
        (
            row
            for row in offered.endpoints
            if row.transport in (BINARY, "")
            and row.mode in MODES
            and row.policy in POLICIES
            and (row.mode is MessageMode.NONE) == (row.policy == "None")
        ),
        key=_strength,
    )


def weakest(offered: OpcUaEndpoints) -> Endpoint | None:
    rows = _spoken(offered)
    listing = [row for row in rows if takes(row, TokenType.ANONYMOUS)]
    return next(iter(listing or rows), None)


def strongest(
    target: Target, offered: OpcUaEndpoints, kind: TokenType, *, have_certificate: bool
) -> Endpoint:
    taking = [row for row in _spoken(offered) if takes(row, kind)]
    if not taking:
        raise Denied(target, f"it takes no {kind} tokens; configure a credential it does take")
    if kind is not TokenType.ANONYMOUS:
        taking = [row for row in taking if row.mode is MessageMode.SIGN_AND_ENCRYPT]
        if not taking:
            raise Denied(
                target,
                f"it takes {kind} tokens only on channels that are not encrypted, where we send "
                "no secret; enable a SignAndEncrypt endpoint on the device",
            )
    usable = [row for row in taking if have_certificate or row.mode is MessageMode.NONE]
    if not usable:
        raise Denied(
            target,
            f"it takes {kind} tokens only on secured channels; configure `certificate` of the "
            "service with a certificate of ours, and trust it on the device",
        )
    return usable[-1]
