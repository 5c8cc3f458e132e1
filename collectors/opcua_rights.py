"""
Read roles, permissions and certificate management inside a session that is open already.

On the wire, in the session of `opcua.server` before it is closed, on its connection: one Browse of
the role set, one level, where browsing is permitted; Reads of the role permissions of declared
variables, of whether our identity may call declared methods and two methods of certificate
management, and of two switches; one Read of the session security diagnostics, of which the status
is kept and nothing else.

Never sent: Call, Write, a second login, a Browse of anything else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from checks.facts.opcua import MessageMode, MethodAccess, OpcUaRights, RolePermission
from collectors import opcua, opcua_answers
from collectors.errors import CollectError, TimedOut, Unintelligible
from collectors.opcua_answers import USER_EXECUTABLE, Answer, text
from collectors.opcua_session import Session, browsed, read
from collectors.opcua_wire import Said, status_name, ua
from collectors.wire import Target

DOING = "reading roles and permissions"
ROLE_SET = "i=15606"

# OPC 10000-5: ServerConfiguration's UpdateCertificate and ApplyChanges, its InApplicationSetup,
# EnabledFlag and SessionSecurityDiagnosticsArray of ServerDiagnostics.
_PUSH = ("i=13737", "i=12740")
_IN_SETUP, _DIAGNOSTICS_ON, _DIAGNOSTICS = "i=19309", "i=2294", "i=3708"
# OPC 10000-18, 4.3.
WELL_KNOWN = {
    "i=15644": "Anonymous",
    "i=15656": "AuthenticatedUser",
    "i=15668": "Observer",
    "i=15680": "Operator",
    "i=16036": "Engineer",
    "i=15692": "Supervisor",
    "i=15716": "ConfigureAdmin",
    "i=15704": "SecurityAdmin",
}
_VALUE, _ROLES, _USER_ROLES = 13, 24, 25
_ABSENT = frozenset({"BadNodeIdUnknown", "BadAttributeIdInvalid"})


@dataclass
class Rights:
    """
    What to read beside the state: hand it to `opcua.server` as `beside`.

    Afterwards either `found` or `failure` is set; both are None when no session came about.
    `patience` is how many seconds it may take: a server that falls silent here has told its state
    all the same.
    """

    target: Target
    identity: str
    variables: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    patience: float = 5.0
    found: OpcUaRights | None = None
    failure: CollectError | None = None
    _unreadable: list[str] = field(default_factory=list)

    async def __call__(self, session: Session) -> None:
        try:
            async with session.channel.within(self.patience):
                self.found = await self._read(session)
        except CollectError as error:
            self.failure = error.retold(DOING)
        except Said as said:
            self.failure = opcua.refusal(self.target, said, DOING)
        except TimeoutError:
            what = f"no answer within {self.patience:g} s"
            self.failure = TimedOut(self.target, what, DOING)
        except ValueError as error:
            what = f"the answer does not add up: {error}"
            self.failure = Unintelligible(self.target, what, DOING)

    async def _read(self, session: Session) -> OpcUaRights:
        roles = await self._browsed(session)
        switches = [*((node, USER_EXECUTABLE) for node in _PUSH), (_IN_SETUP, _VALUE)]
        switches.append((_DIAGNOSTICS_ON, _VALUE))
        methods = [node for node in self.methods if opcua_answers.is_node(node)]
        nodes = [node for node in self.variables if opcua_answers.is_node(node)]
        told = iter(
            await opcua_answers.asked(
                session.channel,
                [
                    *switches,
                    *((node, USER_EXECUTABLE) for node in methods),
                    *((node, attribute) for node in nodes for attribute in (_ROLES, _USER_ROLES)),
                ],
            )
        )
        push = tuple(opcua_answers.method(node, next(told)) for node in _PUSH)
        setup, diagnosing = self._flag("in application setup", next(told)), next(told)
        executable = {node: opcua_answers.method(node, next(told)) for node in methods}
        pairs = [(node, next(told), next(told)) for node in nodes]
        names = WELL_KNOWN | (roles or {})
        return OpcUaRights(
            identity=self.identity,
            roles=None if roles is None else tuple(roles.values()),
            permissions=self._granted("permissions", [(n, a) for n, a, _ in pairs], names),
            own_permissions=self._granted("own permissions", [(n, b) for n, _, b in pairs], names),
            methods=tuple(
                executable.get(node, MethodAccess(node, None, "BadNodeIdInvalid"))
                for node in self.methods
            ),
            push_methods=() if all(one.status == "BadNodeIdUnknown" for one in push) else push,
            in_application_setup=setup,
            diagnostics_status=await _diagnostics(session, on=diagnosing[0] is not False),
            nonce_bytes=None
            if session.endpoint.mode is MessageMode.NONE
            else min(len(session.nonce), len(session.next_nonce)),
            unreadable=tuple(self._unreadable),
            nonce_sha256=_digest(session.nonce),
            next_nonce_sha256=_digest(session.next_nonce),
            session_sha256=_digest(session.id.encode()),
        )

    async def _browsed(self, session: Session) -> dict[str, str] | None:
        """Node id to name of every role; empty when the server has no role set."""
        if ROLE_SET not in self.target.permits.browse:
            self._unreadable.append("roles: its class is not browsed")
            return None
        status, rows, all_of_them = await browsed(session.channel, ROLE_SET)
        name = status_name(status)
        if name in _ABSENT:
            return {}
        if status or not all_of_them:
            self._unreadable.append(f"roles: {name if status else 'too many'}")
            return None
        return {node: WELL_KNOWN.get(node) or text(told) or node for node, told in rows}

    def _flag(self, name: str, answer: Answer) -> bool | None:
        value, status = answer
        if not status and isinstance(value, bool):
            return value
        if status_name(status) not in _ABSENT:
            self._unreadable.append(f"{name}: {status_name(status) if status else 'empty'}")
        return None

    def _granted(
        self, what: str, answers: list[tuple[str, Answer]], names: dict[str, str]
    ) -> tuple[RolePermission, ...] | None:
        """None when not one answer could be read."""
        found: list[RolePermission] = []
        unread = 0
        for node, (value, status) in answers:
            why = "" if not status else status_name(status)
            rows = [] if status or value is None else value
            if not isinstance(rows, list) or not all(isinstance(r, _Row) for r in rows):
                rows, why = [], "BadTypeMismatch"
            if why and why not in _ABSENT:
                unread += 1
                self._unreadable.append(f"{what} of {text(node)}: {why}")
            found += [_permission(node, row, names) for row in rows]
        return None if answers and unread == len(answers) else tuple(found)


_Row = ua.RolePermissionType


def _permission(node: str, row: Any, names: dict[str, str]) -> RolePermission:
    role = row.RoleId.to_string()
    bits = int(row.Permissions)
    known = {flag.value: flag.name for flag in ua.PermissionType if flag.value}
    return RolePermission(
        node,
        text(names.get(role, role)),
        tuple(
            known.get(1 << at) or f"bit {at}" for at in range(bits.bit_length()) if bits >> at & 1
        ),
    )


async def _diagnostics(session: Session, *, on: bool) -> str:
    """ "Good" when details of sessions were shown, "empty" or "off" when none, else the status."""
    try:
        [(value, status)] = await read(session.channel, [(_DIAGNOSTICS, _VALUE)])
    except Said as said:
        if not said.of_service:
            raise
        return said.status
    if status:
        return status_name(status)
    if value:
        return "Good"
    return "empty" if on else "off"


def _digest(octets: bytes) -> str:
    return sha256(octets).hexdigest() if octets else ""
