"""The second guard: production does not start without it, and how the unit is hardened."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from configparser import ConfigParser
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from appliance.cli import app
from appliance.running import commands
from tests.appliance.processes import ROOT, UPHELD, free_port, upheld
from tests.visit.plan.namespace import namespace, needed

UNIT = ROOT / "systemd" / "upheld.service"
PATIENCE = 30.0

SITE = """
site: {{id: works, name: Works}}
appliance:
  id: edge
  state_dir: {state}
  vantages: [{{id: monitor, zone: cell, source: 127.0.0.5, kind: monitor}}]
  web: {{listen: "127.0.0.1:{web}"}}
zones: [{{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}}]
assets:
  - {{id: plc, zone: cell, address: 127.0.3.1, role: plc, services: [{{port: tcp/{port}, protocol: s7}}]}}
"""


@pytest.fixture
def config(tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    text = SITE.format(state=tmp_path / "state", web=free_port(), port=4840)
    (folder / "site.yaml").write_text(text)
    return folder


def guard_of(config):
    made = CliRunner().invoke(
        app, ["guard", "-c", str(config), "--user", "root", "--format", "nft"]
    )
    assert made.exit_code == 0, made.output
    return made.stdout


def test_production_does_not_start_without_the_kernel_s_guard(config):
    ended = upheld("run", "-c", config, timeout=40)

    assert ended.returncode == 2
    assert "no nftables table for this inventory is loaded" in ended.stderr
    assert "upheld guard --format nft | nft -f -" in ended.stderr
    assert "laboratory: true" in ended.stderr
    assert "Traceback" not in ended.stderr


def loaded(space, config):
    space.run("nft", "-f", "-", input=guard_of(config))


def told(state, **command):
    answer = asyncio.run(commands.send(state, command))
    assert answer is not None
    return answer


@contextmanager
def running_in(space, config):
    with subprocess.Popen(
        space.inside(*UPHELD, "run", "-c", str(config)),
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            until = time.monotonic() + PATIENCE
            while not (config.parent / "state" / commands.NAME).exists():
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < until
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(20)


@needed
def test_it_starts_with_its_guard_and_takes_up_no_inventory_the_guard_is_not_for(config):
    state = config.parent / "state"
    with namespace() as space:
        loaded(space, config)
        with running_in(space, config):
            site = config / "site.yaml"
            site.write_text(site.read_text().replace("tcp/4840", "tcp/4841"))
            refused = told(state, command="reload")["said"]
            still = told(state, command="status")["configuration_accepted"]
            loaded(space, config)
            taken = told(state, command="reload")["said"]

    assert refused.startswith("refused: ")
    assert "no nftables table for this inventory is loaded" in refused
    assert still is False
    assert taken.startswith("taken up: ")


@pytest.fixture
def unit():
    read = ConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read(UNIT)
    return read["Service"]


def test_the_unit_lets_its_operators_be_told_apart(unit):
    assert "PrivateUsers" not in unit
    assert unit["SupplementaryGroups"] == "upheld-stop"
    assert unit["User"] == "upheld"


def test_the_unit_reaches_nobody_until_the_inventory_s_drop_in_says_whom(unit):
    assert unit["IPAddressDeny"] == "any"
    assert unit["IPAddressAllow"] == "localhost"
    example = (ROOT / "systemd" / "upheld.service.d" / "inventory.conf.example").read_text()
    assert "IPAddressDeny=any" in example


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="wants systemd-analyze")
def test_systemd_finds_the_unit_hardened():
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(UNIT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    score = re.search(r"exposure level for upheld.service: ([0-9.]+)", done.stdout)

    assert score is not None, done.stdout + done.stderr
    assert float(score[1]) <= 1.5
