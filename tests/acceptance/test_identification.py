"""Who recorded devices say they are: right where a recording holds it, "not found" where not."""

from __future__ import annotations

import asyncio
import csv
import os
import re
from pathlib import Path

import pytest

from appliance.site.profiles import profiles
from collectors.credentials import Community
from collectors.errors import CollectError
from collectors.snmp_identity import identity
from collectors.wire import Target, Wire
from tests.acceptance.agent import COMMUNITY, agent
from tests.acceptance.table import note
from tests.devices.snmp_peers import OpenGate, peer

SHARED = os.environ.get("UPHELD_SHARED", "")
DATA = Path(SHARED or "/nowhere") / "data" / "snmp"
pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(not DATA.is_dir(), reason="UPHELD_SHARED names no recorded agents"),
]
PROFILES = tuple(p.plain() for p in profiles())
# The table looked for the new MIB only; the recording holds the older one's firmware version.
FOUND_AFTER_ALL = {"rutos.snmprec": "RUT9XX_R_00.06.00.4"}
NAMES = {"Advantech": ("advantech", "icr-os"), "RACOM": ("ray3",), "HW group": ("hwg",)}


async def identified(lines):
    async with peer(agent(lines)) as device:
        target = Target("a", "127.0.0.1", "udp", device.port, "snmp")
        wire = Wire(OpenGate(), connect=1.0, whole=5.0)
        return await identity(
            wire, target, credential=Community(COMMUNITY.decode()), profiles=PROFILES
        )


def shown(row: dict[str, str], lines: list[str]) -> str:
    """Everything the recording says, in words."""
    values = [line.split("|", 2) for line in lines if line.count("|") >= 2]
    texts = [v if k == "4" else _decoded(v) for _, k, v in values if k in ("4", "4x", "2", "66")]
    return " ".join(" ".join(texts).split())


def _decoded(value: str) -> str:
    try:
        return bytes.fromhex(value).decode("latin-1") + " " + value
    except ValueError:
        return value


def stated(row: dict[str, str]) -> str:
    """The version the table names, if it names one outside of the description."""
    if grouped := re.search(r"version=([^;]+)", row["sysDescr_groups"]):
        return grouped.group(1)
    return row["version_oid_and_value"].rpartition(" = ")[2]


def test_every_recording_is_identified_and_nothing_is_guessed():
    with (DATA / "devices.csv").open(encoding="utf-8", newline="") as rows:
        table = list(csv.DictReader(rows))
    assert len(table) >= 43
    compared = {}
    for row in table:
        name = row["recording"]
        path = DATA / "snmprec" / name
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        told, everything = asyncio.run(identified(lines)), shown(row, lines)
        texts = [told.product, told.order_number, told.serial]
        texts += [part.version for part in told.firmware]
        guessed = [t for t in texts if t and t not in everything]
        words = (row["vendor"] + row["os"] + row["sysDescr"]).casefold()
        vendor = any(
            w in words for w in (*told.vendor.casefold().split(), *NAMES.get(told.vendor, ()))
        )
        judged = [part.version for part in told.firmware if part.judged and part.version]
        wanted = FOUND_AFTER_ALL.get(name, stated(row))
        none = row["version_where"].startswith("none") and name not in FOUND_AFTER_ALL
        right = not judged if none else bool(judged)
        if wanted and judged and not none:
            right = any(v.lstrip("v") in " ".join(wanted.split()) for v in judged)
        got = f"{'vendor' if vendor else told.vendor} {'firmware' if right else judged}"
        if guessed:
            got += f" guessed {guessed}"
        compared[name, told.profile or "no profile"] = (("vendor firmware",), (got,))
        kernel = re.search(r"^Linux \S+ (\d+\.\d+\.\d+)", row["sysDescr"])
        assert kernel is None or kernel.group(1) not in judged
    note("recorded identities", compared)

    assert not {key: got for key, (want, got) in compared.items() if want != got}


def test_a_wrong_community_identifies_nobody():
    async def asked():
        async with peer(agent([])) as device:
            target = Target("a", "127.0.0.1", "udp", device.port, "snmp")
            wire = Wire(OpenGate(), connect=0.2, whole=1.0)
            return await identity(wire, target, credential=Community("no"), profiles=PROFILES)

    with pytest.raises(CollectError):
        asyncio.run(asked())
