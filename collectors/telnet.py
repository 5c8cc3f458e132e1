"""
Listen to what a telnet server says by itself.

On the wire: one TCP connection, not one byte from us, not even answers to its options; a clean
close as soon as it has been quiet for `QUIET` seconds.  Many servers show their login prompt only
to a client that negotiates: what stands before it is all that is seen here.
"""

from __future__ import annotations

import re

from checks.facts.greetings import TelnetGreeting
from collectors.errors import HungUp, TimedOut, Unintelligible
from collectors.wire import Stream, Target, Wire

QUIET = 2.0
CAP = 8 * 1024
MOST_TEXT = 4_000
_DOING = "listening to what it says"

# RFC 854: interpret as command, and the commands that carry an option.
_IAC, _SB, _SE, _DONT = 255, 250, 240, 254
_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-B]|[78=>cDEHM])")
# What a terminal is told besides text: NUL, bell, backspace, tabs and line ends, escape.
_OF_A_TERMINAL = frozenset("\0\a\b\t\n\v\f\r\x1b")
_OTHERS = ("SSH-", "HTTP/", "RFB ", "220 ", "220-")


async def greeting(wire: Wire, target: Target) -> TelnetGreeting:
    """
    Its options and its words, as far as they come unasked.

    Raises `TimedOut` for a server that says nothing, `HungUp` for one that leaves by itself,
    `Unintelligible` for another protocol's words, and what `Wire.stream` raises.
    """
    async with wire.stream(target, cap=CAP) as stream:
        heard = await _until_quiet(wire, stream, target)
    negotiates, data = _parted(target, heard)
    text = data.decode(errors="replace")
    if not negotiates and _is_another(text):
        raise Unintelligible(target, f"it says {heard[:80]!r}, which is not telnet", _DOING)
    return TelnetGreeting(negotiates, _readable(target, text))


async def _until_quiet(wire: Wire, stream: Stream, target: Target) -> bytes:
    """All it says; a server that never falls quiet ends with the deadline of the question."""
    heard = b""
    while True:
        try:
            async with wire.within(target, min(QUIET, wire.whole / 3)):
                heard += await stream.receive()
        except TimeoutError:
            if heard:
                return heard
            raise TimedOut(target, "it said nothing", _DOING) from None
        except HungUp as error:
            said = f"{error.what} after {heard[:80]!r}" if heard else error.what
            raise HungUp(target, said, _DOING) from error


def _parted(target: Target, heard: bytes) -> tuple[bool, bytes]:
    """Whether there were commands in it, and what was no command."""
    negotiates, data, at = False, bytearray(), 0
    while at < len(heard):
        if heard[at] != _IAC:
            data.append(heard[at])
            at += 1
            continue
        command = heard[at + 1] if at + 1 < len(heard) else 0
        if command == _IAC:
            data.append(_IAC)
            at += 2
        elif command == _SB:
            end = heard.find(bytes((_IAC, _SE)), at)
            if end < 0:
                raise Unintelligible(target, "an option's settings have no end", _DOING)
            negotiates, at = True, end + 2
        elif command >= _SE:
            size = 3 if _SB < command <= _DONT else 2
            if at + size > len(heard):
                raise Unintelligible(target, "it stopped in the middle of a command", _DOING)
            negotiates, at = True, at + size
        else:
            raise Unintelligible(target, f"{command} is no telnet command", _DOING)
    return negotiates, bytes(data)


def _is_another(text: str) -> bool:
    strange = any(ord(c) < 0x20 and c not in _OF_A_TERMINAL for c in text)
    return strange or text.startswith(_OTHERS) or not text.strip("\0\r\n\ufffd ")


def _readable(target: Target, text: str) -> str:
    lines = _ESCAPES.sub("", text.replace("\r", "\n")).split("\n")
    plain = ("".join(c for c in line if c.isprintable()).strip() for line in lines)
    words = "\n".join(line for line in plain if line)
    if len(words) > MOST_TEXT:
        raise Unintelligible(target, f"it says over {MOST_TEXT} characters", _DOING)
    return words
