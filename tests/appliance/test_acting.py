"""Whatever a person changes is an entry, with who and why."""

from __future__ import annotations

import inspect
import json
import re

import pytest

from appliance.daemon import Daemon
from appliance.running.ruling import COMMANDS
from appliance.visit.guard.canary import Seen
from appliance.visit.guard.latch import SECRET
from appliance.visit.guard.peers import Peer
from appliance.visit.guard.trust import Fingerprint, Level, _Known
from tests.appliance.living import living, until

ROOT = Peer(0, 0)
WHY = "the vendor is here"
LOOKS_ONLY = {"status", "matrix"}
"""What changes nothing, and is no entry."""


async def nothing(daemon):
    """The command can be given at once."""
    return {}


async def latched(daemon):
    kept = daemon.rounds.guard.restraints.latches._kept
    kept.put(SECRET, "reader|1", {"proven": [], "failed": {}, "latched": "two refused it"})
    return {}


async def waits(daemon):
    trusts = daemon.rounds.guard.restraints.trusts
    trusts.laboratory = False
    trusts._put("plc", _Known(Level.SUPERVISED, Fingerprint()))
    return {}


async def suspected(daemon):
    canaries = daemon.rounds.guard.restraints.canaries
    canaries.after("127.0.0.1", Seen("tcp-9", None, "it is silent"))
    return {}


async def alarmed(daemon):
    await until(lambda: any(row.open for row in daemon.rounds.teller.book.rows.values()))
    book = daemon.rounds.teller.book
    return {"subject": next(str(k) for k, row in book.rows.items() if row.open)}


async def copied(daemon):
    await daemon.keeping.copies.found(None, "This ledger was kept on another machine.")
    return {}


async def drilled(daemon):
    await daemon._command({"command": "drill", "do": "begin"}, ROOT)
    return {"code": daemon.drilling.book.newest.code}


ACTS = [
    ("hold", {"scope": "site"}, nothing, ("guard", "hold.put")),
    ("release", {"scope": "site"}, nothing, ("guard", "hold.released")),
    ("trust", {"asset": "plc"}, waits, ("guard", "trust.granted")),
    ("rearm", {"credential": "reader"}, latched, ("guard", "credential.rearmed")),
    ("ack", {"subject": "plc"}, suspected, ("guard", "impact-acknowledged")),
    ("ack", {}, alarmed, ("user.action", "acknowledged")),
    ("check", {"due_anyway": True, "asset": "plc"}, nothing, ("user.action", "check --due-anyway")),
    ("adopt", {}, copied, ("guard", "evidence.adopted")),
    ("drill", {"do": "begin"}, nothing, ("user.action", "drill begin")),
    ("drill", {"do": "confirm", "by": "j-smit"}, drilled, ("user.action", "drill confirm")),
    ("reload", {}, nothing, ("user.action", "reload")),
]


@pytest.fixture
def folder(plant):
    (plant / "reader").write_text("not public")
    (plant / "reader").chmod(0o600)
    (plant / "credentials.yaml").write_text(
        "credentials: [{id: reader, kind: community, secret: {file: reader}}]\n"
        'outlets: {soc: [{address: "udp://127.0.0.1:1"}]}\n'
    )
    return plant


async def test_every_command_that_changes_something_is_an_entry_with_who_and_why(folder):
    async with living(folder, entries=4) as daemon:
        for name, fields, before, (kind, act) in ACTS:
            if name == "release":
                await daemon._command({"command": "hold", "scope": "site", "why": WHY}, ROOT)
            command = {"command": name, "why": WHY, **fields, **await before(daemon)}
            first = daemon.rounds.store.size
            answer = await daemon._command(command, ROOT)
            entries = [json.loads(b) async for _, b in daemon.rounds.store.entries(first)]
            found = [e for e in entries if (e["type"], e.get("act", e.get("kind"))) == (kind, act)]

            assert "error" not in answer, (name, answer)
            assert len(found) == 1, (name, [(e["type"], e.get("kind")) for e in entries])
            who = found[0].get("who") or found[0]["said"]
            assert "root" in who, name
            if name not in ("drill", "reload"):
                assert WHY in (found[0].get("why") or found[0]["said"]), name


def test_no_command_is_forgotten_here():
    cases = set(re.findall(r'case "([a-z-]+)"', inspect.getsource(Daemon._command)))

    assert cases | COMMANDS == {name for name, *_ in ACTS} | LOOKS_ONLY


async def test_who_asked_for_more_than_is_due_is_there_before_anything_is_sent(folder):
    somebody = Peer(4_000_000, 4_000_000)
    async with living(folder, entries=4) as daemon:
        first = daemon.rounds.store.size
        await daemon._command({"command": "check", "due_anyway": False}, ROOT)
        refused = await daemon._command({"command": "check", "due_anyway": True}, somebody)
        assert "needs root" in refused["error"]
        await daemon._command({"command": "check", "due_anyway": True, "zone": "cell"}, ROOT)
        entries = [json.loads(b) async for _, b in daemon.rounds.store.entries(first)]

    actions = [e for e in entries if e["type"] == "user.action"]
    assert [(a["who"], a["uid"], a["with"]) for a in actions] == [("root", 0, {"zone": "cell"})]
