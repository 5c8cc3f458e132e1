"""Two OPC UA servers on one asset, one open and one secured, stay apart everywhere."""

import json

import httpx
import pytest

from appliance.outlets import metrics, web
from appliance.running.painting import paint
from checks.facts.standing import State
from tests.devices.opcua_server import identity, opcua_server

REFUSED = "opcua-anonymous-session-refused"
NO_NONE = "opcua-mode-none-absent"


@pytest.fixture
async def visited(site, rounds):
    """The rounds after one visit, the port of the open server and that of the secured one."""
    certificate = identity("line", "urn:line")
    async with opcua_server() as loose, opcua_server(secured=certificate) as tight:
        config = site(f"""
assets:
  - id: plc
    zone: cell
    address: 127.0.0.1
    role: plc
    services: [{{port: tcp/{loose.port}, protocol: opcua}}, {{port: tcp/{tight.port}, protocol: opcua}}]
outlets: {{mqtt: {{broker: "mqtt://127.0.0.1:1"}}}}
""")
        async with rounds(config) as r:
            await r.visit("plc")
            yield r, f"tcp-{loose.port}", f"tcp-{tight.port}"


async def test_two_servers_on_one_asset_stay_apart_everywhere(visited):
    r, loose, tight = visited
    picture = paint(r, started=r.clock.now(), checkpoint_at=None, outbox={}, reloaded=True)

    standing = {(k.subject.service, k.check): s for k, s in r.standings.items()}
    for check in (REFUSED, NO_NONE):
        assert standing[loose, check].state is State.FAIL
        assert standing[tight, check].state is State.PASS

    facts = {(o.service, o.facts_type): o.facts for o in picture.observations}
    assert facts[loose, "OpcUaEndpoints"] != facts[tight, "OpcUaEndpoints"]

    series = metrics.render(picture).decode()
    for service, state in ((loose, "fail"), (tight, "pass")):
        labels = f'zone="cell",asset="plc",service="{service}",conduit="",check="{REFUSED}"'
        assert f'upheld_check_state{{{labels},state="{state}"}} 1\n' in series
    end = "upheld_certificate_not_after_timestamp_seconds{"
    assert [line.split('"')[5] for line in series.splitlines() if line.startswith(end)] == [tight]

    told = {w.message.address: w.message.body for w in await r.store.waiting("mqtt", 1000)}
    topic = "upheld/v1/bench/asset/plc/service/{}/check/" + REFUSED
    assert json.loads(told[topic.format(loose)])["state"] == "fail"
    assert json.loads(told[topic.format(tight)])["state"] == "pass"
    assert told[f"upheld/v1/bench/alert/plc.{loose}.{REFUSED}"]
    assert not told.get(f"upheld/v1/bench/alert/plc.{tight}.{REFUSED}")

    app = web.create(lambda: picture, lambda: web.Health(healthy=True, ready=True))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        page = (await client.get("/")).text
    assert f"plc.{loose}.{REFUSED}" in page
    assert f"plc.{tight}.{REFUSED}" not in page


async def test_what_one_server_offers_is_not_used_to_speak_to_the_other(visited):
    """A session to the secured server by the open one's list would find a channel that is none."""
    r, loose, tight = visited
    seen = {(o.service, o.question): o for o in r.recall.memory if o.service}

    for service in (loose, tight):
        assert seen[service, "opcua-anonymous"].facts is not None
    assert seen[loose, "opcua-anonymous"].facts != seen[tight, "opcua-anonymous"].facts


async def test_after_a_restart_they_are_still_two(visited, rounds):
    r, loose, tight = visited
    before = {(o.service, o.question): o for o in r.recall.memory}

    assert {key[0] for key in before} >= {loose, tight}
    rows = await r.store.remembered()
    r.recall.memory.keep_only([])
    r.recall.restore(rows, r.planned, r.addresses())
    assert {(o.service, o.question): o for o in r.recall.memory} == before
