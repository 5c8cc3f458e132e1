"""Roles and permissions, read in a session that was open anyway."""

from __future__ import annotations

import pytest
import pytest_asyncio
from asyncua import ua

from appliance.visit import questions as q
from checks.facts.opcua import MethodAccess, RolePermission
from collectors import opcua
from collectors.allowed import Permissions
from collectors.credentials import Password, Trust
from collectors.errors import Busy, Denied, HungUp, TimedOut, Unintelligible
from collectors.opcua_rights import ROLE_SET, Rights
from collectors.wire import Wire
from tests.acceptance.peers import node, node_lacks
from tests.collectors.test_opcua_peers import OFFERED
from tests.devices.opcua_raw import Script, error, fault
from tests.devices.opcua_server import HARMLESS, identity, opcua_server, ours

pytestmark = pytest.mark.asyncio(loop_scope="module")
BROWSING = Permissions(browse=frozenset({ROLE_SET}))
USER = Password("monitor", "seven-Seas")
LEVEL, FLOW = "ns=2;s=Level", "ns=2;s=Flow"
READER, WRITER = (ua.PermissionType.Browse | ua.PermissionType.Read), ua.PermissionType.Write


@pytest.fixture
def wire(gate):
    return Wire(gate, connect=2, whole=10)


@pytest.fixture(scope="module")
def mine():
    return ours(*identity("Upheld", "urn:upheld:test"))


def _set(device, node_id, attribute, value):
    cells = device.server.iserver.aspace._nodes[ua.NodeId.from_string(node_id)].attributes
    cells[attribute] = type(cells[ua.AttributeIds.NodeId])(ua.DataValue(ua.Variant(value)))


def _row(role, permissions):
    return ua.RolePermissionType(ua.NodeId(role), permissions)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def device():
    async with opcua_server(secured=identity("Line 1", "urn:line")) as device:
        granted = [_row(15644, ua.PermissionType.Browse), _row(15680, READER | WRITER)]
        _set(device, LEVEL, ua.AttributeIds.RolePermissions, granted)
        _set(device, LEVEL, ua.AttributeIds.UserRolePermissions, [_row(15668, READER)])
        _set(device, "i=12740", ua.AttributeIds.UserExecutable, value=False)
        yield device


async def session(wire, it, mine, rights, variables=(LEVEL,)):
    offered = await opcua.endpoints(wire, it)
    return await opcua.server(
        wire,
        it,
        offered=offered,
        credential=USER,
        certificate=mine,
        trust=Trust(sha256=offered.endpoints[0].certificate.upper()),
        variables=variables,
        beside=rights,
    )


async def test_one_login_answers_both_and_the_rights_are_as_shown(wire, target, device, mine):
    it = target(device.port, "opcua", permits=BROWSING)
    rights = Rights(it, "password", (LEVEL, FLOW, "x;"), ("i=11492", "ns=2;s=No", "?"))
    device.asked.clear()
    state = await session(wire, it, mine, rights)
    seen = rights.found

    assert state.variables[0].user_access is not None
    assert device.asked.count("ActivateSessionRequest") == 1
    assert set(device.asked) == HARMLESS | {"BrowseRequest"}
    assert device.sessions_left_open == 0
    assert seen is not None
    assert rights.failure is None
    assert {"Anonymous", "Operator", "SecurityAdmin"} <= set(seen.roles)
    assert seen.permissions == (
        RolePermission(LEVEL, "Anonymous", ("Browse",)),
        RolePermission(LEVEL, "Operator", ("Browse", "Read", "Write")),
    )
    assert seen.own_permissions == (RolePermission(LEVEL, "Observer", ("Browse", "Read")),)
    assert seen.methods == (
        MethodAccess("i=11492", executable=True),
        MethodAccess("ns=2;s=No", None, "BadNodeIdUnknown"),
        MethodAccess("?", None, "BadNodeIdInvalid"),
    )
    assert [one.executable for one in seen.push_methods] == [True, False]
    assert (seen.in_application_setup, seen.diagnostics_status) == (None, "empty")
    assert (seen.nonce_bytes, len(seen.nonce_sha256)) == (32, 64)
    assert len({seen.nonce_sha256, seen.next_nonce_sha256, seen.session_sha256}) == 3
    assert seen.unreadable == ()


async def test_without_permission_to_browse_nothing_is_browsed(wire, target, device, mine):
    it = target(device.port, "opcua")
    rights = Rights(it, "password")
    device.asked.clear()
    await session(wire, it, mine, rights)

    assert "BrowseRequest" not in device.asked
    assert rights.found.roles is None
    assert rights.found.unreadable == ("roles: its class is not browsed",)


async def test_two_sessions_show_other_nonces_and_ids(wire, target, device, mine):
    it = target(device.port, "opcua")
    first, second = Rights(it, "password"), Rights(it, "password")
    await session(wire, it, mine, first)
    await session(wire, it, mine, second)
    shown = [
        {r.found.nonce_sha256, r.found.next_nonce_sha256, r.found.session_sha256}
        for r in (first, second)
    ]

    assert len(shown[0] | shown[1]) == 6


