"""`upheld drill` over the real process, a real broker and a real Prometheus with our rules."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.appliance.processes import daemon, fetched, page, upheld
from tests.outlets.brokers import DEADLINE, Mosquitto, free_port

RULES = Path(__file__).parents[2] / "config" / "prometheus" / "rules.yml"
SITE = """
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
  web: {{listen: "127.0.0.1:{listen}"}}
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
outlets: {{mqtt: {{broker: "mqtt://127.0.0.1:{broker}"}}}}
drill: {{prometheus: "http://127.0.0.1:{prometheus}"}}
"""


@contextmanager
def prometheus(directory: Path, port: int, target: int):
    directory.mkdir()
    (directory / "prometheus.yml").write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "200ms", "evaluation_interval": "200ms"},
                "rule_files": [str(RULES)],
                "scrape_configs": [
                    {
                        "job_name": "upheld",
                        "scrape_timeout": "200ms",
                        "static_configs": [{"targets": [f"127.0.0.1:{target}"]}],
                    }
                ],
            }
        )
    )
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus", f"--config.file={directory}/prometheus.yml",
                f"--storage.tsdb.path={directory}/data", f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE)


def read_on_the_screen(port: int) -> str:
    """The code, out of what an alert says."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/alerts", timeout=5) as answer:
        alerts = json.load(answer)["data"]["alerts"]
    alert = next(a for a in alerts if a["labels"]["alertname"] == "UpheldDrill")
    return alert["annotations"]["description"].split()[1].rstrip(":")


def gone(listen: int) -> bool:
    until = time.monotonic() + DEADLINE
    while "upheld_drill_firing{" in page(listen):
        assert time.monotonic() < until
        time.sleep(0.05)
    return True


def test_the_command_follows_every_step_and_only_the_right_code_confirms(tmp_path):
    listen, broker, port = free_port(), Mosquitto(tmp_path / "broker"), free_port()
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "site.yaml").write_text(
        SITE.format(state=tmp_path / "state", listen=listen, broker=broker.port, prometheus=port)
    )
    broker.start()
    try:
        with daemon(folder, listen, entries=1), prometheus(tmp_path / "prom", port, listen):
            run = upheld("drill", "-c", folder, timeout=60)
            code = read_on_the_screen(port)
            again = upheld("drill", "-c", folder)
            wrong = upheld("drill", "confirm", "AAAAAA", "-c", folder)
            right = upheld("drill", "confirm", code.lower(), "--by", "j-smit", "-c", folder)
            confirmed = fetched(listen, "upheld_drill_last_confirmed_timestamp_seconds", 1)
            resolved = gone(listen)
    finally:
        broker.stop()

    assert run.returncode == 0, run.stdout + run.stderr
    assert code not in run.stdout + run.stderr
    lines = [line.split() for line in run.stdout.splitlines()]
    assert [(w[0], w[1]) for w in lines[1:4]] == [
        ("recorded", "shown"), ("mqtt", "shown"), ("prometheus", "shown"),
    ]  # fmt: skip
    assert float(lines[2][2]) < 1.0
    assert again.returncode == 2
    assert "still under way" in again.stderr
    assert wrong.returncode == 2
    assert "no drill has this code" in wrong.stderr
    assert right.returncode == 0, right.stderr
    assert "confirmed by j-smit" in right.stdout
    assert confirmed is not None
    assert resolved


def test_without_a_running_appliance_nothing_is_drilled(tmp_path):
    (tmp_path / "site.yaml").write_text(
        SITE.format(state=tmp_path / "state", listen=1, broker=1, prometheus=1)
    )

    run = upheld("drill", "-c", tmp_path)

    assert run.returncode == 3
    assert "no upheld is running over" in run.stderr
