"""`upheld check`: how it ends, and what it says on the way."""

import json
import os
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress

import pytest

from appliance.running import commands

EXPECTED = ("--check", "port-expected-present")


def test_nothing_fails_is_0(upheld, site):
    done = upheld("check", "-c", site(), *EXPECTED)

    assert (done.returncode, done.stderr) == (0, "")
    assert "plc.port-expected-present" in done.stdout
    assert done.stdout.endswith("bench: 1 pass\n")


def test_something_fails_is_1(upheld, site, shut):
    folder = site(f"services: [{{port: tcp/{shut}, protocol: s7}}]")
    done = upheld("check", "-c", folder, *EXPECTED)

    assert done.returncode == 1
    assert done.stdout.endswith("bench: 1 fail\n")


def test_something_unknown_is_3(upheld, site, hanging_up):
    folder = site(f"services: [{{port: tcp/{hanging_up}, protocol: opcua}}]")
    done = upheld("check", "-c", folder, "--check", "opcua-mode-none-absent")

    assert done.returncode == 3
    assert done.stdout.endswith("bench: 1 inconclusive\n")


def test_a_site_without_assets_says_that_nothing_was_due(upheld, site):
    done = upheld("check", "-c", site(""))

    assert done.returncode == 3
    assert "nothing was due" in done.stdout


def test_a_failure_does_not_look_mended_when_nobody_looks_again(upheld, site, shut):
    folder = site(f"services: [{{port: tcp/{shut}, protocol: s7}}], every: 1h")
    first = upheld("check", "-c", folder, *EXPECTED)
    second = upheld("check", "-c", folder, *EXPECTED)

    assert first.returncode == 1
    assert second.returncode == 3
    assert "nothing was due" in second.stdout


def test_a_file_in_the_place_of_the_state_directory_is_said_with_what_to_do(upheld, site, tmp_path):
    (tmp_path / "taken").write_text("")
    done = upheld("run", "-c", site(state=tmp_path / "taken"))

    assert done.returncode == 2
    assert done.stderr == (
        f"{tmp_path}/taken: file exists; a directory is wanted there: name another, or move the "
        "file away\n"
    )


def test_json_is_json_and_nothing_else(upheld, site):
    done = upheld("check", "-c", site(), "--format", "json")
    answer = json.loads(done.stdout)

    assert answer["site"] == "bench"
    assert {row["check"] for row in answer["results"]} >= {"port-expected-present"}
    assert answer["summary"]["pass"] >= 1


@pytest.mark.parametrize("words", [("check",), ("status",), ("catalogue",)])
def test_an_unknown_format_is_named_with_the_choices(upheld, words):
    done = upheld(*words, "--format", "xml")

    assert done.returncode == 2
    assert "--format" in done.stderr
    assert "'xml' is not one of" in done.stderr
    assert "'json'" in done.stderr


@pytest.mark.parametrize(
    ("option", "choice"),
    [("--asset", "plc"), ("--zone", "cell"), ("--check", "firmware-approved")],
)
def test_an_unknown_name_is_answered_with_the_choices(upheld, site, option, choice):
    done = upheld("check", "-c", site(), option, "nowhere")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{option}: there is no {option[2:]} 'nowhere'; write one of ")
    assert choice in done.stderr


def test_bad_yaml_is_named_by_file_and_line(upheld, site):
    folder = site()
    (folder / "zones.yaml").write_text("zones: ]\n")
    done = upheld("check", "-c", folder)

    assert done.returncode == 2
    assert done.stderr.startswith("zones.yaml:1: found what is no YAML")


def test_a_state_directory_that_may_not_be_written_is_named(upheld, site, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    done = upheld("check", "-c", site(state=locked / "state"))

    assert done.returncode == 2
    assert done.stderr.startswith(f"{locked}/state: permission denied")


def test_a_state_directory_that_is_a_file_is_named(upheld, site, tmp_path):
    (tmp_path / "file").write_text("")
    done = upheld("check", "-c", site(state=tmp_path / "file"))

    assert done.returncode == 2
    assert done.stderr.startswith(f"{tmp_path}/file")


def test_a_ledger_that_is_none_is_named(upheld, site, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "ledger.db").write_bytes(b"not a ledger at all" * 100)
    done = upheld("check", "-c", site())

    assert done.returncode == 2
    assert done.stderr.startswith(f"{tmp_path}/state/ledger.db: ")


def test_a_control_socket_one_may_not_use_is_named(upheld, site, tmp_path):
    (tmp_path / "state").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "state" / commands.NAME))
        server.listen()
        (tmp_path / "state" / commands.NAME).chmod(0)
        done = upheld("check", "-c", site())

    assert done.returncode == 2
    assert "this user may not command the running upheld" in done.stderr


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "hung up before its answer was whole"),
        (b'{"results": [', "hung up before its answer was whole"),
        (b"{}", "hung up before its answer was whole"),
        (b"hello\n", "is no JSON object"),
        (b"[1]\n", "is no JSON object"),
        (b'{"error": "it is being stopped"}\n', "it is being stopped"),
    ],
)
@pytest.mark.parametrize("command", ["check", "status"])
def test_a_daemon_that_breaks_off_is_no_answer(upheld, site, tmp_path, command, answer, said):
    with _daemon_saying(tmp_path / "state", answer):
        done = upheld(command, "-c", site())

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_device_s_sentence_is_neither_markup_nor_control(upheld, site, tmp_path):
    row = {
        "subject": "plc",
        "check": "firmware-approved",
        "verdict": "fail",
        "said": "allow: [long-session] [/] \x1b[2J \u009b2J \u202e",
    }
    answer = {"site": "bench", "results": [row], "summary": {"fail": 1}}
    with _daemon_saying(tmp_path / "state", json.dumps(answer).encode() + b"\n"):
        table = upheld("check", "-c", site())
    with _daemon_saying(tmp_path / "state", json.dumps(answer).encode() + b"\n"):
        plain = upheld("check", "-c", site(), "--format", "json")

    assert "allow: [long-session] [/]" in table.stdout
    assert json.loads(plain.stdout) == answer
    for text in (table.stdout, plain.stdout):
        assert not {"\x1b", "\x9b", "\u202e"} & set(text)


def test_a_second_check_at_the_same_time_is_told_who_has_the_lock(upheld, site, tmp_path):
    folder = site()
    (tmp_path / "state").mkdir()
    with (tmp_path / "state" / "lock").open("w") as held:
        held.write("4711")
        held.flush()
        subprocess.run(["flock", "-n", str(held.fileno())], pass_fds=[held.fileno()], check=True)
        done = upheld("check", "-c", folder)

    assert done.returncode == 2
    assert "in use by another upheld (process 4711)" in done.stderr


@pytest.fixture
def hanging_up():
    """A port that opens and closes again at once, as often as it is asked."""

    def serve(server):
        with suppress(OSError):
            while True:
                server.accept()[0].close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = threading.Thread(target=serve, args=(server,))
        serving.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        serving.join(10)


@contextmanager
def _daemon_saying(state_dir, answer):
    """Somebody on the control socket who reads one command, says these bytes and hangs up."""
    state_dir.mkdir(exist_ok=True)
    path = state_dir / commands.NAME
    path.unlink(missing_ok=True)

    def serve(server):
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.socket(socket.AF_UNIX) as server:
        # A socket's name has 108 bytes at most, and a test's folder may have more.
        here = os.open(state_dir, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{here}/{commands.NAME}")
        os.close(here)
        server.listen()
        serving = threading.Thread(target=serve, args=(server,))
        serving.start()
        yield
        serving.join(10)
