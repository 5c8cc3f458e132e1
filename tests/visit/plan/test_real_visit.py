"""A real visit of the plant in a box, captured in a namespace of its own, is explained whole."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from typer.testing import CliRunner

from appliance.cli import app
from appliance.demo.site import write_site
from tests.visit.plan.namespace import namespace, needed

pytestmark = needed
UPHELD = str(Path(sys.executable).parent / "upheld")
MONITOR, PLC, RTU = "127.62.0.5", "127.62.1.11", "127.62.2.21"

# A scan, a stranger's datagram, and a Modbus write, all from our own address.
INJECT = f"""
import socket
def connect(target, port, data=b""):
    with socket.socket() as s:
        s.bind(("{MONITOR}", 0))
        s.settimeout(0.3)
        try:
            s.connect((target, port))
            s.sendall(data)
            s.recv(100)
        except OSError:
            pass
connect("{PLC}", 22)
with socket.socket(type=socket.SOCK_DGRAM) as s:
    s.bind(("{MONITOR}", 40_900))
    s.sendto(b"x", ("{PLC}", 4840))
for port in range(40_500, 40_520):
    with socket.socket() as s:
        s.bind(("{MONITOR}", port))
        s.connect(("{RTU}", 5020))
        s.sendall(bytes.fromhex("000100000006010600010001"))
        s.recv(100)
    break
"""


@contextmanager
def plant(space, directory: Path):
    command = space.inside(
        sys.executable, "-m", "appliance.demo.plant", "--drift-after", "-1", "--directory"
    )
    with subprocess.Popen([*command, str(directory)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("is running" in line for line in process.stdout)
        try:
            yield
        finally:
            process.terminate()
            process.wait(10)


def verified(config: Path, capture: Path):
    done = CliRunner().invoke(
        app, ["verify-capture", str(capture), "-c", str(config), "--format", "json"]
    )
    return done.exit_code, json.loads(done.stdout)


def test_a_whole_visit_is_explained_and_what_was_slipped_in_is_named(tmp_path):
    config, capture = tmp_path / "config", tmp_path / "visit.pcap"
    write_site(config, web_port=62_443, mqtt=None, plant_directory=tmp_path)
    with namespace() as space, plant(space, tmp_path):
        with space.captured(capture):
            answer = space.run(UPHELD, "check", "-c", str(config), "--format", "json", check=False)
        visited = json.loads(answer.stdout)
        with space.captured(tmp_path / "slipped.pcap"):
            space.run("python3", "-c", INJECT)

    code, clean = verified(config, capture)
    assert clean["unexplained"] == []
    assert code == 0
    assert clean["resets"] == 0
    assert clean["connections"] > 50
    assert clean["judged"] > 20
    # The login to the PLC went through a channel that is signed and encrypted, SNMP through v3.
    assert clean["hidden"] > 5
    seen = {o["facts_type"]: o for o in visited["observations"] if "facts" in o}
    assert {"OpcUaServer", "SnmpSystem", "ModbusIdentity"} <= seen.keys()
    assert {d["asset"] for d in clean["devices"] if d["packets"]} == {
        a["asset"] for a in visited["observations"]
    }
    assert {d["at_once"] for d in clean["devices"]} <= {0, 1}

    code, odd = verified(config, tmp_path / "slipped.pcap")
    whys = {(row["target"], row["target_port"]): row["why"] for row in odd["unexplained"]}
    assert code == 1
    assert whys[PLC, 22] == "this target is not in the plan"
    assert whys[PLC, 4840] == "this target is not in the plan"
    assert "function 6" in whys[RTU, 5020]
