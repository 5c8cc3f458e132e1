"""Ten thousand hostile texts of devices: none gets into the markup or the JSON of any page."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from html.parser import HTMLParser

import httpx
import pytest

from appliance.outlets import web
from appliance.outlets.rendering import MOST_ROWS
from appliance.outlets.sources import Sources
from appliance.running.reporting import status
from checks.facts.standing import State
from checks.facts.verdict import Reason
from tests.outlets.conftest import endpoints
from tests.outlets.test_syslog_messages import hostile

TEXTS = 10_000
MARKUP = (
    "<script>",
    "</td>",
    "'\"><img src=x onerror=a>",
    "</pre>",
    "{{7*7}}",
    "&#60;b&#62;",
    "]]>",
)
HEALTH = web.Health(healthy=True, ready=True)
LIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f]")
ELEMENTS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "link",
        "body",
        "a",
        "header",
        "div",
        "p",
        "span",
        "nav",
        "ul",
        "ol",
        "li",
        "section",
        "main",
        "h1",
        "h2",
        "h3",
        "svg",
        "rect",
        "time",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "pre",
        "b",
        "strong",
        "dl",
        "dt",
        "dd",
        "br",
        "footer",
        "form",
        "label",
        "select",
        "option",
        "button",
        "input",
    ]
)


class Elements(HTMLParser):
    """Which elements and attributes a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.shape: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.shape |= {tag, *(f"@{name}" for name, _ in attrs if name.startswith("on"))}


@pytest.mark.parametrize(
    "path", ["/", "/assets/hmi-1", "/zones/control", "/zones/control/walk-down"]
)
async def test_no_text_of_a_device_becomes_anything_but_text(paint, path):
    dice = random.Random(62443)
    key, standing = paint().standings[0]
    (seen,) = (endpoints(),)
    shown = 0
    while shown < TEXTS:
        texts = [hostile(dice) + dice.choice(MARKUP) for _ in range(MOST_ROWS * 5)]
        batch = [texts[n : n + 5] for n in range(0, len(texts), 5)]
        many = tuple(
            (
                replace(key, check=f"check-{n}"),
                replace(
                    standing,
                    state=State.FAIL,
                    said=a,
                    last_said=b,
                    where=(c, d),
                    reason=Reason.STALE,
                ),
            )
            for n, (a, b, c, d, _) in enumerate(batch)
        )
        gaps = tuple(
            replace(seen, facts=None, reason=Reason.TIMEOUT, said=e, question=f"q-{n}")
            for n, (*_, e) in enumerate(batch)
        )
        picture = paint(standings=many, observations=gaps)
        pages = await _pages(picture, path)
        _harmless(pages[0])
        assert json.loads(pages[1])["failing"][0]["said"] in set(texts)
        shown += len(texts)


async def _pages(picture, path):
    app = web.create(lambda: picture, lambda: HEALTH, sources=Sources(status=status))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://upheld") as client:
        return [(await client.get(one)).text for one in (path, "/status.json")]


def _harmless(page):
    parsed = Elements()
    parsed.feed(page)
    assert parsed.shape <= ELEMENTS
    assert LIVE.search(page) is None
