"""The configuration's JSON Schema, for editors: one file of a site may hold any part of it."""

from __future__ import annotations

from typing import Any

from appliance.site.model import Site

_TEXT = {"type": "string"}


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of one *.yaml file, shorthands included."""
    schema = Site.model_json_schema(by_alias=True)
    # A site is split over files; which parts must exist is known only when all are read.
    schema.pop("required", None)
    parts = schema["$defs"]
    _shorthand_key(parts["Asset"], "address", "interfaces")
    _shorthand_key(parts["Appliance"], "vantage", "vantages")
    parts["Appliance"].pop("required", None)
    # A site may state its types' services, zones and the like; only these two are always its own.
    parts["Asset"]["required"] = ["id", "zone"]
    for name, short in (
        ("Allow", _TEXT),
        ("FileReference", _TEXT),
        ("Presence", {"const": "always"}),
        ("SlT", {"type": "integer", "minimum": 0, "maximum": 4}),
    ):
        parts[name] = {"anyOf": [short, parts[name]]}
    parts["Interface"]["required"] = ["address"]
    _numbers_as_text(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "One file of an Upheld site",
    }


def _shorthand_key(part: dict[str, Any], short: str, long: str) -> None:
    part["properties"][short] = {"type": "string", "description": f"Short for one of {long}."}


def _numbers_as_text(node: Any) -> None:
    """A text of digits only needs no quotes, as the loader has it."""
    if isinstance(node, dict):
        if (
            node.get("type") == "string"
            and node.get("maxLength") == 500
            and "minLength" not in node
        ):
            node["type"] = ["string", "integer"]
        for value in node.values():
            _numbers_as_text(value)
    elif isinstance(node, list):
        for value in node:
            _numbers_as_text(value)