async def test_the_bound_of_the_question_holds_what_it_adds(wire, gate, target, device, mine):
    it = target(device.port, "opcua", permits=BROWSING)
    many = tuple(f"ns=2;s=V{number}" for number in range(100))
    costs = []
    for rights in (None, Rights(it, "password", many, many[:50])):
        await opcua.endpoints(wire, it)
        gate.packets = gate.octets = 0
        await session(wire, it, mine, rights)
        costs.append((gate.packets, gate.octets))

    assert costs[1][0] - costs[0][0] <= q.OPCUA_RIGHTS.packets - 12
    assert costs[1][1] - costs[0][1] <= q.OPCUA_RIGHTS.octets // 2


async def raw(wire, it, answers):
    rights = Rights(it, "anonymous", ("i=1",), ("i=2",), patience=0.2)
    state = await opcua.server(
        wire,
        it,
        offered=OFFERED,
        credential=None,
        certificate=None,
        trust=Trust(),
        beside=rights,
    )
    return state, rights


def _reads(second, third=None):
    """The state, then what the two Reads of the rights come to."""
    rows = iter((ua.ReadResponse(Results=[ua.DataValue()] * 4), second, third))
    return lambda _: next(rows)


def _answers(*values):
    return ua.ReadResponse(Results=[_told(value) for value in values])


def _told(value):
    if isinstance(value, ua.StatusCode):
        return ua.DataValue(None, value)
    return value if isinstance(value, ua.DataValue) else ua.DataValue(ua.Variant(value))


NO = ua.StatusCode(ua.StatusCodes.BadUserAccessDenied)
NONE = ua.StatusCode(ua.StatusCodes.BadAttributeIdInvalid)


def _browse(results):
    return ua.BrowseResponse(Results=results)


@pytest.mark.parametrize(
    ("answers", "family"),
    [
        ({"BrowseRequest": fault(ua.StatusCodes.BadUserAccessDenied)}, Denied),
        ({"BrowseRequest": fault(ua.StatusCodes.BadTooManyOperations)}, Busy),
        ({"BrowseRequest": _browse([])}, Unintelligible),
        ({"BrowseRequest": ua.ReadResponse()}, Unintelligible),
        ({"BrowseRequest": None}, TimedOut),
        ({"BrowseRequest": error(ua.StatusCodes.BadTcpInternalError)}, Denied),
        ({"ReadRequest": _reads(ua.ReadResponse())}, Unintelligible),
        ({"ReadRequest": _reads(None)}, TimedOut),
        ({"ReadRequest": _reads(b"GET / HTTP/1.0")}, Unintelligible),
        ({"ReadRequest": _reads(_answers(*[NO] * 7), None)}, TimedOut),
    ],
)
async def test_what_goes_wrong_here_leaves_the_servers_state_as_good_as_it_was(
    wire, target, peer, answers, family
):
    script = Script({"BrowseRequest": _browse([ua.BrowseResult()]), **answers})
    if "ReadRequest" not in answers:
        script.answers["ReadRequest"] = _reads(None)
    it = await peer(script)
    state, rights = await raw(wire, target(it.port, "opcua", permits=BROWSING), answers)

    assert state.identity == "anonymous"
    assert rights.found is None
    assert isinstance(rights.failure, family)
    assert "while reading roles and permissions" in str(rights.failure)


async def test_a_peer_that_hangs_up_here_hung_up(wire, target, peer):
    async def closes(reader, writer):
        async def gone():
            writer.close()

        script = Script({"BrowseRequest": lambda _: writer.close()})
        script.answers["ReadRequest"] = _reads(None)
        await script(reader, writer)

    it = await peer(closes)
    _, rights = await raw(wire, target(it.port, "opcua", permits=BROWSING), {})

    assert isinstance(rights.failure, HungUp)


async def found(wire, target, peer, *values, diagnostics=NO, browsed=None):
    script = Script(
        {
            "BrowseRequest": _browse([browsed or ua.BrowseResult()]),
            "ReadRequest": _reads(_answers(*values), _answers(diagnostics)),
        }
    )
    it = await peer(script)
    _, rights = await raw(wire, target(it.port, "opcua", permits=BROWSING), {})
    assert rights.failure is None, rights.failure
    return rights.found


async def test_what_is_refused_is_unreadable_and_what_is_absent_is_none(wire, target, peer):
    refused = await found(wire, target, peer, NO, NO, NO, True, NO, NO, NO)
    absent = await found(wire, target, peer, *[_no_node()] * 3, True, NONE, NONE, NONE)

    assert (refused.permissions, refused.own_permissions) == (None, None)
    assert (refused.roles, refused.in_application_setup) == ((), None)
    assert refused.unreadable == (
        "in application setup: BadUserAccessDenied",
        "permissions of i=1: BadUserAccessDenied",
        "own permissions of i=1: BadUserAccessDenied",
    )
    assert [one.status for one in refused.push_methods] == ["BadUserAccessDenied"] * 2
    assert (absent.permissions, absent.own_permissions, absent.push_methods) == ((), (), ())
    assert absent.unreadable == ()
    assert (absent.nonce_bytes, absent.nonce_sha256) == (None, "")


