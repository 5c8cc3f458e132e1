"""Ten thousand hostile texts of devices: no label, topic or line of the log is another for them."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
import structlog

from appliance.outlets import metrics, telling
from checks import ALL
from checks.facts.standing import State, StateKey
from checks.facts.verdict import Reason
from tests.outlets.conftest import AT, endpoints, standings
from tests.outlets.test_hostile_texts import MARKUP, TEXTS
from tests.outlets.test_logs import written
from tests.outlets.test_syslog_messages import hostile
from tests.outlets.told import AROUND, Word, row

__all__ = ["written"]
BATCH = 500
KEY, GOOD = standings()[0]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    dice = random.Random(62443)
    return [hostile(dice) + dice.choice(MARKUP) for _ in range(TEXTS)]


def bad(said: str):
    return replace(GOOD, state=State.FAIL, said=said, last_said=said, where=(said,))


def test_the_page_of_metrics_is_the_same_to_the_byte(paint, texts):
    def page(some: list[str]) -> bytes:
        many = tuple((replace(KEY, check=f"check-{n}"), bad(said)) for n, said in enumerate(some))
        gaps = tuple(
            replace(endpoints(), facts=None, reason=Reason.TIMEOUT, said=said) for said in some
        )
        return metrics.render(paint(standings=many, observations=gaps))

    plain = page(["So."] * BATCH)

    assert all(page(texts[n : n + BATCH]) == plain for n in range(0, TEXTS, BATCH))


def test_topics_are_the_same_and_every_payload_is_whole_and_plain_ascii(texts):
    key = StateKey(KEY.subject, ALL[0].id)

    def told(said: str):
        return telling.change(
            "northgate", key, GOOD, bad(said), ALL[0],
            word=Word.FIRING, row=row(key), around=AROUND, entry=7, at=AT,
        )  # fmt: skip

    plain = [(m.address, m.headers) for m in told("So.")]

    for text in texts:
        found = told(text)
        assert [(m.address, m.headers) for m in found] == plain
        for message in found:
            payload = json.loads(message.body)
            assert message.body.isascii()
            assert payload.get("data", payload)["said"] == text


def test_every_text_is_one_line_of_the_log(written, texts):
    for text in texts:
        structlog.get_logger().info("state changed", said=text)

    lines = written()
    assert len(lines) == TEXTS
    assert {(line["event"], line["level"]) for line in lines} == {("state changed", "info")}
