"""The demo's plant, the real daemon over it and a real Prometheus that scrapes it: no panel is empty."""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

from appliance.demo.broker import Broker
from appliance.demo.plant import Plant
from appliance.demo.site import write_site
from tests.appliance.processes import daemon, page, upheld
from tests.drill.test_command import RULES, prometheus
from tests.outlets.brokers import free_port
from tests.outlets.test_grafana_dashboards import ALL, BOARDS, GENERATOR, filled, queries

NETWORK = "127.71"
PATIENCE = 40.0
AFTER_AN_EVENT = GENERATOR.AFTER_AN_EVENT
NAMES = re.compile(r"\bupheld_[a-z_]+")


def asked(port: int, query: str) -> list:
    """What the query brings; an error of its parser, or a Prometheus not yet ready, brings nothing."""
    url = f"http://127.0.0.1:{port}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]["result"]
    except (OSError, ValueError):
        return []


def still_empty(port: int) -> list[tuple[str, str]]:
    """The queries without data once all have some, or once patience is over."""
    waiting = [(where, filled(query, ALL)) for where, query in queries()]
    end = time.monotonic() + PATIENCE
    while waiting and time.monotonic() < end:
        waiting = [(where, query) for where, query in waiting if not asked(port, query)]
        time.sleep(0.2)
    return waiting


def used() -> set[str]:
    """Every metric of ours that a dashboard, one of its variables or a rule asks for."""
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    variables = (v for board in BOARDS.values() for v in board["templating"]["list"])
    texts = [
        *(query for _, query in queries()),
        *(v["definition"] for v in variables if "definition" in v),
        *(rule["expr"] for group in rules["groups"] for rule in group["rules"]),
    ]
    return {name for text in texts for name in NAMES.findall(text)}


def exposed(config: Path, listen: int) -> str:
    """The page of metrics while a drill's alert stands, and the one after its confirmation."""
    assert upheld("drill", "-c", config, timeout=60).returncode == 0
    drilled = page(listen)
    code = re.search(r'^upheld_drill_firing\{.*code="(\w+)"', drilled, flags=re.MULTILINE)[1]
    assert upheld("drill", "confirm", code, "-c", config).returncode == 0
    return drilled + page(listen)


async def test_every_query_brings_data_and_every_metric_is_there(tmp_path):
    listen, port = free_port(), free_port()
    config = tmp_path / "config"

    def looked():
        with daemon(config, listen), prometheus(tmp_path / "prom", port, listen):
            return still_empty(port), exposed(config, listen)

    async with Broker("127.0.0.1") as broker, Plant(tmp_path, NETWORK):
        write_site(
            config, web_port=listen, plant_directory=tmp_path, network=NETWORK,
            mqtt=f"mqtt://127.0.0.1:{broker.port}",
        )  # fmt: skip
        (config / "drill.yaml").write_text("drill: {every: 7d}\n", encoding="utf-8")
        empty, said = await asyncio.to_thread(looked)
    there = set(re.findall(r"^# TYPE (\S+) ", said, flags=re.MULTILINE))

    assert len(queries()) > 20
    assert empty == []
    assert len(used()) > 25
    assert used() - there == AFTER_AN_EVENT.keys()
