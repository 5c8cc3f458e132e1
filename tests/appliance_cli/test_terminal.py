"""What people at a terminal get: colours only there, completion, and JSON for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from appliance.cli import app, status
from appliance.cli.printing import working
from appliance.outlets.drilled import Drilled
from appliance.outlets.picture import AnchorPicture
from appliance.running.reporting import status as reported
from checks.facts.drills import OwnDrills
from tests.outlets.conftest import AT, NASTY, paint  # noqa: F401 - a fixture

# What they print is the text of a file, a single sentence of what was done, or another program's.
NO_DATA = {
    "ack", "demo", "drill confirm", "evidence adopt", "evidence export", "evidence prove", "hold",
    "config init", "rearm", "release", "run", "trust", "witness",
}  # fmt: skip
ALWAYS_JSON = {"config schema", "evidence show", "evidence validate"}
# Ends with a report in words and an exit code.
WORDS = {"evidence verify"}

CALLED = "import sys; sys.argv[0] = 'upheld'; from appliance.cli import main; main()"


def commands(command, name=""):
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, found in inner.items():
        yield from commands(found, f"{name} {word}".strip())


def test_every_command_that_prints_data_prints_json_too():
    lacking = {
        name
        for name, command in commands(typer.main.get_command(app))
        if "--format" not in {o for p in command.params for o in p.opts}
    }

    assert lacking == NO_DATA | ALWAYS_JSON | WORDS


@pytest.mark.parametrize(
    ("words", "wanted"), [("upheld sta", "status"), ("upheld evidence ver", "verify")]
)
def test_bash_completes_a_command(words, wanted):
    done = subprocess.run(
        [sys.executable, "-c", CALLED],
        env=os.environ | {
            "_UPHELD_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip

    assert done.stdout.split() == [wanted]


def troubled(paint):  # noqa: F811
    own = OwnDrills(604_800, 950_400, AT, AT, AT, None, (f"soc-1: no word {NASTY}",))
    return {
        "running": True,
        **reported(
            paint(
                drilled=Drilled(own, "K7Q4MX", {}, {"vnc-protected": f"It passes {NASTY}"}, AT),
                anchors=(AnchorPicture("stamps", "rfc3161", None, 0, "no answer"),),
                unadopted=f"The witness has more. {NASTY}",
            )
        ),
    }


def test_the_status_says_what_the_page_says(paint, capsys):  # noqa: F811
    status._print(troubled(paint))
    said = capsys.readouterr().out

    for part in (
        "copy:          The witness has more.",
        "upheld evidence adopt --why",
        "anchor:        stamps has nothing yet; now: no answer",
        "never confirmed by a person, its alert stands",
        "not shown: soc-1: no word",
        "broken check:  vnc-protected: It passes",
        "states:        1 fail, 1 unknown, 2 pass, 1 not-applicable",
    ):
        assert part in said
    assert "\x1b" not in said
    assert "K7Q4MX" not in said


def test_colours_stand_on_a_terminal_only(paint, capsys, monkeypatch):  # noqa: F811
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    status._print(troubled(paint))

    said = capsys.readouterr().out
    assert "\x1b[1;31m1 fail" in said
    assert "\x1b[2J" not in said


def test_no_colour_is_asked_for_by_its_usual_name(paint, capsys, monkeypatch):  # noqa: F811
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    status._print(troubled(paint))

    assert "\x1b[1;31m" not in capsys.readouterr().out


def test_a_spinner_leaves_nothing_where_nobody_watches(capsys):
    with working("Visiting..."):
        pass
    said = capsys.readouterr()

    assert said.out == ""
    assert "\x1b" not in said.err


NAMED = "Werk \N{EN DASH} \N{GREEK CAPITAL LETTER OMEGA} \N{POTABLE WATER SYMBOL}"


def python(encoding, code, *arguments, out=subprocess.PIPE):
    """What such a terminal gets, as octets."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        stdout=out, stderr=subprocess.PIPE, timeout=60, check=False,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_name_the_terminal_cannot_write_is_escaped(site, encoding):
    folder = site("").rename(site("").with_name(NAMED))
    done = python(encoding, CALLED, "config", "check", "-c", folder)

    assert done.returncode == 0
    assert b"Werk" in done.stdout
    assert b": sound. 1 zones" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_is_json_in_every_encoding(encoding):
    code = (
        "import sys; from appliance.cli import printing; printing.any_text(); "
        "print(printing.as_json({'name': sys.argv[1]}))"
    )
    done = python(encoding, code, NAMED)

    assert json.loads(done.stdout.decode(encoding)) == {"name": NAMED}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
@pytest.mark.parametrize("words", [("catalogue",), ("plan", "-c"), ("config", "check", "-c")])
def test_an_output_that_is_full_is_said_and_no_finding(site, words):
    words = (*words, site("")) if words[-1] == "-c" else words
    with Path("/dev/full").open("wb") as full:
        done = python("utf-8", CALLED, *words, out=full)

    assert done.returncode == 2
    assert done.stderr == b"the output: could not be written (No space left on device)\n"


def test_a_configuration_is_checked_for_programs(upheld, site):
    done = upheld("config", "check", "-c", site(), "--format", "json")

    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["sound"] is True
    assert (answer["zones"], answer["assets"], answer["conduits"]) == (1, 1, 0)
    assert isinstance(answer["warnings"], list)
