"""The arrows between the rooms hold, and only the wire opens sockets to devices."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOCKETS = {"socket", "ssl", "asyncio.open_connection", "asyncio.create_datagram_endpoint"}
# A TLS client between octets in memory: `ssl` without any of its sockets.
IN_MEMORY = {"tls_openssl.py": {"ssl"}}
CALLS = {
    "create_connection",
    "create_datagram_endpoint",
    "sock_connect",
    "sock_sendto",
    "wrap_socket",
}


def test_the_import_linter_is_content():
    linter = Path(sys.executable).parent / "lint-imports"
    found = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout


def test_only_the_wire_opens_sockets_to_devices():
    guilty = []
    rooms = [ROOT / "collectors", ROOT / "checks"]
    for path in sorted(file for room in rooms for file in room.rglob("*.py")):
        if path.is_relative_to(ROOT / "collectors" / "wire"):
            continue
        allowed = IN_MEMORY.get(path.name, set())
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names = [f"{node.value.id}.{node.attr}"]
            if isinstance(node, ast.Attribute) and node.attr in CALLS:
                guilty.append(f"{path.name}: {node.attr}")
            guilty += [f"{path.name}: {name}" for name in names if name in SOCKETS - allowed]

    assert guilty == []
