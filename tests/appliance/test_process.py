"""The daemon as systemd sees it: start, second start, reload, stop, sudden death."""

import json
import signal
import socket
import subprocess

from tests.appliance.processes import daemon, fetched, page, upheld


def test_a_second_daemon_exits_at_once_and_says_why(plant, listen):
    with daemon(plant, listen) as first:
        second = upheld("run", "-c", plant)

    assert second.returncode == 2
    assert f"in use by another upheld (process {first.pid})" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_port_ends_it_and_says_what_to_do(plant, listen, tmp_path):
    with socket.create_server(("127.0.0.1", listen)):
        ended = upheld("run", "-c", plant)

    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{listen}" in ended.stderr
    assert "appliance.web.listen" in ended.stderr
    assert not (tmp_path / "state" / "ledger.db").exists()


def test_promtool_finds_nothing_to_say_about_its_metrics(plant, listen):
    with daemon(plant, listen):
        # The families that come with the first visit are there too.
        assert fetched(listen, "upheld_visit_duration_seconds", 0) is not None
        said = subprocess.run(
            ["promtool", "check", "metrics"],
            input=page(listen),
            capture_output=True,
            text=True,
            check=False,
        )

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_it_stops_cleanly_when_told(plant, listen):
    with daemon(plant, listen) as process:
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0


def test_a_check_asks_the_running_daemon(plant, listen):
    with daemon(plant, listen):
        asked = upheld("check", "-c", plant, "--format", "json", "--due-anyway")

    report = json.loads(asked.stdout)
    assert {row["asset"] for row in report["observations"]} == {"plc"}
    assert asked.returncode == 1, asked.stderr


def test_a_broken_configuration_changes_nothing(plant, listen):
    with daemon(plant, listen) as process:
        sound = (plant / "site.yaml").read_text()
        (plant / "site.yaml").write_text(sound.replace("zones:", "ziones:"))
        process.send_signal(signal.SIGHUP)
        refused = fetched(listen, "upheld_config_last_reload_successful", exactly=0) == 0
        (plant / "site.yaml").write_text(sound)
        process.send_signal(signal.SIGHUP)

        assert refused
        assert fetched(listen, "upheld_config_last_reload_successful", 1) == 1
