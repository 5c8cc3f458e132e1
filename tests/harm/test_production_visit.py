"""A supervised visit as a plant gets it, by the capture: in real time, within its class."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.demo.site import write_site
from appliance.visit.classes import CLASSES
from tests.harm.conftest import SHORT
from tests.visit.plan.namespace import namespace, needed
from tests.visit.plan.test_real_visit import plant, verified

pytestmark = [needed, pytest.mark.skipif(SHORT, reason="takes its time: UPHELD_ENDURE=1")]
ROOT = Path(__file__).parents[2]
LONGEST = 1_800
ALL = ("plc-1", "hmi-1", "panel-1", "rtu-1", "meter-1", "sw-dmz", "sw-field")


def in_production(config, probing):
    for name in ("site.yaml", "assets.yaml"):
        file = config / name
        text = file.read_text().replace("laboratory: true", "laboratory: false")
        for word in ("standard", "robust"):
            text = text.replace(f"probing: {word}", f"probing: {probing}")
        file.write_text(text.replace("every: 5s", "every: 1h"))


@pytest.mark.parametrize("probing", ["robust", "standard", "fragile"])
def test_a_production_visit_is_in_the_plan_and_within_its_class(tmp_path, counted, probing):
    config, capture, numbers = tmp_path / "config", tmp_path / "visit.pcap", CLASSES[probing]
    write_site(config, web_port=62_443, mqtt=None, plant_directory=tmp_path)
    in_production(config, probing)
    with namespace() as space, plant(space, tmp_path), space.captured(capture):
        command = [sys.executable, "-m", "tests.harm.supervised", config, tmp_path / "state"]
        inside = space.inside(*map(str, command), *ALL)
        done = subprocess.run(
            inside, capture_output=True, text=True, timeout=LONGEST, check=False, cwd=ROOT
        )
    assert done.returncode == 0, done.stderr
    visits = {visit["asset"]: visit for visit in json.loads(done.stdout)}
    code, report = verified(config, capture)

    assert report["unexplained"] == []
    assert (code, report["resets"]) == (0, 0)
    assert {v["extent"] for v in visits.values()} == {"whole"}
    assert "SnmpSystem" in visits["sw-dmz"]["facts"] or probing == "fragile"
    devices = {d["asset"]: d for d in report["devices"] if d["packets"]}
    assert devices.keys() == visits.keys()
    for asset, device in devices.items():
        assert device["packets"] == visits[asset]["packets"]
        assert device["at_once"] <= 1
        assert device["most_in_1_s"] <= numbers.burst + numbers.packets_a_second
        assert device["packets"] <= numbers.packets_a_sweep
        assert visits[asset]["events"] == ["trust.active"], asset
    counted(
        unexplained=0,
        resets=report["resets"],
        **{
            f"{asset} packets in 1 s/in all/connections/s": f"{d['most_in_1_s']}/{d['packets']}/"
            f"{d['connections']}/{visits[asset]['seconds']:.0f}"
            for asset, d in sorted(devices.items())
        },
    )
