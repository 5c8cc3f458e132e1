"""The channel: what may be said, and what we rely on in the pinned library."""

from __future__ import annotations

import logging

import pytest
from asyncua import ua
from asyncua.common.connection import SecureConnection, TransportLimits
from asyncua.crypto import security_policies

from collectors import allowed, opcua_keys, opcua_wire
from collectors.errors import NotPermitted
from collectors.opcua_wire import Channel, Said
from tests.devices.opcua_raw import Script, error

HARMFUL = [
    name
    for name in dir(ua)
    if name.endswith("Request") and name not in allowed.OPCUA_REQUESTS and name != "Request"
]


@pytest.mark.parametrize("name", HARMFUL)
async def test_no_other_request_of_the_library_leaves(gate, target, name):
    channel = Channel(gate, target(1, "opcua"), opcua_keys.unsecured(), "urn:x")

    with pytest.raises(NotPermitted, match="is not on the allow-list"):
        await channel.ask(getattr(ua, name)())
    assert gate.refusals == [f"{name} is not on the allow-list"]


def test_the_requests_that_change_things_are_among_those_stopped():
    assert {"WriteRequest", "CallRequest", "CreateSubscriptionRequest", "AddNodesRequest"} <= set(
        HARMFUL
    )


async def test_the_judged_name_is_the_name_that_is_encoded(wire, gate, target, peer):
    script = Script({})
    it = await peer(script)

    async with wire.attached(
        target(it.port, "opcua"),
        lambda: Channel(gate, target(it.port, "opcua"), opcua_keys.unsecured(), "urn:x"),
    ) as channel:
        await channel.hello("opc.tcp://x")
        await channel.open()
        for name in ("GetEndpointsRequest", "FindServersRequest", "ReadRequest"):
            await channel.ask(getattr(ua, name)())
        channel.close()

    assert script.asked[1:] == ["GetEndpointsRequest", "FindServersRequest", "ReadRequest"]


async def test_an_error_message_is_said_by_the_channel_and_not_by_a_service(
    wire, gate, target, peer
):
    it = await peer(Script({"OpenSecureChannelRequest": error(0x80550000)}))

    async with wire.attached(
        target(it.port, "opcua"),
        lambda: Channel(gate, target(it.port, "opcua"), opcua_keys.unsecured(), "urn:x"),
    ) as channel:
        await channel.hello("opc.tcp://x")
        with pytest.raises(Said) as caught:
            await channel.open()

    assert (caught.value.status, caught.value.of_service) == ("BadSecurityPolicyRejected", False)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0, "Good"),
        (0x80000000, "Bad"),
        (0x80560000, "BadTooManySessions"),
        (0x8FFF0000, "0x8FFF0000"),
    ],
)
def test_status_codes_have_names_or_numbers(code, name):
    assert opcua_wire.status_name(code) == name


def test_the_library_keeps_its_log_to_itself():
    assert logging.getLogger("asyncua.anything").getEffectiveLevel() == logging.CRITICAL


@pytest.mark.parametrize(
    "name", ["message_to_binary", "receive_from_header_and_body", "set_channel"]
)
def test_the_librarys_connection_has_what_we_use(name):
    connection = SecureConnection(opcua_keys.unsecured(), TransportLimits(1, 2, 3, 4))

    assert callable(getattr(connection, name))


@pytest.mark.parametrize("name", ["encrypt_asymmetric", "sign_asymmetric"])
def test_the_librarys_policies_have_what_we_use(name):
    assert callable(getattr(security_policies, name))
