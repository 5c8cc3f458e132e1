"""
Whether an SNMPv3 answer is what its sender signed (RFC 3414, 6.3.2; RFC 7860): pure.

The client does not look at the digest of an answer, so anybody on the path could speak for the
agent.  What is not genuine is dropped, as the RFC asks: to us it is silence.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from collectors.allowed import element

# Hash and octets of the truncated digest.
DIGESTS = {
    "MD5": ("md5", 12),
    "SHA-1": ("sha1", 12),
    "SHA-224": ("sha224", 16),
    "SHA-256": ("sha256", 24),
    "SHA-384": ("sha384", 32),
    "SHA-512": ("sha512", 48),
}
AUTH, PRIV = 1, 2
RESPONSE, REPORT = 0xA2, 0xA8
_SEQUENCE, _CONSTRUCTED = 0x30, 0x20
# A binding lies four deep.
_DEEPEST = 8
# RFC 3414, 5: usmStats, the unsupported level, unknown user, wrong digest and failed decryption.
_STATS = bytes.fromhex("2b060106030f0101")
_REFUSALS = {_STATS + bytes((number, 0)) for number in (1, 3, 5, 6)}


@dataclass(frozen=True)
class Answer:
    """The outside of an SNMPv3 message; `report`: it is a Report in clear."""

    flags: int
    engine_id: bytes
    digest: bytes
    report: bool


def genuine(message: bytes, *, protocol: str, key: bytes, engine_id: bytes, flags: int) -> bool:
    """
    Whether a message may be handed to the client that asked at the level of `flags`.

    `key` is localized to `engine_id`.  A Report is let through unsigned: agents cannot sign for a
    user they do not know, and it carries no facts.
    """
    try:
        answer = _opened(message)
    except (ValueError, IndexError):
        # The client says best what is wrong with what cannot be read.
        return True
    if answer.report:
        return True
    if answer.flags & (AUTH | PRIV) != flags or answer.engine_id != engine_id:
        return False
    name, length = DIGESTS[protocol]
    if len(answer.digest) != length:
        return False
    unsigned = message.replace(answer.digest, bytes(length), 1)
    return hmac.compare_digest(hmac.digest(key, unsigned, name)[:length], answer.digest)


def refusal(message: bytes) -> bool:
    """Whether it is a Report by which an agent refuses a user."""
    try:
        _, _, _, (_, scoped) = _parts(element(message)[1])
        tag, pdu = _parts(scoped)[2]
        listed = _parts(_parts(pdu)[3][1])
        names = {_parts(variable)[0][1] for _, variable in listed}
    except (ValueError, IndexError):
        return False
    return tag == REPORT and bool(names & _REFUSALS)


def plausible(message: bytes) -> bool:
    """
    Whether the client may be shown this, which takes much for an answer.

    Versions 1 and 2c say it is a Response.  The clock of version 3 is not below 0 (RFC 3414, 2.2):
    the client would repeat it to the agent.  What cannot be read is the client's to judge.
    """
    try:
        parts = _parts(element(message)[1])
        if parts[0][1] != b"\3":
            return parts[2][0] == RESPONSE
        clock = _parts(element(parts[2][1])[1])[1:3]
        return all(value[:1] < b"\x80" for _, value in clock)
    except (ValueError, IndexError):
        return True


def whole(message: bytes) -> bool:
    """
    Whether every element lies within the one around it, and the message within its datagram.

    The client's compiled half reads past what does not, and writes its panic to our log.
    """
    try:
        tag, content, _ = element(message)
        parts = _whole(tag, content)
        if parts and parts[0] == (2, b"\3"):
            _whole(*element(parts[2][1])[:2])
    except (ValueError, IndexError):
        return False
    return tag == _SEQUENCE


def _whole(tag: int, content: bytes, deep: int = 0) -> list[tuple[int, bytes]]:
    """Raises `ValueError` or `IndexError` for what does not add up."""
    if not tag & _CONSTRUCTED:
        return []
    if deep > _DEEPEST:
        raise ValueError("its elements lie too deep in each other")
    found = _parts(content)
    for inner in found:
        _whole(*inner, deep + 1)
    return found


def _opened(message: bytes) -> Answer:
    (_, version), (_, header), (_, security), (tag, data) = _parts(element(message)[1])
    if version != b"\x03":
        raise ValueError("it is not version 3")
    engine_id, _, _, _, digest, _ = (content for _, content in _parts(element(security)[1]))
    report = tag == 0x30 and _parts(data)[2][0] == REPORT
    return Answer(_parts(header)[2][1][0], engine_id, digest, report)


def _parts(content: bytes) -> list[tuple[int, bytes]]:
    found = []
    while content:
        tag, value, content = element(content)
        found.append((tag, value))
    return found
