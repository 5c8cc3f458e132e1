"""OPC UA: what is read in the session of another question, and told when its own turn comes."""

from __future__ import annotations

from dataclasses import replace

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from checks.facts.opcua import OpcUaRights
from collectors import opcua
from collectors.credentials import ClientCertificate, Password
from collectors.errors import CollectError, Denied
from collectors.opcua_rights import Rights
from collectors.wire import Target

RIGHTS = q.OPCUA_RIGHTS.id
SESSIONS = "opcua-sessions"
MOST_SESSIONS = 20


def wanted(
    given: Given, target: Target, service: Service, login: Password | ClientCertificate | None
) -> Rights | None:
    """What to read beside the state, when this visit asks for it."""
    if (RIGHTS, service.id) not in given.coming:
        return None
    return Rights(
        target,
        opcua.identity_of(login)[1],
        service.variables,
        service.methods,
        patience=given.wire.whole / 2,
    )


def keep(given: Given, service: Service, read: Rights | None) -> None:
    if read is None:
        return
    if read.found is not None:
        given.kept[RIGHTS, service.id] = _compared(given, service, read.found)
    elif read.failure is not None:
        # The question it was read with succeeded, so this is not yet held against the device.
        read.failure.aside = True
        given.kept[RIGHTS, service.id] = read.failure


def fails(given: Given, service: Service, error: CollectError) -> None:
    """Why there is no session is why nothing was read in it: a timeout stays a timeout."""
    given.kept[RIGHTS, service.id] = error.retold(error.doing)


def told(given: Given, target: Target, service: Service) -> OpcUaRights:
    """What was kept; sends nothing.  Raises `CollectError`."""
    kept = given.kept.get((RIGHTS, service.id))
    if isinstance(kept, CollectError):
        raise kept
    if not isinstance(kept, OpcUaRights):
        raise Denied(target, "no session was open in this visit", "reading roles and permissions")
    return kept


def _compared(given: Given, service: Service, seen: OpcUaRights) -> OpcUaRights:
    """The same, compared with the last sessions of ours, which it joins."""
    where = f"{given.asset.id} {given.asset.address} {service.id}"
    former = (given.lasting.get(SESSIONS, where) or {}).get("sessions", [])
    nonces = [seen.nonce_sha256, seen.next_nonce_sha256]
    old_nonces = {digest for one in former for digest in one["nonces"]}
    repeated = [
        name
        for name, digest, known in (
            ("nonce", nonces[0], old_nonces),
            ("next nonce", nonces[1], old_nonces | {nonces[0]}),
            ("session id", seen.session_sha256, {one["session"] for one in former}),
        )
        if digest and digest in known
    ]
    sessions = [*former, {"nonces": list(filter(None, nonces)), "session": seen.session_sha256}]
    given.lasting.put(SESSIONS, where, {"sessions": sessions[-MOST_SESSIONS:]})
    return replace(seen, repeated=tuple(repeated), compared=len(former))
