"""An SNMP agent of versions 1 and 2c that tells what a recording says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from appliance.demo import ber
from appliance.demo.mib import answer

COMMUNITY = b"seven-seas"
Lines = Iterable[str]


def agent(lines: Lines) -> Callable[[bytes], bytes | None]:
    """For `hostile.udp`; `lines` are `OID|type|value` as snmpsim writes them."""
    values = {}
    for line in lines:
        name, kind, value = [*line.rstrip("\n").split("|", 2), "", ""][:3]
        if (encoded := _encoded(kind, value)) is not None:
            values[tuple(map(int, name.split(".")))] = partial(bytes, encoded)

    def handle(message: bytes) -> bytes | None:
        try:
            body, _ = ber.expect(message, ber.SEQUENCE)
            version, body = ber.expect(body, ber.INTEGER)
            community, pdu = ber.expect(body, ber.OCTETS)
            if community != COMMUNITY:
                return None
            response = answer(values, pdu, version=ber.to_int(version), alarm=_wrote)
        except ValueError:
            return None
        if response is None:
            return None
        return ber.sequence((ber.integer(ber.to_int(version)), ber.octets(community), response))

    return handle


def _wrote(what: str) -> None:
    raise AssertionError(what)


def _encoded(kind: str, value: str) -> bytes | None:
    """None for what no agent could send: a line of another kind, or a value that is cut."""
    try:
        match kind:
            case "2" | "65" | "66" | "67" | "70":
                return ber.integer(int(value), int(kind))
            case "4" | "68":
                return ber.element(int(kind), value.encode())
            case "4x" | "64x" | "68x":
                return ber.element(int(kind[:-1]), bytes.fromhex(value))
            case "64":
                return ber.element(64, bytes(map(int, value.split("."))))
            case "6":
                return ber.oid(tuple(map(int, value.strip(".").split("."))))
            case _:
                return None
    except ValueError:
        return None
