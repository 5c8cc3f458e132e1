"""Right answers to Modbus questions, and what pymodbus reads in any."""

from __future__ import annotations

from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.mei_message import ReadDeviceInformationResponse

from checks.facts.modbus import ModbusIdentity
from collectors import modbus

_DECODER = DecodePDU(False)
TEXTS = {0: b"Acme", 1: b"RTU-9", 2: b"V1.2", 3: b"www.acme.example", 4: b"Unit", 5: b"9a"}


def listing(numbers: tuple[int, ...], following: int = 0) -> bytes:
    more = 0xFF if following else 0
    head = bytes((0x2B, 0x0E, 1, 1, more, following, len(numbers)))
    return head + b"".join(bytes((n, len(TEXTS[n]))) + TEXTS[n] for n in numbers)


ANSWERS = {
    "basic": lambda asked: listing((0, 1, 2)),
    "regular": lambda asked: listing((0, 1, 2, 3, 4, 5)),
    "in parts": lambda asked: listing((0, 1), 2) if asked == 0 else listing((2,)),
    "unsupported": lambda asked: b"\xab\x01",
    "busy": lambda asked: b"\xab\x06",
}


def read_by_pymodbus(sent: bytes) -> ModbusIdentity:
    """The frames one after the other; each must be whole and use up its length."""
    objects: dict[int, bytes] = {}
    conformity = 0
    while sent:
        length = int.from_bytes(sent[4:6], "big")
        pdu, sent = sent[7 : 6 + length], sent[6 + length :]
        answer = _DECODER.decode(pdu)
        if isinstance(answer, ExceptionResponse):
            return ModbusIdentity(1, False, answer.exception_code)
        assert isinstance(answer, ReadDeviceInformationResponse)
        objects |= answer.information
        conformity = answer.conformity
        if not answer.more_follows or answer.next_object_id > 5:
            break
    texts = [modbus.clean(objects.get(n, b"")) for n in range(6)]
    return ModbusIdentity(1, True, None, conformity, *texts)


def matching(sent: bytes) -> bytes:
    """Without the frames that carry another transaction or unit than the first question's."""
    kept = b""
    while len(sent) >= 8:
        length = int.from_bytes(sent[4:6], "big")
        if sent[6] == 1:
            kept += sent[: 6 + length]
        sent = sent[6 + length :]
    return kept
