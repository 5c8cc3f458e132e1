"""The Alertmanager example in a real one: who is told, and what hides what."""

from __future__ import annotations

import json
import queue
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.outlets.brokers import free_port

EXAMPLE = Path(__file__).parents[2] / "config" / "alertmanager" / "alertmanager.yml"
DEADLINE = 20.0


class Receivers:
    """Stands in for every webhook of the example; keeps (path, alert names)."""

    def __init__(self) -> None:
        self.told: queue.Queue[tuple[str, dict]] = queue.Queue()
        told = self.told

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.put(
                    (self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                )
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def until(self, wanted: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Everybody told of anything until all that is wanted has been told."""
        seen: set[tuple[str, str]] = set()
        end = time.monotonic() + DEADLINE
        while not wanted <= seen:
            path, body = self.told.get(timeout=max(end - time.monotonic(), 0.01))
            assert body["version"] == "4"
            seen |= {(path, alert["labels"]["alertname"]) for alert in body["alerts"]}
        return seen


@pytest.fixture
def receivers():
    made = Receivers()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def alertmanager(tmp_path, receivers):
    """The example, with the stand-in for its addresses and without its patience."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = re.sub(r"https://[a-z.-]+/", f"http://127.0.0.1:{receivers.server.server_port}/", text)
    text = re.sub(r"\n +http_config:\n +tls_config:.*", "", text)
    text = re.sub(r"group_wait: \d+s", "group_wait: 0s", text)
    path = tmp_path / "alertmanager.yml"
    path.write_text(text, encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus-alertmanager", f"--config.file={path}",
                f"--storage.path={tmp_path}/data", "--cluster.listen-address=",
                f"--web.listen-address={url.removeprefix('http://')}",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
    end = time.monotonic() + DEADLINE
    while True:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1):
                break
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
    yield url
    process.terminate()
    process.wait(DEADLINE)


def raised(url: str, *alerts: dict[str, str]) -> None:
    now = datetime.now(UTC).isoformat()
    body = [{"labels": {"site": "northgate", **a}, "startsAt": now} for a in alerts]
    request = urllib.request.Request(
        f"{url}/api/v2/alerts", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=DEADLINE):
        pass


def hidden(url: str) -> set[tuple[str, str]]:
    with urllib.request.urlopen(f"{url}/api/v2/alerts", timeout=DEADLINE) as answer:
        found = json.load(answer)
    return {
        (a["labels"]["alertname"], a["labels"].get("asset", ""))
        for a in found
        if a["status"]["inhibitedBy"]
    }


def test_each_hears_what_is_theirs_and_a_silent_asset_hides_its_own_gaps_only(
    alertmanager, receivers
):
    place = {"instance": "a", "zone": "control"}
    stale = {"alertname": "UpheldEvidenceStale", "severity": "warning", "audience": "engineering"}
    raised(
        alertmanager,
        {"alertname": "UpheldAssetSilent", "severity": "warning", "audience": "engineering",
         "asset": "plc-1", **place},
    )  # fmt: skip
    raised(
        alertmanager,
        {**stale, "asset": "plc-1", **place},
        {**stale, "asset": "plc-2", **place},
        {"alertname": "UpheldCriticalControlFails", "severity": "critical", "audience": "soc",
         "asset": "plc-1", **place},
        {"alertname": "UpheldWatchdog", "severity": "none", "audience": "soc"},
        {"alertname": "UpheldHeld", "severity": "info", "audience": "soc",
         "instance": "held"},
        {"alertname": "UpheldLedgerNotGrowing", "severity": "warning", "audience": "programme",
         "instance": "held"},
    )  # fmt: skip
    told = receivers.until(
        {
            ("/alive/northgate", "UpheldWatchdog"),
            ("/alerts/northgate", "UpheldCriticalControlFails"),
            ("/northgate", "UpheldCriticalControlFails"),
            ("/northgate/engineering", "UpheldEvidenceStale"),
            ("/northgate/engineering", "UpheldAssetSilent"),
        }
    )

    assert hidden(alertmanager) == {
        ("UpheldEvidenceStale", "plc-1"),
        ("UpheldLedgerNotGrowing", ""),
    }
    assert {name for path, name in told if path == "/alive/northgate"} == {"UpheldWatchdog"}
    assert {name for path, name in told if path == "/alerts/northgate"} == {
        "UpheldCriticalControlFails"
    }
