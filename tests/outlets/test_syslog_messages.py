"""What a SOC is told, and that no device text gets out of its own field."""

from __future__ import annotations

import json
import os
import random
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.outlets import cef, syslog, syslog_heads, syslog_messages
from appliance.outlets.alerts import Summary
from appliance.outlets.syslog_peer import Target
from appliance.outlets.text import harmless
from appliance.site.loading import load
from appliance.visit.guard.event import Event
from checks import ALL
from checks.check import Severity
from checks.facts.standing import State, StateKey, Subject
from checks.facts.verdict import Reason
from tests.outlets.brokers import Authority
from tests.outlets.collectors import Rsyslog, client_context
from tests.outlets.conftest import AT, NASTY, standing
from tests.outlets.told import AROUND, Acknowledged, Word, row

EXAMPLE = Path(__file__).parents[2] / "config" / "example"
COUNT = 10_000 if os.environ.get("UPHELD_FUZZ") else 500
CHECK = max(ALL, key=lambda c: len(c.title) + len(str(sorted(c.requirements))))
NOTE = (
    "northgate.example/edge-1/1\n1000000\nugSN2shAD7bGoHY9IBsjH026q5y7mUNtfTuWl7TrAIA=\n"
    "\n\u2014 northgate.example/edge-1/1 Az3grlgt|\\=\n"
)


@pytest.fixture(scope="module")
def site():
    return load(EXAMPLE).site


@pytest.fixture(scope="module")
def key(site):
    asset = next(a for a in site.assets if a.services)
    subject = Subject("service", asset.zone, asset.id, asset.services[0].id)
    return StateKey(subject, CHECK.id)


def fields(body: str) -> tuple[list[str], dict[str, str]]:
    """Takes a CEF line apart as its specification says; knows nothing of how ours is made."""
    assert body.startswith("CEF:0|")
    parts = _hidden(body).split("|", maxsplit=7)
    found = re.split(r"(?:^| )([A-Za-z0-9]+)=", parts[7])
    assert not found[0]
    pairs = zip(found[1::2], found[2::2], strict=True)
    return [_shown(p) for p in parts[:7]], {k: _shown(v) for k, v in pairs}


_PLACES = {"\\": "\ue000", "|": "\ue001", "=": "\ue002", "n": "\n", "r": "\r"}


def _hidden(text: str) -> str:
    """Escape pairs become one character of no meaning, so that what is left is syntax."""
    return re.sub(r"\\(.)", lambda m: _PLACES.get(m[1], m[0]), text)


def _shown(text: str) -> str:
    return text.replace("\ue000", "\\").replace("\ue001", "|").replace("\ue002", "=")


def told(site, key, before, after, word=Word.FIRING, **differs):
    found = row(key, after.reason.value, at=AT + timedelta(seconds=2), **differs)
    return syslog_messages.change(
        site, key, before, after, CHECK,
        word=word, row=found, around=AROUND, entry=7, at=AT + timedelta(seconds=2),
    )  # fmt: skip


def test_a_new_failure_fires_with_all_a_soc_needs(site, key):
    good = standing(State.PASS)
    bad = standing(State.FAIL, Reason.ANONYMOUS_ACCEPTED, "A session opened.")
    (message,) = told(site, key, good, bad)
    head, said = fields(message.body.decode())

    assert message.outlet == "soc-1"
    assert head[:3] == ["CEF:0", "Upheld", "Upheld"]
    assert head[4:6] == ["control.fail", CHECK.title]
    assert said["act"] == "firing"
    assert said["cs4"] == str(key)
    assert said["dhost"] == key.subject.asset
    assert said["dst"] == site.asset(key.subject.asset).address
    assert said["externalId"] == f"northgate:7:{key}"
    assert said["deviceCustomDate1"] == str(int(AT.timestamp() * 1000))
    assert said["request"] == "docs/runbooks.md#anonymous-accepted"
    assert said["msg"] == "A session opened."
    assert (said["cat"], said["flexString1"]) == (CHECK.audience, " ".join(CHECK.enables))
    assert said["cs5"] == "pass -> fail, enforced"
    assert (said["cs6"], said["cn2"]) == ("operations", "1")
    assert said["flexString2"] == (
        "Seen from dmz. 1 more of the zone fail the same. "
        "In force: zone control is on hold. Do not restart it."
    )


