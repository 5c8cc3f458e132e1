"""
Ask an FTP server how it greets, whether it knows TLS, and whether it lets anybody in.

On the wire, for the greeting: one TCP connection; the greeting is read, AUTH TLS is asked, its
reply read; QUIT, unless the server said yes and now waits for TLS, then a close.  For the
anonymous login: the greeting is read, USER anonymous, PASS if a password is asked for, QUIT as
soon as it is known.  No listing, no transfer, no other user; no byte to what does not greet with
220.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from checks.facts.greetings import FtpAnonymous, FtpGreeting
from collectors.allowed import ftp as allowed
from collectors.errors import Busy, HungUp, TurnedAway, Unintelligible
from collectors.wire import Stream, Target, Wire

CAP = 16 * 1024
MOST_REPLY = 4_000
MOST_LINES = 100

# RFC 959, 4.2 and RFC 4217, 4.
_READY, _BEGIN_TLS, _IN, _PASSWORD, _NOT_IN = 220, 234, 230, 331, 530
_LATER = (120, 421)
_FIRST = re.compile(rb"[1-6][0-9]{2}[ -]")
# A 530 of these is about the channel or the hour, not about who asks.
_ANOTHER_MATTER = re.compile(
    r"tls|ssl|encrypt|secur|too many|maximum|limit|later|busy", re.IGNORECASE
)


@dataclass(frozen=True)
class _Reply:
    code: int
    text: str


async def greeting(wire: Wire, target: Target) -> FtpGreeting:
    """
    The greeting, and the reply to AUTH TLS.

    Raises `Busy` for 120 and 421, `TurnedAway` for any other greeting than 220, `Unintelligible`
    for what is not FTP, and what `Wire.stream` raises.
    """
    doing = "asking whether it knows TLS"
    async with wire.stream(target, cap=CAP) as stream:
        talk = _Talk(stream, target)
        said = await talk.greeting()
        tls = await talk.asked(allowed.AUTH, doing)
        if tls.code != _BEGIN_TLS:
            await talk.quit()
    return FtpGreeting(said.code, said.text, tls.code)


async def anonymous(wire: Wire, target: Target) -> FtpAnonymous:
    """One login as anybody; raises as `greeting`."""
    doing = "logging in as anonymous"
    async with wire.stream(target, cap=CAP) as stream:
        talk = _Talk(stream, target)
        await talk.greeting()
        last = await talk.asked(allowed.USER, doing)
        codes = [last.code]
        if last.code == _PASSWORD:
            last = await talk.asked(allowed.PASS, doing)
            codes.append(last.code)
        await talk.quit()
    return FtpAnonymous(tuple(codes), _verdict(last), last.text)


def _verdict(last: _Reply) -> bool | None:
    if last.code == _IN:
        return True
    if last.code == _NOT_IN and not _ANOTHER_MATTER.search(last.text):
        return False
    return None


class _Talk:
    """One control connection."""

    def __init__(self, stream: Stream, target: Target) -> None:
        self._stream = stream
        self._target = target
        self._held = b""

    async def greeting(self) -> _Reply:
        doing = "waiting for its greeting"
        said = await self._reply(doing)
        if said.code != _READY:
            raise TurnedAway(self._target, f"it greets with {said.code} {said.text}", doing)
        return said

    async def asked(self, line: bytes, doing: str) -> _Reply:
        if self._held:
            raise Unintelligible(self._target, "it says more than it was asked", doing)
        await self._stream.send(line)
        return await self._reply(doing)

    async def quit(self) -> None:
        """Its answer is read by the wire while it closes: what we came for is known already."""
        try:
            await self._stream.send(allowed.QUIT)
        except HungUp:
            return

    async def _reply(self, doing: str) -> _Reply:
        """RFC 959, 4.2: `code-` begins several lines, the last of which begins with `code `."""
        lines: list[bytes] = []
        while True:
            line = await self._line(doing)
            if not lines and not _FIRST.match(line + b" "):
                raise Unintelligible(self._target, f"it says {line[:80]!r}, no FTP reply", doing)
            lines.append(line)
            if lines[0][3:4] != b"-" or line[:4] in (lines[0][:3] + b" ", lines[0][:3]):
                break
            if len(lines) > MOST_LINES:
                raise Unintelligible(self._target, f"a reply has over {MOST_LINES} lines", doing)
        if sum(map(len, lines)) > MOST_REPLY:
            raise Unintelligible(self._target, f"a reply has over {MOST_REPLY} octets", doing)
        code = int(lines[0][:3])
        text = "\n".join(_plain(line.removeprefix(lines[0][:3])) for line in lines).strip()
        if code in _LATER:
            raise Busy(self._target, f"it says {code} {text}", doing)
        return _Reply(code, text)

    async def _line(self, doing: str) -> bytes:
        while b"\n" not in self._held:
            if len(self._held) > MOST_REPLY:
                raise Unintelligible(self._target, "its line has no end", doing)
            try:
                self._held += await self._stream.receive()
            except HungUp as error:
                said = f"{error.what} after {self._held[:80]!r}" if self._held else error.what
                raise HungUp(self._target, said, doing) from error
        line, _, self._held = self._held.partition(b"\n")
        return line.removesuffix(b"\r")


def _plain(line: bytes) -> str:
    text = line.decode(errors="replace").removeprefix("-")
    return "".join(c if c.isprintable() else "\ufffd" for c in text).strip()
