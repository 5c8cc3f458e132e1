"""The committed dashboards: sound, current, and every query brings data out of a real Prometheus."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from appliance.outlets.metrics import CONTENT_TYPE, render
from tests.outlets.brokers import free_port

GRAFANA = Path(__file__).parents[2] / "config" / "grafana"
PATHS = sorted((GRAFANA / "dashboards").glob("*.json"))
BOARDS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in PATHS}
PANELS = [
    pytest.param(board, panel, id=f"{name}: {panel['title']}")
    for name, board in BOARDS.items()
    for panel in board["panels"]
]
# What Grafana puts in for the variables, of several and of all.
ALL = {"instance": ".*", "zone": ".*", "asset": "hmi-1"}
SEVERAL = {"instance": "(plant|other)", "zone": "(control|dmz)", "asset": "hmi-1"}
DEADLINE = 30.0


def _generator():
    spec = importlib.util.spec_from_file_location("grafana_generate", GRAFANA / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


def queries() -> list[tuple[str, str]]:
    return [
        (f"{name}: {panel['title']}", target["expr"])
        for name, board in BOARDS.items()
        for panel in board["panels"]
        for target in panel["targets"]
    ]


def filled(query: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        query = query.replace(f"${name}", value)
    assert "$" not in query
    return query


class Prometheus:
    """A real one that scrapes what `page` gives, every fifth of a second."""

    def __init__(self, directory: Path, page: bytes) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", CONTENT_TYPE)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_args) -> None:
                pass

        self._exporter = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._exporter.serve_forever, daemon=True).start()
        self._url = f"http://127.0.0.1:{free_port()}"
        target = f"127.0.0.1:{self._exporter.server_port}"
        config = {
            "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
            "scrape_configs": [
                {
                    "job_name": "upheld",
                    "static_configs": [{"targets": [target], "labels": {"instance": "plant"}}],
                }
            ],
        }
        path = directory / "prometheus.yml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        with (directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "prometheus", f"--config.file={path}", f"--storage.tsdb.path={directory}/data",
                    f"--web.listen-address={self._url.removeprefix('http://')}",
                ],
                stdout=log, stderr=log,
            )  # fmt: skip
        self._until_scraped(directory / "log")

    def asked(self, path: str, **parameters: str) -> dict:
        """The API's answer, an error of its parser too."""
        url = f"{self._url}{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return json.load(error)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(DEADLINE)
        self._exporter.shutdown()
        self._exporter.server_close()

    def _until_scraped(self, log: Path) -> None:
        # Twice, so that what grows over time can be told.
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            assert self._process.poll() is None, log.read_text()
            try:
                found = self.asked("/api/v1/query", query="count_over_time(upheld_hold[1m])")
            except (OSError, ValueError):
                # It answers in plain words that it is not ready yet.
                found = {}
            rows = found.get("data", {}).get("result", [])
            if rows and int(rows[0]["value"][1]) >= 3:
                return
            time.sleep(0.1)
        raise AssertionError(log.read_text())


@pytest.fixture
def prometheus(tmp_path, full_picture):
    made = Prometheus(tmp_path, render(full_picture))
    yield made
    made.close()


def test_every_query_and_every_variable_brings_data_out_of_a_real_prometheus(prometheus):
    empty = []
    for values in (ALL, SEVERAL):
        for where, query in queries():
            found = prometheus.asked("/api/v1/query", query=filled(query, values))
            if found["status"] != "success" or not found["data"]["result"]:
                empty.append((where, filled(query, values), found.get("error")))
        for name, board in BOARDS.items():
            for variable in board["templating"]["list"]:
                if variable["type"] != "query":
                    continue
                stated = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
                found = prometheus.asked(
                    f"/api/v1/label/{stated[2]}/values", **{"match[]": filled(stated[1], values)}
                )
                if not found.get("data"):
                    empty.append((name, variable["name"], found.get("error")))

    assert len(queries()) > 20
    assert empty == []


def test_what_is_committed_is_what_the_generator_writes():
    committed = {path.name: path.read_text(encoding="utf-8") for path in PATHS}

    assert committed == GENERATOR.written(), "run python config/grafana/generate.py"


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_says_what_it_shows_in_which_unit_from_the_chosen_source(board, panel):
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in ("short", "s", "percentunit")
    for part in (panel, *panel["targets"]):
        assert part["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for target in panel["targets"]:
        # An average over zones would hide the one that fails.
        assert "avg" not in target["expr"]
        if panel["type"] in ("timeseries", "bargauge", "state-timeline"):
            assert "{{" in target["legendFormat"]


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_panels_have_their_own_number_and_place(board):
    numbers = [panel["id"] for panel in board["panels"]]
    cells = [
        (x, y)
        for p in (panel["gridPos"] for panel in board["panels"])
        for x in range(p["x"], p["x"] + p["w"])
        for y in range(p["y"], p["y"] + p["h"])
    ]

    assert len(set(numbers)) == len(numbers)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_boards_have_their_own_name_and_the_plant_begins_with_its_inventory():
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS)
    assert "upheld_inventory_confirmed" in BOARDS["plant"]["panels"][0]["targets"][0]["expr"]


def test_every_metric_a_board_names_is_one_we_have(full_picture):
    have = set(re.findall(r"^# TYPE (\S+) ", render(full_picture).decode(), flags=re.MULTILINE))
    texts = [query for _, query in queries()] + [
        variable.get("definition", "")
        for board in BOARDS.values()
        for variable in board["templating"]["list"]
    ]
    used = {name for text in texts for name in re.findall(r"\bupheld_[a-z_]+", text)}

    assert len(used) > 12
    assert used - have == set()


def test_links_lead_to_pages_there_are():
    text = json.dumps(BOARDS)

    assert set(re.findall(r'"url": "([^"]+)"', text)) == {
        "$page", "${page}/assets/${__data.fields.asset}", "${page}/checks/${__data.fields.check}",
    }  # fmt: skip


@pytest.mark.parametrize(
    "path", sorted(GRAFANA.glob("provisioning/*/*.yaml")), ids=lambda p: p.stem
)
def test_provisioning_is_yaml_of_grafana_s_first_version(path):
    stated = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert stated.pop("apiVersion") == 1
    assert set(stated) <= {"providers", "datasources"}
