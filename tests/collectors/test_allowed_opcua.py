"""Every service of OPC UA: exactly the allowed ones pass."""

from __future__ import annotations

import struct

import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary

from collectors import allowed
from collectors.allowed import Permissions
from tests.fuzz.requests import browse, opcua_good, service_names

BARE = Permissions()
BROWSING = Permissions(browse=frozenset({"i=85", "ns=2;s=Level"}))
ALLOWED = {
    "FindServersRequest",
    "GetEndpointsRequest",
    "OpenSecureChannelRequest",
    "CloseSecureChannelRequest",
    "CreateSessionRequest",
    "ActivateSessionRequest",
    "ReadRequest",
    "CloseSessionRequest",
}


def why(permits: Permissions, request: object) -> str | None:
    return allowed.opcua.judge(permits, struct_to_binary(request))


def name_of(data: bytes) -> str:
    number = struct.unpack_from("<H", data, 2)[0]
    return ua.ObjectIdNames[number].removesuffix("_Encoding_DefaultBinary")


def test_the_library_knows_every_service_of_the_standard():
    """OPC 10000-4: the list the next tests go through must not be short."""
    assert len(service_names()) == 39
    assert {"WriteRequest", "CallRequest", "HistoryUpdateRequest"} <= set(service_names())


def test_of_all_services_exactly_the_allowed_ones_pass_when_well_formed():
    good = {name_of(data): data for data in opcua_good()}
    bare = {name: struct_to_binary(getattr(ua, name)()) for name in service_names()}

    passing = {n for n, d in {**bare, **good}.items() if allowed.opcua.judge(BARE, d) is None}
    browsing = {n for n, d in {**bare, **good}.items() if allowed.opcua.judge(BROWSING, d) is None}

    assert passing == ALLOWED
    assert browsing == ALLOWED | {"BrowseRequest"}


@pytest.mark.parametrize("name", sorted({*service_names()} - ALLOWED - {"BrowseRequest"}))
def test_any_other_service_is_refused_for_what_it_is(name):
    assert "is not on the allow-list" in (why(BROWSING, getattr(ua, name)()) or "")
    assert "is not on the allow-list" in (allowed.opcua.judge_name(name) or "")


def test_of_all_type_ids_only_the_allowed_ones_pass_whatever_follows():
    for data in opcua_good():
        own = struct.unpack_from("<H", data, 2)[0]
        tried = (data[:2] + struct.pack("<H", n) + data[4:] for n in range(0x10000))
        passing = {
            struct.unpack_from("<H", d, 2)[0]
            for d in tried
            if allowed.opcua.judge(BROWSING, d) is None
        }

        # Two services with the same contents may change places; no other may be smuggled in.
        assert own in passing
        assert passing <= {422, 428, 446, 452, 461, 467, 473, 527, 631}


def test_a_type_id_of_another_namespace_is_not_the_standards():
    data = opcua_good()[5]

    assert all(allowed.opcua.judge(BARE, data[:1] + bytes((n,)) + data[2:]) for n in range(1, 256))


def test_every_truncation_and_every_octet_too_many_is_refused():
    for data in opcua_good():
        assert all(allowed.opcua.judge(BROWSING, data[:n]) for n in range(len(data)))
        assert all(allowed.opcua.judge(BROWSING, data + bytes((n,))) for n in range(256))


@pytest.mark.parametrize(
    ("milliseconds", "longest", "passes"),
    [
        (30_000.0, 30_000, True),
        (1.0, 30_000, True),
        (30_000.5, 30_000, False),
        (3_600_000.0, 30_000, False),
        (3_600_000.0, 86_400_000, True),
        (0.0, 30_000, False),
        (-1.0, 30_000, False),
        (float("nan"), 30_000, False),
        (float("inf"), 86_400_000, False),
    ],
)
def test_a_session_is_asked_for_no_longer_than_permitted(milliseconds, longest, passes):
    request = ua.CreateSessionRequest()
    request.Parameters.ClientDescription.ApplicationType = ua.ApplicationType.Client
    request.Parameters.RequestedSessionTimeout = milliseconds

    assert (why(Permissions(session_ms=longest), request) is None) is passes


@pytest.mark.parametrize(("count", "passes"), [(1, True), (100, True), (101, False), (2000, False)])
def test_one_read_asks_for_a_hundred_values_at_most(count, passes):
    request = ua.ReadRequest()
    for _ in range(count):
        row = ua.ReadValueId()
        row.AttributeId = 13
        request.Parameters.NodesToRead.append(row)

    assert (why(BARE, request) is None) is passes


@pytest.mark.parametrize(
    ("nodes", "most", "passes"),
    [
        (("i=85",), 100, True),
        (("i=85", "ns=2;s=Level"), 1, True),
        (("i=84",), 100, False),
        (("i=85", "i=84"), 100, False),
        (("ns=2;s=level",), 100, False),
        (("ns=3;s=Level",), 100, False),
        ((), 100, False),
        (("i=85",), 0, False),
        (("i=85",), 101, False),
    ],
)
def test_a_browse_stays_on_permitted_nodes(nodes, most, passes):
    assert (why(BROWSING, browse(nodes, most)) is None) is passes
    assert why(BARE, browse(nodes, most)) is not None


def test_a_browse_goes_forward_only():
    request = browse(("i=85",))
    request.Parameters.NodesToBrowse[0].BrowseDirection = ua.BrowseDirection.Both

    assert why(BROWSING, request) is not None


def test_a_channel_is_issued_for_a_minute_at_most_and_not_renewed():
    request = ua.OpenSecureChannelRequest()
    request.Parameters.SecurityMode = ua.MessageSecurityMode.Sign
    request.Parameters.RequestedLifetime = 60_000
    assert why(BARE, request) is None

    request.Parameters.RequestedLifetime = 60_001
    assert why(BARE, request) is not None

    request.Parameters.RequestedLifetime = 60_000
    request.Parameters.RequestType = ua.SecurityTokenRequestType.Renew
    assert why(BARE, request) is not None


def test_a_session_is_closed_with_what_belongs_to_it():
    request = ua.CloseSessionRequest()
    request.DeleteSubscriptions = False

    assert why(BARE, request) is not None


def test_an_issued_token_is_no_identity_of_ours():
    request = ua.ActivateSessionRequest()
    request.Parameters.UserIdentityToken = ua.IssuedIdentityToken()

    assert "identity" in (why(BARE, request) or "")


@pytest.mark.parametrize("node", ["i=85", "ns=2;s=Level", "ns=3;i=70000", "ns=1;b=YWJj"])
def test_node_ids_are_read_as_the_inventory_writes_them(node):
    assert why(Permissions(browse=frozenset({node})), browse((node,))) is None


def test_a_guid_node_is_read_as_the_inventory_writes_it():
    node = "ns=2;g=1b4e28ba-2fa1-11d2-883f-0016d3cca427"

    assert why(Permissions(browse=frozenset({node})), browse((node,))) is None


HELLO = b"HELF" + struct.pack("<I", 8 + 20 + 4 + 5) + bytes(20) + struct.pack("<i", 5) + b"opc:x"


def test_a_hello_passes_and_nothing_like_it():
    assert allowed.opcua.hello(HELLO) is None
    assert all(allowed.opcua.hello(HELLO[:n]) for n in range(len(HELLO)))
    assert allowed.opcua.hello(HELLO + b"x") is not None
    assert allowed.opcua.hello(b"RHEF" + HELLO[4:]) is not None
