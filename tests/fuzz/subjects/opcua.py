"""OPC UA: Hello, endpoints, discovery, sessions and what is read in them."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary

from checks.facts.opcua import OpcUaRights
from collectors import opcua, opcua_discovery, opcua_rights
from collectors.allowed import Permissions
from collectors.credentials import Trust
from collectors.errors import CollectError
from collectors.wire import Target
from tests.checks.given import asset, service
from tests.devices.opcua_raw import ACKNOWLEDGE, _good, error, fault, framed
from tests.fuzz import opcua_answers_reference as reference
from tests.fuzz.memory import InMemory, Says
from tests.fuzz.subjects.subject import Subject
from tests.fuzz.test_answers_opcua import JUDGED, OFFERED, listed, values

CAPTURES = ("opcua", 4840, 6)
VARIABLE = "ns=2;s=Level"
# One seed gives one series only where no answer tells the time of day.
MOMENT = ua.uatypes.datetime(2026, 3, 2)
_DENIED, _UNKNOWN = ua.StatusCode(0x801F0000), ua.StatusCode(0x80340000)


class Server:
    """
    A server on channel None, told one chunk at a time.

    `answers` holds for each request's name a structure or what makes one of the request; what it
    says is encoded once for all connections, since it is the same in each.
    """

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers
        self._encoded: dict[tuple[str, int, int], bytes] = {}

    def __call__(self) -> Says:
        sequence = 0

        def says(chunk: bytes) -> bytes:
            nonlocal sequence
            if not chunk or chunk[:3] == b"CLO":
                return b""
            if chunk[:3] == b"HEL":
                return ACKNOWLEDGE
            sequence += 1
            start = 16 if chunk[:3] == b"MSG" else 71
            number = chunk[start + 4 : start + 8]
            told = self._told(chunk[start + 8 :], sequence)
            inner = struct.pack("<I", sequence) + number + told
            if chunk[:3] == b"OPN":
                return framed(b"OPN", struct.pack("<I", 7) + chunk[12:71] + inner)
            return framed(b"MSG", struct.pack("<II", 7, 1) + inner)

        return says

    def _told(self, body: bytes, sequence: int) -> bytes:
        node = struct.unpack_from("<H", body, 2)[0]
        name = ua.ObjectIdNames[node].removesuffix("_Encoding_DefaultBinary")
        key = (name, sequence, len(body))
        known = self._encoded.get(key)
        if known is None:
            answer = self._answers.get(name, _good(name))
            if callable(answer):
                answer = answer(struct_from_binary(getattr(ua, name), Buffer(body)))
            answer.ResponseHeader.Timestamp = MOMENT
            if name == "OpenSecureChannelRequest":
                answer.Parameters.SecurityToken.CreatedAt = MOMENT
            known = self._encoded[key] = struct_to_binary(answer)
        return known


def server(**answers: Any) -> Callable[[], Says]:
    return Server({f"{name}Request": answer for name, answer in answers.items()})


def without_none(_: Any) -> Any:
    answer = listed(_)
    answer.Endpoints = answer.Endpoints[1:]
    return answer


def known(_: Any) -> Any:
    answer = ua.FindServersResponse()
    told = ua.ApplicationDescription()
    told.ApplicationUri, told.DiscoveryUrls = "urn:acme:controller", ["opc.tcp://10.0.0.1:4840"]
    told.ApplicationName = ua.LocalizedText("Controller")
    answer.Servers = [told]
    return answer


def strict(request: Any) -> Any:
    """Nobody may do anything: access levels of 0, switches off, details denied."""
    answer = ua.ReadResponse()
    for wanted in request.Parameters.NodesToRead:
        name, attribute = wanted.NodeId.to_string(), wanted.AttributeId
        if name == "i=3708":
            value = ua.DataValue(StatusCode=_DENIED)
        elif name in ("i=13737", "i=12740", "i=19309"):
            value = ua.DataValue(StatusCode=_UNKNOWN)
        elif attribute in (24, 25):
            row = ua.RolePermissionType()
            row.RoleId, row.Permissions = ua.NodeId(15680), ua.PermissionType(0x21)
            value = ua.DataValue(ua.Variant([row], ua.VariantType.ExtensionObject))
        elif attribute in (17, 18):
            value = ua.DataValue(ua.Variant(1, ua.VariantType.Byte))
        elif attribute in (21, 22) or name == "i=2294":
            value = ua.DataValue(ua.Variant(name == "i=2294", ua.VariantType.Boolean))
        elif name == "i=2994":
            value = ua.DataValue(ua.Variant(True, ua.VariantType.Boolean))
        else:
            value = values(ua.ReadRequest(Parameters=ua.ReadParameters(NodesToRead=[wanted])))
            value = value.Results[0]
        answer.Results.append(value)
    return answer


def browsed(_: Any) -> Any:
    answer = ua.BrowseResponse()
    found = ua.BrowseResult()
    for number in (15644, 15680):
        row = ua.ReferenceDescription()
        row.NodeId, row.BrowseName = ua.ExpandedNodeId(number), ua.QualifiedName("Operator")
        found.References.append(row)
    answer.Results = [found]
    return answer


async def anonymous(wire: Any, target: Target) -> Any:
    return await opcua.anonymous(wire, target, offered=OFFERED, variables=(VARIABLE,))


async def state(wire: Any, target: Target) -> Any:
    return await opcua.server(
        wire,
        target,
        offered=OFFERED,
        credential=None,
        certificate=None,
        trust=Trust(),
        variables=(VARIABLE,),
    )


async def rights(wire: Any, target: Target) -> OpcUaRights:
    beside = opcua_rights.Rights(target, "anonymous", (VARIABLE,))
    trouble: CollectError | None = None
    try:
        await opcua.server(
            wire,
            target,
            offered=OFFERED,
            credential=None,
            certificate=None,
            trust=Trust(),
            beside=beside,
        )
    except CollectError as error:
        trouble = error
    if beside.found is not None:
        return beside.found
    failure = beside.failure or trouble
    assert failure is not None
    raise failure


def whole_list(check: str, facts: Any, wire: InMemory) -> bool:
    """Another decoder reads the same rows, so none is missing from the list."""
    said = wire.talks[0].said
    rows = reference.endpoints(said[2])
    same = rows is not None and len(rows) == len(facts.endpoints)
    return same and [r.policy for r in rows] == [e.policy for e in facts.endpoints]


def judged_as_nobody(check: str, facts: Any, wire: InMemory) -> bool:
    said = wire.talks[0].said
    kind, result, _ = reference.opened(said[3])
    if check == "opcua-anonymous-session-refused":
        return kind in ("i=397", "i=470") and result in JUDGED
    # It is let in, and what it may not do stands in the answer to the Read.
    return all(
        access.user_access is None or bytes((3, access.user_access)) in said[4]
        for access in facts.variables
    )


def stands_there(check: str, facts: Any, wire: InMemory) -> bool:
    """Every text and flag a pass rests on is among the octets of the answers."""
    said = wire.talks[0].said
    read = b"".join(said[4:])
    match check:
        case "opcua-auditing-enabled":
            return re.search(rb"\x01[\x01-\xff]", read) is not None
        case "opcua-build-matches-inventory":
            # Names are compared without their case, as people write them.
            return b"acme" in read.lower() and b"controller" in read.lower()
        case "firmware-approved":
            return b"4.1" in read
        case "opcua-session-limit-set":
            return struct.pack("<I", facts.max_sessions) in read
        case "opcua-session-timeout-bounded":
            return any(
                int(value) == facts.revised_timeout_ms
                for at in range(len(said[2]) - 7)
                for value in struct.unpack_from("<d", said[2], at)
                if 0 <= value < 1e12
            )
        case "opcua-diagnostics-protected":
            return struct.pack("<I", 0x801F0000) in read or facts.diagnostics_status == "off"
        case _:
            return len(said) > 4


def names_itself_only(_check: str, facts: Any, wire: InMemory) -> bool:
    return len(facts.applications) == 1 and b"10.0.0.1" in wire.said


def _subject(
    name: str,
    ask: Any,
    devices: tuple[Any, ...],
    answers: int,
    earned: Any,
    *passes: str,
    **more: Any,
) -> Subject:
    return Subject(
        name,
        "opcua",
        ask,
        (*devices, server(OpenSecureChannel=fault(0x80130000))),
        answers,
        earned,
        frozenset(passes),
        captures=CAPTURES,
        **more,
    )


SOUND = (server(Read=values), server(Read=strict, Browse=browsed))
OPCUA = (
    _subject(
        "opcua endpoints",
        opcua.endpoints,
        (
            server(GetEndpoints=listed),
            server(GetEndpoints=without_none),
            lambda: lambda asked: error(0x807D0000) if asked else b"",
        ),
        3,
        whole_list,
        "opcua-mode-none-absent",
        "opcua-anonymous-token-absent",
        part=0.3,
    ),
    _subject(
        "opcua discovery",
        opcua_discovery.servers,
        (server(FindServers=known),),
        3,
        names_itself_only,
        expected={"asset": asset(zone_hosts=("10.0.0.1",))},
        part=0.2,
    ),
    _subject(
        "opcua anonymous",
        anonymous,
        (
            server(Read=values),
            *(server(ActivateSession=fault(code)) for code in (*JUDGED, 0x80020000)),
        ),
        5,
        judged_as_nobody,
        "opcua-anonymous-session-refused",
        part=0.2,
    ),
    _subject(
        "opcua state",
        state,
        SOUND,
        5,
        stands_there,
        "opcua-auditing-enabled",
        "opcua-build-matches-inventory",
        expected={
            "asset": asset(vendor="Acme", product="Controller", firmware_approved=("4.1",)),
            "service": service(4840, "opcua", variables=(VARIABLE,)),
        },
        part=0.15,
    ),
    _subject(
        "opcua rights",
        rights,
        SOUND,
        8,
        stands_there,
        "opcua-role-permissions-present",
        "opcua-diagnostics-protected",
        expected={"service": service(4840, "opcua", variables=(VARIABLE,))},
        permits=Permissions(browse=frozenset({opcua_rights.ROLE_SET})),
        part=0.15,
    ),
)
