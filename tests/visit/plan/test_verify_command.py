"""`upheld verify-capture` prints what devices got and names what the plan does not explain."""

import json

import pytest
from typer.testing import CliRunner

from appliance.cli import app
from tests.visit.plan.frames import ACK, PSH, SYN, conversation, pcap, pcapng, tcp, udp
from tests.visit.plan.sites import OURS, RTU, whole

IDENTIFY = bytes.fromhex("123400000005032b0e0100")


@pytest.fixture
def config(tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "site.yaml").write_text(json.dumps(whole()))
    return folder


def verify(config, file, *more):
    return CliRunner().invoke(app, ["verify-capture", str(file), "-c", str(config), *more])


def healthy():
    return list(conversation(OURS, 40_001, RTU, 502, [IDENTIFY]))


@pytest.mark.parametrize("write", [pcap, pcapng])
def test_a_healthy_capture_ends_with_zero(tmp_path, config, write):
    done = verify(config, write(tmp_path / "a.pcap", healthy()))

    assert done.exit_code == 0, done.stdout
    assert "6 packets of ours, 3 answers, 0 of others" in done.stdout
    assert "1 connections, 0 resets by us, 1 requests judged" in done.stdout
    assert done.stdout.endswith("0 unexplained packets\n")


def test_a_stray_packet_ends_with_one_and_is_named_with_its_time(tmp_path, config):
    stray = tcp(OURS, 40_009, "10.0.1.77", 23, SYN, at=5.25)

    done = verify(config, pcap(tmp_path / "a.pcap", [*healthy(), stray]))

    assert done.exit_code == 1
    said = "".join(done.stdout.split())
    assert "UNEXPLAINED2027-01-15T08:00:05.250000Ztcp10.0.0.5:40009>10.0.1.77:23:" in said
    assert "thistargetisnotintheplan" in said


def test_json_holds_every_unexplained_row_however_many(tmp_path, config):
    strays = [udp(OURS, 40_001, "10.0.1.77", 1_000 + n, b"x") for n in range(80)]
    file = pcap(tmp_path / "a.pcap", strays)

    short, whole_answer = verify(config, file), verify(config, file, "--format", "json")

    assert "and 30 more; --format json shows all" in short.stdout
    assert len(json.loads(whole_answer.stdout)["unexplained"]) == 80


def test_a_truncated_capture_says_how_many_packets_it_lost(tmp_path, config):
    file = pcap(tmp_path / "a.pcap", healthy())
    file.write_bytes(file.read_bytes()[:-10])

    done = verify(config, file)

    assert "1 could not be read: the file ends in the middle of a packet" in done.stdout


def test_flows_that_a_person_names_are_explained(tmp_path, config):
    broker = conversation(OURS, 51_500, "10.0.0.40", 8_883, [b"anything"])
    file = pcap(tmp_path / "a.pcap", broker)

    assert verify(config, file).exit_code == 1
    assert verify(config, file, "--also", "tcp/10.0.0.40:8883").exit_code == 0


def test_another_address_of_ours_has_to_be_named(tmp_path, config):
    packet = tcp("10.0.0.9", 40_001, RTU, 502, PSH | ACK, payload=IDENTIFY)
    file = pcap(tmp_path / "a.pcap", [packet])

    assert verify(config, file).exit_code == 0
    assert verify(config, file, "--source", "10.0.0.9").exit_code == 1