@pytest.mark.parametrize(
    ("word", "signature", "act", "outcome"),
    [
        (Word.FIRING, "control.fail", "firing", "failure"),
        (Word.UPDATE, "control.fail", "update", "failure"),
        (Word.UNSEEN, "control.unseen", "update", "unknown"),
        (Word.RESOLVED, "control.recovered", "resolved", "success"),
    ],
)
def test_each_word_has_its_class_and_outcome(site, key, word, signature, act, outcome):
    (message,) = told(site, key, None, standing(State.FAIL), word)
    head, said = fields(message.body.decode())

    assert (head[4], said["act"], said["outcome"]) == (signature, act, outcome)


def test_an_acknowledgement_names_who_and_why(site, key):
    by = Acknowledged("root for j-smit", "The vendor | is =here.", AT)
    bad = standing(State.FAIL)
    (message,) = told(site, key, bad, bad, Word.ACKNOWLEDGED, acknowledged=by)
    head, said = fields(message.body.decode())

    assert (head[4], head[6]) == ("control.acknowledged", "1")
    assert (said["suser"], said["msg"]) == (
        "root for j-smit", "Acknowledged: The vendor | is =here.",
    )  # fmt: skip


def test_a_summary_says_how_many_were_held_back_and_how_bad_the_worst_is(site, key):
    more = Summary((key.subject.zone, CHECK.audience), (key,) * 12, Severity.HIGH, AT)
    (message,) = syslog_messages.summary(site, more, entry=9, at=AT + timedelta(minutes=5))
    head, said = fields(message.body.decode())

    assert (head[4], head[6], said["cnt"]) == ("control.more", "7", "12")
    assert said["msg"] == (
        f"12 more alerts in zone {key.subject.zone} within 5 minutes, see the page."
    )
    assert said["request"] == "docs/runbooks.md#more"


def test_what_left_the_configuration_ends_and_is_no_recovery(site, key):
    (message,) = syslog_messages.gone(site, row(key), CHECK, at=AT)
    head, said = fields(message.body.decode())

    assert (head[4], said["act"], said["outcome"]) == ("control.gone", "resolved", "unknown")
    assert said["cs4"] == str(key)


def test_each_soc_gets_its_own_copy_and_none_without_one(site, key):
    soc = site.outlets.soc[0]
    two = site.model_copy(update={"outlets": site.outlets.model_copy(update={"soc": (soc, soc)})})
    none = site.model_copy(update={"outlets": site.outlets.model_copy(update={"soc": ()})})

    assert [m.outlet for m in told(two, key, None, standing(State.FAIL))] == ["soc-1", "soc-2"]
    assert told(none, key, None, standing(State.FAIL)) == []


def test_the_checkpoint_comes_out_byte_exact(site):
    (message,) = syslog_heads.checkpoint(site, NOTE, at=AT)
    _, said = fields(message.body.decode())

    assert said["msg"] == NOTE
    assert said["cn1"] == "1000000"
    assert message.latest_only
    assert b"\n" not in message.body


def test_guard_events_name_the_asset_they_are_about(site):
    asset = site.assets[0]
    event = Event("suspected-impact", asset.address, "It answers three times slower.")
    (message,) = syslog_messages.guard(site, event, entry=3, at=AT)
    head, said = fields(message.body.decode())

    assert head[4] == "guard.suspected-impact"
    assert head[6] == "9"
    assert said["dhost"] == asset.id
    assert said["request"] == "docs/runbooks.md#suspected-impact"


def test_what_only_engineers_want_to_know_of_the_guard_stays_off_the_soc_s_screen(site):
    forgiven = Event("breaker-forgiven", site.assets[0].address, "It answers.")
    (held,) = syslog_messages.guard(site, Event("hold.put", "all", "J."), entry=1, at=AT)

    assert syslog_messages.guard(site, forgiven, entry=1, at=AT) == []
    assert fields(held.body.decode())[1]["request"] == "docs/runbooks.md#hold"


