"""Every help text is a complete sentence, and none is missing."""

import pytest
import typer

from appliance.cli import app

ROOT = typer.main.get_command(app)


def commands(command, path=("upheld",)):
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


ALL = list(commands(ROOT))


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_text_is_a_sentence(path, command):
    texts = [command.help, *(p.help for p in command.params if "completion" not in p.name)]

    for text in texts:
        assert text, f"{' '.join(path)} has a text missing"
        assert text[0].isupper(), text
        assert text.rstrip().endswith("."), text


def test_the_commands_are_those_of_the_readme():
    assert {" ".join(path[1:]) for path, _ in ALL} >= {
        "check", "status", "run", "demo", "catalogue", "config check", "config init",
        "config schema", "evidence show", "evidence verify",
    }  # fmt: skip
