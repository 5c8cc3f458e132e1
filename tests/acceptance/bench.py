"""A configuration directory the test writes, and the real `upheld check` over it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

UPHELD = [sys.executable, "-c", "from appliance.cli import main; main()"]
ROOT = Path(__file__).parents[2]
SITE = """
site: {{id: bench, name: Bench, laboratory: true}}
appliance:
  id: edge
  state_dir: {state}
  vantages: {vantages}
{zones}
"""
VANTAGE = "[{id: monitor, zone: cell, source: 127.0.0.1, kind: monitor}]"
ZONE = "zones: [{id: cell, name: Cell, networks: [127.0.0.0/8], sl_t: 2}]"
EXITS = {"fail": 1, "inconclusive": 3}

Rows = dict[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """What one `upheld check` printed; `rows` by (subject, check), services named by protocol."""

    rows: Rows
    states: dict[tuple[str, str], str]
    said: dict[tuple[str, str], str]
    report: dict[str, Any]


@dataclass
class Bench:
    """`within` is what the command runs in, such as `ip netns exec NAME`."""

    folder: Path
    within: Sequence[str] = ()
    files: dict[str, str] = field(default_factory=dict)

    def write(self, rest: str, *, vantages: str = VANTAGE, zones: str = ZONE) -> None:
        """One vantage in one zone unless said otherwise, and what the test adds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        head = SITE.format(state=self.folder / "state", vantages=vantages, zones=zones)
        (self.folder / "site.yaml").write_text(head + rest, encoding="utf-8")

    def secret(self, name: str, content: str) -> None:
        path = self.folder / "secrets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        path.chmod(0o600)

    def check(self, *more: str, seconds: float = 60) -> Found:
        """Visit everything once.  A traceback, a wrong exit code or broken JSON fails the test."""
        ended = subprocess.run(
            [*self.within, *UPHELD, "check", "-c", self.folder, "--format", "json", *more],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert ended.stderr == "", ended.stderr
        report = json.loads(ended.stdout)
        verdicts = {row["verdict"] for row in report["results"]}
        expected = next((n for v, n in EXITS.items() if v in verdicts), 0 if verdicts else 3)
        assert ended.returncode == expected
        return found(report, self._protocols())

    def _protocols(self) -> dict[tuple[str, str], str]:
        """(asset, service id) to the protocol the configuration states there."""
        import yaml

        site = yaml.safe_load((self.folder / "site.yaml").read_text(encoding="utf-8"))
        return {
            (asset["id"], str(service["port"]).replace("/", "-")): service["protocol"]
            for asset in site["assets"]
            for service in asset.get("services", ())
        }


def found(report: dict[str, Any], protocols: dict[tuple[str, str], str]) -> Found:
    rows: Rows = {}
    states, said = {}, {}
    for row in report["results"]:
        subject = row["subject"]
        if row["service"]:
            subject = f"{row['asset']}.{protocols[row['asset'], row['service']]}"
        key = (subject, row["check"])
        assert key not in rows, f"{key} is there twice"
        rows[key] = (row["verdict"], row["reason"])
        states[key], said[key] = row["state"], row["said"]
    return Found(rows, states, said, report)
