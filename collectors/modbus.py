"""
Ask a Modbus unit who it is.

On the wire: one TCP connection; function 43, MEI type 14, read code 01 (the basic texts), asked
again only while the unit says more follows, at most `MOST_ROUNDS` times; then a clean close.  No
register or coil is read, nothing is written, unit 0 (broadcast) is never addressed.
"""

from __future__ import annotations

import secrets

from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.mei_message import ReadDeviceInformationRequest

from checks.facts.modbus import ModbusIdentity
from collectors.errors import Busy, CollectError, HungUp, Unintelligible
from collectors.wire import Stream, Target, Wire

MOST_ROUNDS = 6
MOST_STALE_FRAMES = 8
READ_BASIC = 0x01

# Modbus Application Protocol V1.1b3, 6.21.  Object 6 (UserApplicationName) and everything behind
# it is left out on purpose: people put their names and telephone numbers there.
LAST_TEXT = 5

# Same document, 7.  What a unit answers that is there but does not identify itself.
NOT_SUPPORTED = {
    0x01: "illegal function",
    0x02: "illegal data address",
    0x03: "illegal data value",
}
OVERLOADED = {
    0x05: "acknowledge, still working",
    0x06: "server device busy",
    0x0A: "gateway path unavailable",
    0x0B: "gateway target device failed to respond",
}

_FRAMER = FramerSocket(DecodePDU(False))


async def identity(wire: Wire, target: Target, *, unit: int) -> ModbusIdentity:
    """
    What unit 1 to 255 says it is; `supported` False when it answered exception 01, 02 or 03.

    Raises `CollectError`: `Busy` for exceptions 05, 06, 0A and 0B, `Unintelligible` for anything
    that is not Modbus or does not add up, and what `Wire.stream` raises.
    """
    asked = 0
    objects: dict[int, bytes] = {}
    conformity = 0
    async with wire.stream(target) as stream:
        for round_ in range(MOST_ROUNDS):
            pdu = await _exchange(stream, target, unit, asked)
            if pdu[0] == 0xAB:
                return _exception(target, unit, pdu, first=round_ == 0)
            conformity, following, found = _part(target, pdu)
            for number, text in found.items():
                if objects.setdefault(number, text) != text:
                    raise _nonsense(target, f"object {number} was given twice, with two texts")
            if following is None or following > LAST_TEXT:
                break
            if following <= asked:
                raise _nonsense(target, f"after object {asked} it wants to go on with {following}")
            asked = following
        else:
            raise _nonsense(target, f"it still has more to say after {MOST_ROUNDS} answers")
    if not objects:
        raise _nonsense(target, "it lists no object at all")
    texts = [clean(objects.get(number, b"")) for number in range(LAST_TEXT + 1)]
    return ModbusIdentity(unit, True, None, conformity, *texts)


async def _exchange(stream: Stream, target: Target, unit: int, object_id: int) -> bytes:
    request = ReadDeviceInformationRequest(READ_BASIC, object_id, unit, new_transaction())
    return await exchange(stream, target, request)


def new_transaction() -> int:
    """Any but 0, which devices use for what they say unasked."""
    return secrets.randbelow(0xFFFF) + 1


async def exchange(stream: Stream, target: Target, request: ModbusPDU) -> bytes:
    """
    The PDU that answers one request of a `new_transaction`; raises as `identity`.

    Gateways deliver late answers to whoever asks next, so frames with another transaction or unit
    are dropped; a random transaction keeps an earlier connection's from fitting by chance.
    """
    transaction, unit = request.transaction_id, request.dev_id
    await stream.send(_FRAMER.buildFrame(request))
    for _ in range(MOST_STALE_FRAMES + 1):
        header = await _whole(stream, target, 7, b"")
        length = int.from_bytes(header[4:6], "big")
        if header[2:4] != b"\0\0" or not 3 <= length <= 254:
            raise _nonsense(target, f"the answer begins {header.hex(' ')}, which is not Modbus TCP")
        pdu = await _whole(stream, target, length - 1, header)
        if int.from_bytes(header[:2], "big") == transaction and header[6] == unit:
            return pdu
    raise _nonsense(target, f"{MOST_STALE_FRAMES + 1} answers came, none to our question")


async def _whole(stream: Stream, target: Target, length: int, before: bytes) -> bytes:
    """Exactly so many bytes; a peer that leaves in the middle of a frame said nothing usable."""
    data = b""
    while len(data) < length:
        try:
            data += await stream.receive(length - len(data))
        except HungUp as error:
            if before or data:
                cut = f"{error.what} after {len(before) + len(data)} bytes of an answer"
                raise HungUp(target, cut, _doing()) from error
            raise
    return data


def _exception(target: Target, unit: int, pdu: bytes, *, first: bool) -> ModbusIdentity:
    if len(pdu) != 2:
        raise _nonsense(target, f"an exception of {len(pdu)} bytes, where 2 are due")
    code = pdu[1]
    if code in OVERLOADED:
        raise Busy(target, f"exception {code:02X} ({OVERLOADED[code]})", _doing())
    if code not in NOT_SUPPORTED:
        raise _nonsense(target, f"exception {code:02X}")
    if not first:
        raise _nonsense(target, f"more was to follow, then came exception {code:02X}")
    return ModbusIdentity(unit=unit, supported=False, exception=code)


def _part(target: Target, pdu: bytes) -> tuple[int, int | None, dict[int, bytes]]:
    """
    Conformity level, the object that follows (None: no more), the objects of one answer.

    Raises `Unintelligible` unless counts and lengths use up the PDU to its last byte.
    """
    if len(pdu) < 7 or pdu[:3] != bytes((0x2B, 0x0E, READ_BASIC)):
        raise _nonsense(target, f"the answer {pdu[:7].hex(' ')} is not one to our question")
    conformity, more, following, count = pdu[3:7]
    if more not in (0x00, 0xFF):
        raise _nonsense(target, f"'more follows' is {more:#04x}, neither 0x00 nor 0xff")
    found: dict[int, bytes] = {}
    rest = pdu[7:]
    for nth in range(count):
        if len(rest) < 2 or len(rest) < 2 + rest[1]:
            raise _nonsense(target, f"{count} objects are announced, {nth} are there")
        number, size = rest[0], rest[1]
        if number in found:
            raise _nonsense(target, f"object {number} stands twice in one answer")
        if number <= LAST_TEXT:
            found[number] = rest[2 : 2 + size]
        rest = rest[2 + size :]
    if rest:
        raise _nonsense(target, f"{len(rest)} bytes are left after {count} objects")
    return conformity, following if more else None, found


def clean(text: bytes) -> str:
    """Without padding, without the memory that some devices send after a NUL, printable only."""
    told = text.split(b"\0", 1)[0].decode("utf-8", errors="replace")
    return "".join(c for c in told if c.isprintable() and c != "\ufffd").strip()


def _nonsense(target: Target, what: str) -> CollectError:
    return Unintelligible(target, what, _doing())


def _doing() -> str:
    return "asking for its identification"
