"""What README.md beside the checks promises: a new file, its test, one line, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEW = "checks/fr2_use_control/opcua_sessions_are_few.py"
TEST = "tests/checks/test_opcua_sessions_are_few.py"
LINE = "from checks.fr2_use_control.opcua_sessions_are_few import judge as opcua_sessions_are_few\n"
CHECK = '''"""Does the server allow few sessions only?"""

from __future__ import annotations

from checks.check import ENGINEERING, LOW, PART, SERVICE, check
from checks.facts.opcua import OpcUaServer
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="The server allows at most ten sessions",
    about=SERVICE,
    requirements={"SR 2.7": PART},
    program=("USER 1.18",),
    severity=LOW,
    audience=ENGINEERING,
    remedy="Lower MaxSessions in the server's settings.",
    by_hand="Read MaxSessions in UaExpert.",
)
def judge(server: OpcUaServer) -> Verdict:
    """
    Passes when the limit is ten or less; fails when it is more; does not apply where there is none.

    It is a sample.
    """
    if server.max_sessions is None:
        return inconclusive(Reason.DENIED, "It could not be read.")
    if server.max_sessions == 0:
        return not_applicable("The server names no limit.")
    if server.max_sessions > 10:
        return failed(Reason.NOT_CONFIGURED, f"The server allows {server.max_sessions} sessions.")
    return passed(f"The server allows {server.max_sessions} sessions.")
'''
TESTS = '''"""opcua-sessions-are-few, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.opcua import MessageMode, OpcUaServer
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["opcua-sessions-are-few"]


def answer(most):
    server = OpcUaServer("", "", "", "", "", "", None, most, 1, 1, "password", MessageMode.NONE, "")
    return verdict(CHECK, observed(server))


def test_holds_at_ten():
    assert told(answer(10))[0] == "pass"


def test_broken_above_ten():
    assert answer(11).said == "The server allows 11 sessions."


def test_not_applicable_without_a_limit():
    assert told(answer(0))[0] == "not-applicable"


def test_could_not_see_what_is_not_read():
    assert told(answer(None)) == ("inconclusive", "denied")
'''


@pytest.fixture
def copy(tmp_path):
    """The checks, their contract tests and the pages written from them."""
    for name in ("checks", "tests/checks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def add(copy, *, line=True):
    (copy / NEW).write_text(CHECK, "utf-8")
    (copy / TEST).write_text(TESTS, "utf-8")
    if line:
        listing = copy / "checks/__init__.py"
        text = listing.read_text("utf-8")
        before = "from checks.fr3_integrity.error_output_terse import"
        assert text.count(before) == 1
        listing.write_text(text.replace(before, LINE + before), "utf-8")


def run(copy, *arguments):
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=copy,
        env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def contract(copy, *more):
    chosen = "few or up_to_date or listed or ids_are_unique or revisions"
    files = ("tests/checks/test_every_check.py", *more)
    return run(copy, "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *files)


def files(copy):
    return {
        path.relative_to(copy): path.read_bytes()
        for path in copy.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_a_check_is_a_file_its_test_and_one_line_and_the_rest_is_written(copy):
    before = files(copy)
    add(copy)
    after = files(copy)
    changed = {str(path) for path, data in after.items() if before.get(path) != data}
    old, new = (f[Path("checks/__init__.py")].decode().splitlines() for f in (before, after))
    assert changed == {NEW, TEST, "checks/__init__.py"}
    assert [text for text in new if text not in old] == [LINE.strip()]
    assert len(new) == len(old) + 1

    written = run(copy, "checks")
    assert written.returncode == 0, written.stderr
    judged = contract(copy, TEST)

    assert judged.returncode == 0, judged.stdout[-3000:]
    assert "opcua-sessions-are-few" in (copy / "checks/README.md").read_text("utf-8")


def test_a_check_that_is_not_listed_is_found_and_the_way_out_told(copy):
    add(copy, line=False)

    judged = contract(copy)

    assert judged.returncode == 1
    assert f"{NEW} is never run: import its judge by name in checks/__init__.py" in judged.stdout
