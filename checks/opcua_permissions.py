"""OPC UA permissions (OPC 10000-3, 8.55) as several checks see them."""

from __future__ import annotations

from collections.abc import Iterable

from checks.facts.opcua import RolePermission

LOOKING = frozenset({"Browse", "Read", "ReadRolePermissions", "ReadHistory", "ReceiveEvents"})
"""Permissions that change nothing; any other does."""
EVERYBODY = frozenset({"Anonymous", "AuthenticatedUser"})
"""The roles nobody has to be given."""


def changing(rows: Iterable[RolePermission]) -> tuple[RolePermission, ...]:
    """Those rows that permit more than looking."""
    return tuple(row for row in rows if not LOOKING.issuperset(row.permissions))
