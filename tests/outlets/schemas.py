"""Whether what is told over MQTT is what config/schemas says, an event's data included."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

SCHEMAS = Path(__file__).parents[2] / "config" / "schemas"
KINDS = {path.stem.removeprefix("event-") for path in SCHEMAS.glob("event-*.json")}


def fits(message) -> dict:
    """The payload of a message for the outbox, checked against the schema it names."""
    name = json.loads(message.headers)["schema"].split("/")[1]
    return _checked(name, message.address, message.body)


def heard_fits(message) -> dict:
    """The same of what a listener heard; empty for a topic that was emptied."""
    if not message.payload or message.topic.endswith("/ledger/checkpoint"):
        return {}
    (_, name), *_ = message.properties.UserProperty
    return _checked(name.split("/")[1], message.topic, message.payload)


def _checked(name: str, topic: str, body: bytes) -> dict:
    payload = json.loads(body)
    _validate(name, payload)
    if name == "event":
        kind = topic.rpartition("/event/")[2]
        assert payload["type"] == f"upheld.{kind}"
        _validate(f"event-{kind}", payload["data"])
    return payload


def _validate(name: str, found: object) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(found)
