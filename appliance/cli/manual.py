"""The manual page, written from the commands themselves: `python -m appliance.cli.manual FILE`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import typer.main
from typer import Typer

EXITS = """\
.SH EXIT STATUS
.TP
0
Nothing is wrong.
.TP
1
Something fails, or evidence is broken.
.TP
2
The command or the configuration is wrong; the message says what to write instead.
.TP
3
Nothing fails but something is unknown; for \\fBstatus\\fR, no daemon is running.
"""
FILES = """\
.SH FILES
.TP
.I /etc/upheld
The configuration, unless \\fB\\-c\\fR or \\fB$UPHELD_CONFIG\\fR says otherwise.
.TP
.I /var/lib/upheld
The ledger, the evidence key and what the guard remembers.
.SH COMPLETION
\\fBupheld \\-\\-install\\-completion\\fR teaches the shell to complete commands and options.
"""


def manual(app: Typer) -> str:
    """The page in roff; the same for the same commands, whenever it is made."""
    root = typer.main.get_command(app)
    parts = [
        f'.TH UPHELD 1 "" "Upheld {version("upheld")}" "Upheld"',
        ".SH NAME\nupheld \\- show that the IEC 62443 controls of a plant still hold",
        ".SH SYNOPSIS\n.B upheld\n.I COMMAND\n[\\fIOPTIONS\\fR]",
        f".SH DESCRIPTION\n{_roff(root.help or '')}",
        ".SH COMMANDS",
        *_commands(root, ""),
        EXITS.rstrip(),
        FILES.rstrip(),
    ]
    return "\n".join(parts) + "\n"


def _commands(command: Any, name: str) -> Iterator[str]:
    # Typer brings its own copy of click's classes, so what is asked is what they can do.
    inner = getattr(command, "commands", None)
    if inner is not None:
        for word, found in inner.items():
            if not found.hidden:
                yield from _commands(found, f"{name} {word}".strip())
        return
    arguments = "".join(f" \\fI{_roff(p.name).upper()}\\fR" for p in _of(command, "argument"))
    yield f".SS {_roff(name)}{arguments}\n{_roff(inspect.cleandoc(command.help or ''))}"
    for parameter in _of(command, "option"):
        words = ", ".join(
            f"\\fB{_roff(o)}\\fR" for o in (*parameter.opts, *parameter.secondary_opts)
        )
        flag = getattr(parameter, "is_flag", False)
        value = "" if flag else f" \\fI{_roff((parameter.metavar or parameter.name).upper())}\\fR"
        yield f".TP\n{words}{value}\n{_roff(getattr(parameter, 'help', '') or '')}"


def _of(command: Any, kind: str) -> list[Any]:
    return [
        p
        for p in command.params
        if p.param_type_name == kind and not getattr(p, "hidden", False) and p.name != "help"
    ]


def _roff(text: str) -> str:
    """Text as roff prints it: no line of it a request, no dash a hyphen."""
    shown = text.replace("\\", "\\e").replace("-", "\\-")
    lines = (f"\\&{line}" if line[:1] in (".", "'") else line for line in shown.split("\n"))
    return "\n".join(line if line.strip() else ".PP" for line in lines)


if __name__ == "__main__":
    from appliance.cli import app as commands

    Path(sys.argv[1]).write_text(manual(commands), encoding="utf-8")
