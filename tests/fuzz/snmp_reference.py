"""SNMP messages decoded by pyasn1 from their ASN.1 (RFC 1157, 3412, 3414, 3416)."""

# ruff: noqa: N815  the names are those pyasn1 looks for
from __future__ import annotations

from pyasn1.codec.ber import decoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import namedtype, tag, univ

from collectors.allowed import Permissions


def _implicit(kind, number, *, constructed=True):
    form = tag.tagFormatConstructed if constructed else tag.tagFormatSimple
    return kind.subtype(implicitTag=tag.Tag(tag.tagClassContext, form, number))


def _fields(**kinds):
    return namedtype.NamedTypes(*(namedtype.NamedType(name, kinds[name]) for name in kinds))


class Binding(univ.Sequence):
    componentType = _fields(name=univ.ObjectIdentifier(), value=univ.Any())


class Pdu(univ.Sequence):
    componentType = _fields(
        number=univ.Integer(),
        second=univ.Integer(),
        third=univ.Integer(),
        bindings=univ.SequenceOf(componentType=Binding()),
    )


NAMES = ("get", "getnext", "response", "set", "trap1", "getbulk", "inform", "trap2", "report")


class AnyPdu(univ.Choice):
    componentType = _fields(**{name: _implicit(Pdu(), n) for n, name in enumerate(NAMES)})


class Message(univ.Sequence):
    componentType = _fields(version=univ.Integer(), community=univ.OctetString(), pdu=AnyPdu())


class Header(univ.Sequence):
    componentType = _fields(
        number=univ.Integer(), size=univ.Integer(), flags=univ.OctetString(), model=univ.Integer()
    )


class Scoped(univ.Sequence):
    componentType = _fields(engine=univ.OctetString(), context=univ.OctetString(), pdu=AnyPdu())


class Message3(univ.Sequence):
    componentType = _fields(
        version=univ.Integer(), header=Header(), security=univ.OctetString(), data=univ.Any()
    )


class Security(univ.Sequence):
    componentType = _fields(
        engine=univ.OctetString(),
        boots=univ.Integer(),
        time=univ.Integer(),
        user=univ.OctetString(),
        digest=univ.OctetString(),
        salt=univ.OctetString(),
    )


def decoded(data: bytes, kind):
    """Raises `ValueError` unless all of `data` is one value of that kind."""
    try:
        value, rest = decoder.decode(data, asn1Spec=kind)
    except (PyAsn1Error, TypeError, AttributeError, IndexError) as error:
        raise ValueError(str(error)) from error
    if rest:
        raise ValueError("something follows")
    return value


def allowed(permits: Permissions, data: bytes) -> bool:
    try:
        version = int(decoder.decode(_content(data))[0])
    except (PyAsn1Error, ValueError, TypeError, IndexError):
        return False
    try:
        if version == 3:
            return _allowed3(permits, data)
        message = decoded(data, Message())
        return version in (0, 1) and _harmless(permits, message["pdu"], version)
    except ValueError:
        return False


def _content(data: bytes) -> bytes:
    size = data[1] & 0x7F if data[1] & 0x80 else 0
    return data[2 + size :]


def _allowed3(permits: Permissions, data: bytes) -> bool:
    message = decoded(data, Message3())
    decoded(bytes(message["security"]), Security())
    flags = bytes(message["header"]["flags"])
    if len(flags) != 1 or int(message["header"]["model"]) != 3 or flags[0] & 3 == 2:
        return False
    if flags[0] & 2:
        return len(decoded(bytes(message["data"]), univ.OctetString())) > 0
    return _harmless(permits, decoded(bytes(message["data"]), Scoped())["pdu"], 3)


def _harmless(permits: Permissions, choice, version: int) -> bool:
    name = choice.getName()
    pdu = choice.getComponent()
    if any(bytes(binding["value"]) != b"\x05\x00" for binding in pdu["bindings"]):
        return False
    if name == "getbulk":
        repetitions = int(pdu["third"])
        return permits.bulk and version != 0 and int(pdu["second"]) == 0 and 1 <= repetitions <= 20
    return name in ("get", "getnext")