def _no_node():
    return ua.StatusCode(ua.StatusCodes.BadNodeIdUnknown)


async def test_values_of_another_kind_are_no_facts(wire, target, peer):
    seen = await found(wire, target, peer, 1, "yes", 7, 3, 1.5, [1, 2], "all")

    assert {one.executable for one in (*seen.push_methods, *seen.methods)} == {None}
    assert {one.status for one in (*seen.push_methods, *seen.methods)} == {"BadTypeMismatch"}
    assert (seen.in_application_setup, seen.permissions, seen.own_permissions) == (None,) * 3
    assert seen.unreadable == (
        "in application setup: empty",
        "permissions of i=1: BadTypeMismatch",
        "own permissions of i=1: BadTypeMismatch",
    )


@pytest.mark.parametrize(
    ("on", "answer", "status"),
    [
        (True, NO, "BadUserAccessDenied"),
        (True, ua.DataValue(), "empty"),
        (False, ua.DataValue(), "off"),
        (NO, ua.DataValue(), "empty"),
        (False, [ua.SessionSecurityDiagnosticsDataType(ClientUserIdOfSession="amy")], "Good"),
    ],
)
async def test_of_the_diagnostics_only_the_status_is_kept(wire, target, peer, on, answer, status):
    if isinstance(answer, list):
        answer = ua.DataValue(ua.Variant(answer, ua.VariantType.ExtensionObject))
    seen = await found(wire, target, peer, NO, NO, NO, on, NO, NO, NO, diagnostics=answer)

    assert seen.diagnostics_status == status
    assert "amy" not in repr(seen)


def _role(number, name, namespace=0):
    row = ua.ReferenceDescription()
    row.NodeId = ua.ExpandedNodeId(number, namespace)
    row.BrowseName = ua.QualifiedName(name, 0)
    return row


async def test_the_roles_of_a_site_are_named_as_they_are_browsed(wire, target, peer):
    own = ua.NodeId(7, 3)
    browsed = ua.BrowseResult(References=[_role(15644, "x"), _role(7, "Fitter\0", 3)])
    granted = ua.DataValue(
        ua.Variant(
            [
                ua.RolePermissionType(own, ua.PermissionType(1 << 6 | 1 << 20)),
                ua.RolePermissionType(ua.NodeId(9, 3), ua.PermissionType.Call),
            ],
            ua.VariantType.ExtensionObject,
        )
    )
    seen = await found(wire, target, peer, NO, NO, NO, True, NO, granted, NO, browsed=browsed)

    assert seen.roles == ("Anonymous", "Fitter\ufffd")
    assert seen.permissions == (
        RolePermission("i=1", "Fitter\ufffd", ("Write", "bit 20")),
        RolePermission("i=1", "ns=3;i=9", ("Call",)),
    )


@pytest.mark.parametrize(
    "browsed",
    [
        ua.BrowseResult(NO),
        ua.BrowseResult(ContinuationPoint=b"more", References=[_role(15644, "x")]),
        ua.BrowseResult(References=[_role(n, "x") for n in range(101)]),
    ],
)
async def test_half_a_role_set_is_none(wire, target, peer, browsed):
    seen = await found(wire, target, peer, NO, NO, NO, True, NO, NONE, NONE, browsed=browsed)

    assert seen.roles is None
    assert seen.unreadable[0].startswith("roles: ")


@pytest.mark.skipif(node_lacks("opcua") is not None, reason=str(node_lacks("opcua")))
@pytest.mark.parametrize(("variant", "tight"), [("roles", True), ("flat", False)])
async def test_other_peoples_roles_and_permissions(wire, target, tmp_path, mine, variant, tight):
    level, reset = "ns=1;s=Level", "ns=1;s=Reset"
    with node("opcua", variant, tmp_path) as port:
        it = target(port, "opcua", permits=BROWSING)
        rights = Rights(it, "password", (level,), (reset,))
        state = await session(wire, it, mine, rights, variables=(level,))
    seen = rights.found

    assert seen is not None, rights.failure
    granted = {row.role: set(row.permissions) for row in seen.permissions or ()}
    assert ("Write" in granted["AuthenticatedUser"]) is not tight
    assert "Write" in granted["Operator"]
    assert granted["Anonymous"] == {"Browse"}
    assert "Operator" in seen.roles
    assert seen.methods == (MethodAccess(reset, executable=not tight),)
    assert bool(state.variables[0].user_access & 2) is not tight
    assert (seen.nonce_bytes, seen.identity) == (32, "password")
