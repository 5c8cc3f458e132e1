"""What a reload changes in what is sent is written down; a large plan is quick."""

from __future__ import annotations

import json
import signal
import time

from typer.testing import CliRunner

from appliance.cli import app
from appliance.ledger.show import show
from appliance.site.loading import load
from appliance.visit.plan.plan import plan
from tests.appliance.processes import daemon, fetched, free_port

ASSETS = 300


def test_a_reload_s_entry_names_what_is_sent_more_and_what_less(plant, listen, tmp_path):
    port = free_port()
    with daemon(plant, listen) as process:
        size = fetched(listen, "upheld_ledger_size", 1)
        site = plant / "site.yaml"
        site.write_text(site.read_text().replace("tcp/9,", f"tcp/{port},"))
        process.send_signal(signal.SIGHUP)
        assert fetched(listen, "upheld_ledger_size", size + 1) is not None
        until = time.monotonic() + 15
        while len(found := changes(tmp_path)) < 2 and time.monotonic() < until:
            time.sleep(0.05)

    assert found[0] == ["started"]
    lines = "\n".join(found[1])
    assert "- plc: tcp-port from 127.0.0.5 to tcp/9 every" in lines
    assert f"+ plc: opcua-endpoints from 127.0.0.5 to tcp/{port} every" in lines
    assert "packets and" in lines


def changes(tmp_path):
    rows = [body for _, body in show(tmp_path / "state" / "ledger.db", None)]
    return [body["changes"] for body in rows if body["type"] == "config.change"]


def test_a_plan_of_300_assets_in_production_is_printed_within_two_seconds(tmp_path):
    """Measured in this process's own seconds, so that a busy machine decides nothing."""
    assets = "\n".join(
        f"  - {{id: plc-{n}, type: {'ab'[n % 2]}, zone: cell, address: 10.0.{n // 200}.{n % 200 + 1}}}"
        for n in range(ASSETS)
    )
    shut = ", ".join(f"tcp/{port}" for port in range(20_000, 20_020))
    services = (
        "[{port: tcp/4840, protocol: opcua}, {port: tcp/502, protocol: modbus, unit: 1}, "
        "{port: tcp/443, protocol: https, paths: [/]}, {port: tcp/22, protocol: ssh}]"
    )
    (tmp_path / "site.yaml").write_text(f"""
site: {{id: works, name: Works}}
appliance:
  id: edge
  state_dir: {tmp_path}/state
  vantages: [{{id: m, zone: cell, source: 10.0.9.1}}, {{id: p, zone: cell, source: 10.0.9.2, kind: plain}}]
zones: [{{id: cell, name: Cell, networks: [10.0.0.0/16], sl_t: 2}}]
closed_ports: [{shut}]
types:
  - {{id: a, role: plc, probing: fragile, services: {services}}}
  - {{id: b, role: plc, probing: standard, services: {services}}}
assets:
{assets}
""")
    before = time.process_time()
    done = CliRunner().invoke(app, ["plan", "-c", str(tmp_path), "--format", "table"])
    took = time.process_time() - before

    assert done.exit_code == 0, done.output
    assert "plc-299" in done.output
    assert took < 2.0
    assert len(plan(load(tmp_path).site).assets) == ASSETS
    json.dumps(plan(load(tmp_path).site).plain)
