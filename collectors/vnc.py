"""
Ask a VNC server which security types it offers.

On the wire: one TCP connection; the server's version is read, one version line is sent (the
server's own, at most 3.8), the list of security types is read, then a clean close.  No type is
ever chosen, so no password is tried, no session begins, and nobody's picture is taken over.

Some servers (TigerVNC to 1.12) count every connection without a login as a failed one, and turn
our address away for a while after the fifth: then there is a reason and no type, which proves nothing.
"""

from __future__ import annotations

import re

from checks.facts.greetings import VncSecurity
from collectors.allowed import vnc as allowed
from collectors.errors import CollectError, HungUp, Unintelligible
from collectors.wire import Stream, Target, Wire

MOST_REASON = 1_024
CAP = 2_048
_DOING = "asking for its security types"
_VERSION = re.compile(rb"RFB (\d{3})\.(\d{3})\n")


async def security(wire: Wire, target: Target) -> VncSecurity:
    """
    The types it offers, or the reason it gave for offering none.

    Raises `Unintelligible` for anything that is not RFB, and what `Wire.stream` raises.
    """
    async with wire.stream(target, cap=CAP) as stream:
        head = await _exactly(stream, target, allowed.SIZE)
        found = _VERSION.fullmatch(head)
        if found is None:
            raise _nonsense(target, f"the answer begins {head!r}, which is not RFB")
        theirs = int(found[1]), int(found[2])
        ours = _ours(theirs)
        if ours is None:
            raise _nonsense(target, f"it speaks RFB {theirs[0]}.{theirs[1]}, which nobody knows")
        await stream.send(allowed.VERSIONS[ours])
        types = await _types(stream, target, dictated=ours == (3, 3))
        said = "" if types else await _reason(stream, target)
    return VncSecurity(f"{theirs[0]}.{theirs[1]}", types, said)


def _ours(theirs: tuple[int, int]) -> tuple[int, int] | None:
    """RFC 6143, 7.1.1: whatever lies between the three known versions counts as the one below."""
    return max((version for version in allowed.VERSIONS if version <= theirs), default=None)


async def _types(stream: Stream, target: Target, *, dictated: bool) -> tuple[int, ...]:
    """A list of octets; in version 3.3 the one type the server has decided on (7.1.2)."""
    if dictated:
        chosen = int.from_bytes(await _exactly(stream, target, 4), "big")
        return (chosen,) if chosen else ()
    count = (await _exactly(stream, target, 1))[0]
    types = tuple(await _exactly(stream, target, count))
    if 0 in types:
        raise _nonsense(target, f"its security types {types} hold 0, which is none")
    return types


async def _reason(stream: Stream, target: Target) -> str:
    size = int.from_bytes(await _exactly(stream, target, 4), "big")
    if size > MOST_REASON:
        raise _nonsense(target, f"the reason why it refuses is said to be {size} octets long")
    words = (await _exactly(stream, target, size)).decode(errors="replace")
    return "".join(c if c.isprintable() else " " for c in words).strip()


async def _exactly(stream: Stream, target: Target, size: int) -> bytes:
    data = b""
    while len(data) < size:
        try:
            data += await stream.receive(size - len(data))
        except HungUp as error:
            said = f"{error.what} after {len(data)} of {size} octets" if data else error.what
            raise HungUp(target, said, _DOING) from error
    return data


def _nonsense(target: Target, what: str) -> CollectError:
    return Unintelligible(target, what, _DOING)
