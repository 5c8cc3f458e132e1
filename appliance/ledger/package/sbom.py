"""What runs here, as a CycloneDX 1.6 bill of materials: the installed distributions and Python."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any
from uuid import UUID, uuid5

PRODUCT = "upheld"
_NAMESPACE = UUID("5d5a2f0c-6a55-5b0b-8f6e-6b7065686c64")
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")


def bill() -> dict[str, Any]:
    """The same installation gives the same bill: no time and no random number is in it."""
    found = _installed(PRODUCT)
    root = found.pop(PRODUCT, None)
    components = [_component(name, one) for name, one in sorted(found.items())]
    python = platform.python_version()
    components.append(
        {"type": "platform", "name": "python", "version": python, "bom-ref": f"python@{python}"}
    )
    product = {"type": "application", "name": PRODUCT, "bom-ref": PRODUCT}
    product["version"] = root.version if root else "unknown"
    listed = "\n".join(str(c["bom-ref"]) for c in components)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(_NAMESPACE, product['version'] + listed)}",
        "version": 1,
        "metadata": {"component": product},
        "components": components,
        "dependencies": [
            {"ref": _ref(name, one), "dependsOn": sorted(
                _ref(n, found[n]) for n in set(_needs(one)) & found.keys()
            )}
            for name, one in sorted(found.items())
        ],
    }  # fmt: skip


def _installed(product: str) -> dict[str, Distribution]:
    """The product's distribution and all it needs; what is not installed does not run."""
    found: dict[str, Distribution] = {}
    left = [product]
    while left:
        name = left.pop()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        left += _needs(found[name])
    return found


def _needs(one: Distribution) -> Iterator[str]:
    for line in one.requires or ():
        wanted, _, marker = line.partition(";")
        match = _NAME.match(wanted)
        if match and "extra" not in marker:
            yield re.sub("[-_.]+", "-", match[0]).lower()


def _component(name: str, one: Distribution) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "library",
        "name": name,
        "version": one.version,
        "bom-ref": _ref(name, one),
        "purl": _ref(name, one),
    }
    licence, plain = _said(one, "License-Expression"), _said(one, "License")
    if licence:
        found["licenses"] = [{"expression": licence}]
    elif plain and "\n" not in plain and len(plain) < 100:
        found["licenses"] = [{"license": {"name": plain}}]
    record = one.read_text("RECORD")
    if record:
        # The list of its files with their digests: another file is another record.
        text = "\n".join(sorted(r for r in record.splitlines() if ".pyc" not in r))
        found["properties"] = [
            {"name": "upheld:record-sha256", "value": sha256(text.encode()).hexdigest()}
        ]
    return found


def _said(one: Distribution, field: str) -> str:
    return str(one.metadata[field]).strip() if field in one.metadata else ""


def _ref(name: str, one: Distribution) -> str:
    return f"pkg:pypi/{name}@{one.version}"
