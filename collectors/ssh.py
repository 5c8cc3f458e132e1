"""
Ask an SSH server what it offers, and for its host key.

On the wire, for the offer: one TCP connection; the server's identification is read, ours (one
line) is sent, the server's KEXINIT is read, DISCONNECT is sent.  For the host key: the same, and
between the two our KEXINIT and the opening of one key exchange, whose answer the host key signs.
DISCONNECT is sent before our NEWKEYS, so no connection of ours is ever encrypted, and no service,
user, password or channel can be named.  A server that does not begin as SSH gets no byte at all.
"""

from __future__ import annotations

import hashlib
import re

from checks.facts.ssh import SshHostKey, SshOffer
from collectors import ssh_exchange, ssh_keys
from collectors.allowed import ssh as allowed
from collectors.errors import Busy, CollectError, HungUp, TurnedAway, Unintelligible
from collectors.ssh_packets import (
    KexInit,
    Reader,
    goodbye,
    kexinit,
    length_of,
    mpint,
    our_kexinit,
    packet,
    payload_of,
    string,
)
from collectors.wire import Stream, Target, Wire

MOST_LINES, MOST_LINE = 20, 1_024
MOST_IDENTIFICATION = 255
MOST_IDLE = 8
# One packet of the largest size, and some.
CAP = 48 * 1024
_OFFER, _KEY = "asking what it offers", "asking for its host key"

# RFC 4253, 11 and 12; a server of version 1 cannot be read further.
_IGNORE, _UNIMPLEMENTED, _DEBUG, _KEX_REPLY = 2, 3, 4, 31
_TOO_MANY_CONNECTIONS = 12
_IDENTIFICATION = re.compile(r"SSH-(\d{1,3}\.\d{1,3})-([ -~]*)")


async def offer(wire: Wire, target: Target) -> SshOffer:
    """
    The identification and the lists of the server's KEXINIT.

    The lists are empty for a server that speaks only version 1.  Raises `CollectError`: `Busy` and
    `TurnedAway` when it disconnects with a reason, `Unintelligible`, and what `Wire.stream` raises.
    """
    async with wire.stream(target, cap=CAP) as stream:
        talk = _Talk(stream, target, _OFFER)
        await talk.greet()
        if not talk.speaks_2:
            return SshOffer(talk.version, talk.software, talk.before, (), (), (), (), ())
        theirs, _ = await talk.their_kexinit()
        await stream.send(packet(goodbye()))
    return SshOffer(
        talk.version,
        talk.software,
        talk.before,
        theirs.key_exchange,
        theirs.host_keys,
        _joined(theirs.ciphers),
        _joined(theirs.macs),
        _joined(theirs.compression),
    )


async def host_key(wire: Wire, target: Target) -> SshHostKey:
    """
    The host key, after its signature over a key exchange of ours has verified.

    Of several keys the first of `allowed.HOST_KEYS` is shown.  Raises as `offer`, and
    `Unintelligible` where server and we know no exchange or key in common.
    """
    async with wire.stream(target, cap=CAP) as stream:
        talk = _Talk(stream, target, _KEY)
        await talk.greet()
        if not talk.speaks_2:
            raise talk.nonsense(f"it speaks version {talk.version} only, which shows no host key")
        theirs, their_payload = await talk.their_kexinit()
        name = talk.agreed("key exchange", allowed.KEY_EXCHANGES, theirs.key_exchange)
        algorithm = talk.agreed("host key", allowed.HOST_KEYS, theirs.host_keys)
        exchange, our_payload = ssh_exchange.begin(name), our_kexinit()
        await stream.send(packet(our_payload))
        await stream.send(packet(bytes([allowed.KEX_INIT]) + exchange.opening))
        if theirs.follows and (theirs.key_exchange[0], theirs.host_keys[0]) != (name, algorithm):
            # RFC 4253, 7: it guessed wrong, and its next packet does not count.
            await talk.packet()
        reply = await talk.message(_KEX_REPLY)
        await stream.send(packet(goodbye()))
    try:
        hashed = (talk.ours, talk.theirs, our_payload, their_payload)
        return verified(reply, algorithm, exchange, hashed)
    except ValueError as error:
        raise talk.nonsense(str(error)) from error


def verified(
    reply: bytes, algorithm: str, exchange: ssh_exchange.Exchange, hashed: tuple[bytes, ...]
) -> SshHostKey:
    """
    The host key of a KEXDH_REPLY or KEX_ECDH_REPLY that has signed the exchange.

    `hashed` is what both sides have said before, in the order of RFC 4253, 8.  Raises `ValueError`.
    """
    reader = Reader(reply[1:])
    blob, value, signature = reader.string(), string(reader.string()), reader.string()
    reader.end()
    key = ssh_keys.host_key(algorithm, blob)
    signed = ssh_keys.exchange_hash(
        exchange.digest,
        (*hashed, blob),
        exchange.opening + value + mpint(exchange.finish(value)),
    )
    ssh_keys.verify(key, algorithm, signed, signature)
    return SshHostKey(algorithm, key.kind, key.bits, hashlib.sha256(blob).hexdigest())


