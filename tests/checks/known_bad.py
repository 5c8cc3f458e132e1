"""Writes checks/known_bad.jsonl: of each check's own tests the smallest facts that fail it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from checks import ALL
from checks.facts.verdict import Outcome
from checks.known_bad import FILE, broken, written

PATH = Path(__file__).parents[2] / "checks" / FILE
HERE = Path(__file__).parent


class Recorder:
    """Keeps what the checks failed while their tests for that ran."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}

    def pytest_sessionstart(self) -> None:
        from tests.checks import given

        decide = given.decide

        def recorded(check, inputs):
            verdict = decide(check, inputs)
            if verdict.outcome is Outcome.FAIL:
                line = written(check, inputs)
                # The smallest, and of several the first in order: the same from every run.
                before = self.lines.get(check.id, line)
                self.lines[check.id] = min(before, line, key=lambda text: (len(text), text))
            return verdict

        given.decide = recorded


def main() -> int:
    recorder = Recorder()
    ended = pytest.main([str(HERE), "-q", "-k", "test_broken_"], plugins=[recorder])
    listed = {check.id for check in ALL}
    text = "".join(f"{line}\n" for name, line in sorted(recorder.lines.items()) if name in listed)
    for name, why in broken(text, ALL).items():
        sys.stderr.write(f"{name}: {why}\n")
    if ended == pytest.ExitCode.OK:
        PATH.write_text(text, encoding="utf-8")
    return int(ended)


if __name__ == "__main__":
    sys.exit(main())
