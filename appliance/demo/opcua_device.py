"""
OPC UA devices of the box, on asyncua's own server.

The private names used: `Server._set_endpoints` and `Server._policies` (an endpoint added to a
running server) and `BinaryServer._server` (its listening sockets, for the firewall).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from asyncua import ua
from asyncua.common.callback import CallbackType
from asyncua.crypto import security_policies
from asyncua.crypto.permission_rules import SimpleRoleRuleset, User, UserRole
from asyncua.server.server import Server
from asyncua.server.user_managers import UserManager

from appliance.demo.alarms import Alarms
from appliance.demo.firewall import permit_only
from appliance.demo.identities import Identity

AUDITING = ua.NodeId.from_string("i=2994")
HALF_AN_HOUR_MS = 30 * 60 * 1000


@dataclass(frozen=True)
class Maker:
    """What the device's BuildInfo says."""

    name: str
    product: str
    version: str


@dataclass
class OneUser:
    """asyncua's user manager for exactly one user; `anonymous` lets nameless sessions in."""

    user: str
    password: str
    anonymous: bool = False

    def get_user(
        self,
        iserver: Any,  # noqa: ARG002 - asyncua's signature
        username: str | None = None,
        password: str | None = None,
        certificate: Any = None,  # noqa: ARG002
    ) -> User | None:
        if username is None:
            return User(role=UserRole.User, name="anonymous") if self.anonymous else None
        if (username, password) == (self.user, self.password):
            return User(role=UserRole.User, name=username)
        return None


@dataclass
class OpcUaDevice:
    """One server: Basic256Sha256 SignAndEncrypt and user names only, until it drifts."""

    name: str
    address: str
    port: int
    maker: Maker
    identity: Identity
    users: OneUser
    alarms: Alarms
    permitted: tuple[str, ...]
    variables: tuple[str, ...] = ("Setpoint", "Level")
    _server: Any = field(default=None, repr=False)

    async def start(self) -> None:
        """Raises `OSError` when the address is taken."""
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)
        server: Any = Server(user_manager=cast(UserManager, self.users))
        await server.init()
        server.set_endpoint(f"opc.tcp://{self.address}:{self.port}/")
        server.set_server_name(self.name)
        await server.set_application_uri(self.identity.uri)
        await server.set_build_info(
            product_uri=self.identity.uri,
            manufacturer_name=self.maker.name,
            product_name=self.maker.product,
            software_version=self.maker.version,
            build_number="1",
            build_date=datetime(2026, 3, 2, tzinfo=UTC),
        )
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
        server.set_identity_tokens([ua.UserNameIdentityToken])
        await server.load_certificate(str(self.identity.certificate))
        await server.load_private_key(str(self.identity.key), format="pem")
        server.iserver.max_session_timeout_ms = HALF_AN_HOUR_MS
        await self._fill(server)
        server.subscribe_server_callback(CallbackType.PreWrite, self._write)
        self._server = server
        await server.start()
        for sock in server.bserver._server.sockets:  # noqa: SLF001 - see above
            permit_only(sock, self.permitted)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()

    def accept_anonymous(self) -> None:
        """The drift: an endpoint without protection, and sessions without a name."""
        server = self._server
        self.users.anonymous = True
        server.set_identity_tokens([ua.AnonymousIdentityToken, ua.UserNameIdentityToken])
        mode = ua.MessageSecurityMode.None_
        factory: Any = security_policies.SecurityPolicyFactory
        ruleset = cast(Any, SimpleRoleRuleset)()
        policy = security_policies.SecurityPolicyNone
        server._set_endpoints(policy, mode, 0)  # noqa: SLF001 - see above
        server._policies.append(  # noqa: SLF001 - see above
            factory(policy, mode, permission_ruleset=ruleset)
        )

    async def _fill(self, server: Any) -> None:
        space = await server.register_namespace("urn:demo.upheld.example:process")
        for name in self.variables:
            node = ua.NodeId.from_string(f"ns={space};s={name}")
            await server.nodes.objects.add_variable(node, name, 1.0)
        await server.get_node(AUDITING).write_value(ua.Variant(True, ua.VariantType.Boolean))

    async def _write(self, event: Any, _dispatcher: Any = None) -> None:
        if event.is_external:
            nodes = ", ".join(str(w.NodeId) for w in event.request_params.NodesToWrite)
            self.alarms.write_seen(self.name, f"OPC UA write to {nodes}")
