from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest

from appliance.judge.matrix import Cell, matrix
from appliance.outlets import web
from appliance.outlets.picture import ZonePicture
from appliance.outlets.rendering import MOST_ROWS
from appliance.outlets.sources import Sources
from appliance.site.zones import Zone
from tests.outlets.conftest import asset

HEALTH = web.Health(healthy=True, ready=True)


@pytest.fixture
def ask(paint):
    """Ask the application for one path; what differs goes into the picture."""

    async def asked(path, method="GET", health=HEALTH, states="all", **differs):
        app = web.create(lambda: paint(**differs), lambda: health, lambda: states)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://upheld") as client:
            return await client.request(method, path)

    return asked


PATHS = [
    "/",
    "/matrix",
    "/matrix?sl_t=3",
    "/zones/control",
    "/zones/control/walk-down",
    "/assets/hmi-1",
    "/checks",
    "/checks/opcua-cert-valid",
    "/states/hmi-1.tcp-4840.opcua-cert-valid",
    "/evidence",
    "/appliance",
    "/metrics",
    "/status.json",
    "/-/healthy",
    "/-/ready",
]


@pytest.mark.parametrize("path", PATHS)
async def test_every_page_answers_with_the_strict_headers(ask, path):
    answer = await ask(path)

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'self'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


async def test_the_style_is_kept_so_that_a_page_fetched_again_does_not_flicker(ask):
    page = (await ask("/")).text
    (address,) = re.findall(r'href="(/style\.css[^"]+)"', page)
    answer = await ask(address)

    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers.get_list("cache-control") == [answer.headers["cache-control"]]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", [*PATHS, "/style.css", "/nowhere"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
async def test_only_get_is_answered(ask, path, method):
    answer = await ask(path, method)

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere", "/assets/other", "/checks/other", "/assets/", "/x/", "/zones/other",
        "/zones/other/walk-down", "/matrix/control/sr-1.1", "/matrix/other/sr-1.1",
        "/matrix/control/sr-9.9", "/states/other", "/evidence/entries/0", "/evidence/entries/x",
        "/evidence/contents/sha256:00", "/evidence/entries/0/proof",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_a_404_page(ask, path):
    answer = await ask(path)

    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_the_overview_says_what_fails_since_when_and_what_was_seen(ask):
    page = (await ask("/")).text
    fails = page[page.index('id="failing"') : page.index('id="unknown"')]

    assert "/checks/opcua-anonymous-session-refused" in fails
    assert "2026-03-02 07:00:00 UTC" in fails
    assert ">hmi-1.tcp-4840.opcua-anonymous-session-refused</code>" in fails
    assert "3 h ago" in fails
    assert "A session opened" in fails
    assert "opcua-cert-valid" not in fails


async def test_the_overview_names_the_reason_of_what_is_unknown(ask):
    page = (await ask("/")).text
    unknown = page[page.index('id="unknown"') :]

    assert "opcua-cert-valid" in unknown
    assert "stale" in unknown


async def test_an_empty_site_does_not_look_like_a_good_one(ask):
    page = (await ask("/", standings=(), observations=())).text

    assert "Nothing has been judged yet" in page
    assert "Every control could be seen" not in page
    assert "No control is seen to fail" not in page
    assert "not visited yet" in page


@pytest.mark.parametrize("path", ["/", "/assets/hmi-1", "/checks/opcua-anonymous-session-refused"])
async def test_text_of_a_device_is_neither_markup_nor_control(ask, path):
    page = (await ask(path)).text

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\x1b" not in page
    assert "\u202e" not in page


async def test_the_asset_page_shows_the_newest_facts(ask):
    page = (await ask("/assets/hmi-1")).text

    assert "certificates[1].sha256" in page
    assert "42 packets" in page
    assert "25.0 %" in page


async def test_the_asset_page_says_why_there_are_no_facts(ask, paint):
    from checks.facts.verdict import Reason

    (seen,) = paint().observations
    gap = replace(seen, facts=None, reason=Reason.TIMEOUT, said="no answer within 5 s")
    page = (await ask("/assets/hmi-1", observations=(gap,))).text

    assert "timeout: no answer within 5 s" in page


async def test_the_check_page_has_remedy_hand_test_and_requirements(ask, paint):
    check = paint().checks["opcua-cert-valid"]
    page = (await ask("/checks/opcua-cert-valid")).text

    for word in ("Remedy", "By hand", *check.requirements):
        assert word in page


async def test_a_long_table_is_cut_and_says_so(ask, paint):
    key, standing = paint().standings[0]
    many = tuple((replace(key, check=f"check-{n}"), standing) for n in range(MOST_ROWS + 7))
    page = (await ask("/", standings=many)).text

    assert "7 more are not shown here" in page
    assert page.count("<tr id=") == MOST_ROWS


