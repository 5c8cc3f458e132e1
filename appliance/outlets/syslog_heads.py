"""What a SOC gets without anything having happened: signs of life, and the ledger's head; pure."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.metadata import version

from appliance.ledger.entry import Message
from appliance.outlets import cef, syslog
from appliance.outlets.runbook import section
from appliance.outlets.syslog_messages import INFO, framed, headers, ms, outlets
from appliance.outlets.text import harmless
from appliance.site.model import Site

CHECKPOINTS = "checkpoint"


def checkpoint(site: Site, note: str, *, at: datetime) -> list[Message]:
    """The ledger's signed head, byte-exact once the escapes are off: a copy out of our reach."""
    origin, size, *_ = note.split("\n")
    fields: dict[str, str | int] = {
        "externalId": f"{site.site.id}:{size}:checkpoint",
        "rt": ms(at),
        "act": "checkpoint",
        "cs1Label": "log",
        "cs1": harmless(origin, 128),
        "cn1Label": "ledger size",
        "cn1": size,
    }
    name = "evidence.checkpoint"
    # Byte-exact beside the body, for the receipt of whoever took it.
    stated = json.dumps(json.loads(headers(name, syslog.INFORMATIONAL, at)) | {"note": note})
    whole = framed(site, fields, note, "evidence")
    said = cef.cef(version("upheld"), name, "Signed head of the evidence log", INFO, whole)
    return [
        Message(outlet, CHECKPOINTS, name, said.encode(), stated, latest_only=True)
        for outlet in outlets(site)
    ]


def heartbeat(
    site: str, appliance: str, *, sequence: int | None, waiting: int, note: str, at: datetime
) -> bytes:
    """The CEF body of one heartbeat; `note` is the newest checkpoint, or empty."""
    _, size, root, *_ = [*note.split("\n"), "", "", ""]
    fields: dict[str, str | int] = {
        "rt": ms(at),
        "act": "heartbeat",
        "dvchost": appliance,
        "deviceExternalId": f"{site}/{appliance}",
        "cs1Label": "ledger root" if root else "",
        "cs1": root,
        "cn1Label": "ledger size" if size else "",
        "cn1": size,
        "cn2Label": "messages waiting",
        "cn2": waiting,
        "cn3Label": "last sequence" if sequence else "",
        "cn3": sequence or "",
        "msg": "The appliance is alive.",
        "request": section("heartbeat"),
    }
    name = "appliance.heartbeat"
    return cef.cef(version("upheld"), name, "The appliance is alive", 0, fields).encode()
