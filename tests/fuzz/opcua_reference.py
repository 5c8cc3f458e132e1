"""OPC UA requests decoded by asyncua, and the same questions asked of what it found."""

from __future__ import annotations

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary

from collectors.allowed import Permissions

UNCONDITIONAL = {"GetEndpointsRequest", "FindServersRequest", "CloseSecureChannelRequest"}
IDENTITIES = (ua.AnonymousIdentityToken, ua.UserNameIdentityToken, ua.X509IdentityToken)


def allowed(permits: Permissions, data: bytes) -> bool:
    try:
        request = decoded(data)
    except Exception:  # noqa: BLE001  the library raises whatever its parsing stumbles over
        return False
    kind = type(request).__name__
    given = getattr(request, "Parameters", None)
    match kind:
        case "OpenSecureChannelRequest":
            issued = given.RequestType == ua.SecurityTokenRequestType.Issue
            return issued and given.RequestedLifetime <= 60_000
        case "CreateSessionRequest":
            return 0 < given.RequestedSessionTimeout <= permits.session_ms
        case "ActivateSessionRequest":
            return isinstance(given.UserIdentityToken, IDENTITIES)
        case "ReadRequest":
            return len(given.NodesToRead or []) <= 100
        case "CloseSessionRequest":
            return bool(request.DeleteSubscriptions)
        case "BrowseRequest":
            nodes = [row.NodeId.to_string() for row in given.NodesToBrowse or []]
            few = 1 <= given.RequestedMaxReferencesPerNode <= 100
            return few and bool(nodes) and set(nodes) <= permits.browse
    return kind in UNCONDITIONAL


def decoded(data: bytes):
    """Raises whatever the library stumbles over, `ValueError` when octets are left."""
    buffer = Buffer(data)
    kind = nodeid_from_binary(buffer.copy())
    if kind.NamespaceIndex != 0:
        raise ValueError("not a request of the standard")
    name = ua.ObjectIdNames[kind.Identifier].removesuffix("_Encoding_DefaultBinary")
    request = struct_from_binary(getattr(ua, name), buffer)
    if len(buffer):
        raise ValueError("something follows")
    return request