class _Talk:
    """One connection, from the first octet on; `theirs` and `ours` are the identifications."""

    ours = allowed.IDENTIFICATION.removesuffix(b"\r\n")

    def __init__(self, stream: Stream, target: Target, doing: str) -> None:
        self.version = self.software = ""
        self.before: tuple[str, ...] = ()
        self.theirs = b""
        self._stream = stream
        self._target = target
        self._doing = doing
        self._held = b""

    @property
    def speaks_2(self) -> bool:
        return self.version in ("2.0", "1.99")

    async def greet(self) -> None:
        """Reads its identification; answers only to a server that can go on."""
        while not (line := await self._line()).startswith(b"SSH-"):
            self.before = (*self.before, _plain(line))
            if len(self.before) > MOST_LINES:
                raise self.nonsense(f"{len(self.before)} lines came before any identification")
        found = _IDENTIFICATION.fullmatch(line.decode("ascii", errors="replace"))
        if len(line) > MOST_IDENTIFICATION or found is None:
            raise self.nonsense(f"its identification {line[:80]!r} is malformed")
        self.theirs = line
        self.version, self.software = found[1], found[2]
        if self.speaks_2:
            await self._stream.send(allowed.IDENTIFICATION)
        elif not self.version.startswith("1."):
            raise self.nonsense(f"it speaks version {self.version}, which nobody knows")

    async def their_kexinit(self) -> tuple[KexInit, bytes]:
        payload = await self.message(allowed.KEXINIT)
        try:
            return kexinit(payload), payload
        except ValueError as error:
            raise self.nonsense(f"its KEXINIT does not add up: {error}") from error

    async def message(self, kind: int) -> bytes:
        """The payload of the next message that says anything, which must be of this kind."""
        for _ in range(MOST_IDLE):
            payload = await self.packet()
            if payload[0] == kind:
                return payload
            if payload[0] == allowed.DISCONNECT:
                raise self._turned_away(payload)
            if payload[0] not in (_IGNORE, _DEBUG, _UNIMPLEMENTED):
                raise self.nonsense(f"message {payload[0]} came, where {kind} was due")
        raise self.nonsense(f"{MOST_IDLE} messages came, none of which says anything")

    async def packet(self) -> bytes:
        """The payload of the next packet."""
        try:
            return payload_of(await self._exactly(length_of(await self._exactly(4))))
        except ValueError as error:
            raise self.nonsense(str(error)) from error

    def agreed(self, what: str, ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
        """RFC 4253, 7.1: the first of the client's names that the server has too."""
        for name in ours:
            if name in theirs:
                return name
        raise self.nonsense(f"it offers no {what} that we know, only {', '.join(theirs)}")

    def nonsense(self, what: str) -> CollectError:
        return Unintelligible(self._target, what, self._doing)

    def _turned_away(self, payload: bytes) -> CollectError:
        try:
            reader = Reader(payload[1:])
            code, words = reader.uint32(), reader.string().decode(errors="replace")
        except ValueError as error:
            return self.nonsense(f"its DISCONNECT does not add up: {error}")
        kind = Busy if code == _TOO_MANY_CONNECTIONS else TurnedAway
        return kind(self._target, f"it disconnected with code {code}: {words}", self._doing)

    async def _line(self) -> bytes:
        while b"\n" not in self._held:
            if len(self._held) > MOST_LINE:
                raise self.nonsense(f"its first {len(self._held)} octets have no end of line")
            await self._more()
        line, _, self._held = self._held.partition(b"\n")
        if len(line) > MOST_LINE:
            raise self.nonsense(f"a line of {len(line)} octets came")
        return line.removesuffix(b"\r")

    async def _exactly(self, size: int) -> bytes:
        while len(self._held) < size:
            await self._more()
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    async def _more(self) -> None:
        try:
            self._held += await self._stream.receive()
        except HungUp as error:
            heard = self._held[:80] or self.theirs or "; ".join(self.before)[:80]
            said = f"{error.what} after {heard!r}" if heard else error.what
            raise HungUp(self._target, said, self._doing) from error


def _joined(both: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[str, ...]:
    """To the client first: that is where what the server knows travels."""
    return tuple(dict.fromkeys((*both[1], *both[0])))


def _plain(line: bytes) -> str:
    text = line.decode(errors="replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[:MOST_IDENTIFICATION]
