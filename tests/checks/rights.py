"""Literal OPC UA rights, as short as a test can read them."""

from __future__ import annotations

from checks.facts.observation import Observation
from checks.facts.opcua import (
    MessageMode,
    MethodAccess,
    OpcUaAnonymous,
    OpcUaRights,
    OpcUaServer,
    VariableAccess,
)
from tests.checks.given import observed


def rights(**changes: object) -> Observation:
    fields = {
        "identity": "password", "roles": ("Anonymous", "Observer"), "permissions": (),
        "methods": (), "push_methods": (), "in_application_setup": None,
        "diagnostics_status": "BadUserAccessDenied", "nonce_bytes": 32, "own_permissions": (),
    }  # fmt: skip
    return observed(OpcUaRights(**{**fields, **changes}))


def attempt(activated: bool | None, **changes: object) -> Observation:
    fields = {
        "advertised": True, "activated": activated, "status": "BadSecurityChecksFailed",
        "endpoint": "opc.tcp://plc-1:4840", "mode": MessageMode.NONE, "policy": "None",
    }  # fmt: skip
    return observed(OpcUaAnonymous(**{**fields, **changes}))


def server(identity: str = "password", **levels: int | None) -> Observation:
    return observed(
        OpcUaServer(
            manufacturer="Acme",
            product="PLC 7",
            product_uri="",
            software_version="",
            build_number="",
            build_date="",
            auditing=None,
            max_sessions=10,
            requested_timeout_ms=1,
            revised_timeout_ms=1,
            identity=identity,
            mode=MessageMode.SIGN_AND_ENCRYPT,
            policy="Basic256Sha256",
            variables=tuple(VariableAccess(f"ns=3;s={n}", 3, v) for n, v in levels.items()),
        )
    )


def method(node: str, executable: bool | None) -> MethodAccess:
    return MethodAccess(node, executable, "Good" if executable is not None else "BadNodeIdUnknown")