def test_a_message_fits_however_long_and_wide_its_texts(site, key):
    where = tuple(f"opc.tcp://{i}/\U0001f600|=\\" for i in range(200))
    bad = replace(standing(State.FAIL, said="\U0001f600=" * 4000), where=where)
    (message,) = told(site, key, None, bad)
    line = syslog.line(
        message.body, severity=2, at=AT, host="a" * 63 + "." + "b" * 63, kind="control.fail",
        version="100.100.100.dev1+abcdefgh", sequence=syslog.MOST_SEQUENCE,
    )  # fmt: skip

    assert len(line) <= syslog.MOST_OCTETS
    assert fields(message.body.decode())[1]["msg"].endswith("…")
    assert fields(message.body.decode())[1]["cs4"] == str(key)


@pytest.mark.parametrize("most", range(12))
def test_a_cut_never_splits_an_escape_or_a_character(most):
    cut = cef.fitted("=€\\b=", most)

    assert cef.octets(cut) <= most
    assert "=€\\b=".startswith(cut.removesuffix("…"))


def test_sequence_numbers_begin_again_where_the_standard_says():
    made = [
        syslog.line(b"x", severity=6, at=AT, host="h", kind="k", version='1"]\\', sequence=n)
        for n in (1, syslog.MOST_SEQUENCE, syslog.MOST_SEQUENCE + 1)
    ]

    assert [re.search(rb'sequenceId="(\d+)"', line)[1] for line in made] == [
        b"1", b"2147483647", b"1",
    ]  # fmt: skip
    assert b'swVersion="1\\"\\]\\\\"' in made[0]


def hostile(dice: random.Random) -> str:
    """What a device might write into its name to be somebody else in the SOC's screen."""
    parts = [
        "|", "=", "\\", "\\n", "\n", "\r\n", "\x00", "\x1b[2J", " act=resolved", "CEF:0|a|b|c|d|e|9|",
        "]", '"', "<13>1 - - - - - - ", "#012", "#", "%msg%", "\u202e", "\u2028", "\ud800", "\ufeff",
        "é", "\U0001f600", "\x7f", "\x85", "\t", "  ", "Ω", "${jndi:x}", "<script>", NASTY, "0 ",
        "\ue000", "$!",
    ]  # fmt: skip
    chosen = [
        dice.choice(parts) if dice.random() < 0.7 else chr(dice.randrange(1, 0x10FFFF))
        for _ in range(dice.randint(1, 24))
    ]
    return "".join(chosen)


async def test_hostile_texts_arrive_byte_exact_as_real_rsyslog_parses_them(tmp_path, site, key):
    dice = random.Random(62443)
    authority = Authority.make(tmp_path)
    daemon = Rsyslog(tmp_path / "rsyslog", authority=authority)
    daemon.start()
    sent = []
    try:
        context = client_context(authority)
        peer = await Target.at(f"tls://localhost:{daemon.port}", lambda: context).connect()
        for n in range(1, COUNT + 1):
            text = hostile(dice)
            (message,) = told(site, key, None, standing(State.FAIL, said=text))
            sent.append((text, message.body))
            stated = json.loads(message.headers)
            await peer.send(
                syslog.line(
                    message.body,
                    severity=stated["severity"],
                    at=AT,
                    host="edge-1.northgate",
                    kind=stated["kind"],
                    version="0.1.0",
                    sequence=n,
                )
            )
        assert await peer.close(orderly=True)
        got = await daemon.until(lambda lines: len(lines) >= COUNT)
    finally:
        daemon.stop()

    assert len(got) == COUNT
    for n, ((text, body), line) in enumerate(zip(sent, got, strict=True), start=1):
        assert line["msg"].encode() == body
        assert (line["host"], line["app"], line["msgid"]) == (
            "edge-1.northgate", "upheld", "control.fail",
        )  # fmt: skip
        assert line["data"].endswith(f'[meta sequenceId="{n}"]')
        if "\ue000" not in text and "\ue001" not in text and "\ue002" not in text:
            head, said = fields(line["msg"])
            assert said["msg"] == cef.fitted(harmless(text, 512), syslog_messages.MOST_TEXT)
            assert (head[4], said["act"], said["cs4"]) == ("control.fail", "firing", str(key))