@pytest.mark.parametrize(("laboratory", "seconds"), [(True, 5), (False, 30)])
async def test_a_laboratory_is_marked_and_refreshed_more_often(ask, laboratory, seconds):
    answer = await ask("/", laboratory=laboratory)

    assert answer.headers["refresh"] == str(seconds)
    assert ("Laboratory." in answer.text) is laboratory


@pytest.mark.parametrize("path", ["/?refresh=off", "/zones/control/walk-down", "/nowhere"])
async def test_a_page_to_read_stays_as_it_is(ask, path):
    """WCAG 2.2.1: whoever needs longer than the refresh leaves can turn it off."""
    assert "refresh" not in (await ask(path)).headers


async def test_the_overview_says_how_to_stop_the_refresh(ask):
    assert '<a href="/?refresh=off">' in (await ask("/")).text


async def test_a_hold_says_since_when_nothing_was_sent(ask, paint):
    since = paint().at - timedelta(minutes=5)
    page = (await ask("/", held=True, nothing_sent_since=since)).text

    assert "On hold." in page
    assert "2026-03-02 09:55:00 UTC" in page


@pytest.mark.parametrize(
    ("path", "health"),
    [
        ("/-/healthy", web.Health(healthy=False, ready=True)),
        ("/-/ready", web.Health(healthy=True, ready=False)),
    ],
)
async def test_not_healthy_and_not_ready_are_503(ask, path, health):
    assert (await ask(path, health=health)).status_code == 503


async def test_metrics_follow_the_configured_states(ask):
    answer = await ask("/metrics", states="current")

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'state="pass"} 0' not in answer.text


async def test_a_page_that_breaks_tells_nothing_and_keeps_the_headers(ask):
    answer = await ask("/", at=None)

    assert answer.status_code == 500
    assert answer.text == "This page could not be made; the log says why.\n"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_matrix_says_what_was_seen_and_what_no_wire_can_show(ask):
    zone = Zone(id="control", name="Control <1>", sl_t=1)
    site = SimpleNamespace(zones=(zone,), assets=())
    cells = matrix(site, [], {})
    answer = await ask("/matrix", cells=cells, zones=(ZonePicture("control", zone.name, ()),))

    assert "Control &lt;1&gt;" in answer.text
    assert answer.text.count(", not assessed</span></a>") == 37
    assert "63 not selected by the SL-T" in answer.text
    assert "0 of 10 supported" in answer.text


async def test_a_cell_that_nothing_can_show_says_so(ask):
    zone = Zone(id="control", sl_t=1)
    cells = matrix(SimpleNamespace(zones=(zone,), assets=()), [], {})
    page = (await ask("/matrix/control/sr-1.1", cells=cells, checks={})).text

    assert "○</span> not assessed" in page
    assert "a statement, signed and in date, is needed" in page


async def test_a_cell_leads_to_the_states_behind_it(ask, paint):
    site = SimpleNamespace(
        zones=(Zone(id="control", sl_t=2),),
        assets=(SimpleNamespace(id="hmi-1", zone="control", services=()),),
    )
    picture = paint()
    cells = matrix(site, picture.standings, picture.checks)
    cell = next(c for c in cells if c.cell is Cell.CONTRADICTED)
    address = f"/matrix/control/{cell.requirement.id.lower().replace(' ', '-')}"
    page = (await ask(address, cells=cells)).text

    assert 'href="/states/hmi-1.tcp-4840.opcua-anonymous-session-refused"' in page
    assert "contradicted" in page


@pytest.mark.parametrize(
    ("asked", "level"), [("3", 3), ("", None), ("9", None), ("<b>", None), ("\u0663", None)]
)
async def test_another_sl_t_can_be_asked_for_and_nonsense_is_told(paint, asked, level):
    wanted = []

    async def matrix(sl_t):
        wanted.append(sl_t)
        return ()

    app = web.create(paint, lambda: HEALTH, sources=Sources(matrix=matrix))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://upheld") as client:
        answer = await client.get("/matrix", params={"sl_t": asked})

    assert wanted == [level]
    assert ("What if.</strong>" in answer.text) is (level is not None)
    assert ("is no level" in answer.text) is bool(asked and not level)
    assert "<b>" not in answer.text.replace("<b>0</b>", "")


async def test_a_large_zone_is_told_in_pages(ask):
    many = tuple(asset(f"plc-{n:03}") for n in range(MOST_ROWS + 5))
    first = (await ask("/zones/control", assets=many)).text
    rest = (await ask(f"/zones/control?from={MOST_ROWS}", assets=many)).text

    assert f'href="/zones/control?from={MOST_ROWS}">The next 5 of {MOST_ROWS + 5}</a>' in first
    assert 'href="/assets/plc-204"' not in first
    assert 'href="/assets/plc-204"' in rest
