"""pydantic's errors in the words of the person who wrote the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from appliance.site.assets import Asset
from appliance.site.model import Appliance, Site
from appliance.site.problems import Problem, choices, shown
from appliance.site.yamltree import Tree, locate

_SECRET_KEYS = frozenset({"secret", "key", "password", "auth", "priv"})
_SHORTHANDS: Mapping[type, tuple[str, ...]] = {Asset: ("address",), Appliance: ("vantage",)}
_WRITE = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list, such as [a, b]",
    "model_type": "a map of keys",
    "model_attributes_type": "a map of keys",
    "dict_type": "a map of keys",
    "too_short": "at least one item",
    "string_too_short": "a text that is not empty",
    "string_too_long": "a shorter text",
    "union_tag_not_found": "a kind: password, community, certificate or snmpv3",
    "union_tag_invalid": "a kind: password, community, certificate or snmpv3",
}
_PATTERNS = {
    "prometheus": "http://HOST:PORT or https://HOST:PORT, without a login",
    "broker": "mqtts://HOST:PORT or mqtt://HOST:PORT; the login goes to credential:",
    "address": "tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT",
    "state_dir": "an absolute path, such as /var/lib/upheld",
    "ssh_key": "the public key as in a .pub file, such as ssh-ed25519 AAAA...",
    "credential": "the name of a systemd credential: letters, digits, dot, dash, underscore",
}


def explain(error: ValidationError, root: Tree) -> Iterator[Problem]:
    """Every error as a problem with its place; what a type got wrong is told once, at the type."""
    # include_input=False: what was found is read from the tree, and a secret never from anywhere.
    for detail in error.errors(include_url=False, include_input=False):
        loc = _as_written(detail["loc"], root)
        tree, depth = locate(root, loc)
        if detail["type"] == "extra_forbidden":
            yield from _unknown_key(detail["loc"], loc, root)
        elif not _inherited(root, loc, depth) and not _echo(detail, loc, tree):
            yield _problem(detail, loc, tree, depth)


def _echo(detail: ErrorDetails, loc: tuple[str | int, ...], tree: Tree) -> bool:
    """Whether an error only repeats another: a list is not short because its items are wrong, and
    an interface's zone that it does not state is its asset's."""
    if detail["type"] == "too_short":
        return bool(tree.value)
    at_interface = loc[:1] == ("assets",) and detail["loc"][2:3] == ("interfaces",)
    return at_interface and loc[-1:] == ("zone",) and isinstance(tree.value, dict)


def _as_written(loc: tuple[str | int, ...], root: Tree) -> tuple[str | int, ...]:
    """A place in the file: without pydantic's tag of a union, and through our shorthands."""
    if loc[:1] == ("credentials",):
        return loc[:2] + (loc[3:] if len(loc) > 2 else ())
    if loc[:1] == ("assets",) and loc[2:3] == ("interfaces",):
        asset, _ = locate(root, loc[:2])
        return (*loc[:2], *loc[4:]) if asset.get("address") else loc
    if loc[:2] == ("appliance", "vantages"):
        appliance = root.get("appliance")
        return ("appliance", "vantage") if appliance and appliance.get("vantage") else loc
    return loc


def _inherited(root: Tree, loc: tuple[str | int, ...], depth: int) -> bool:
    if loc[:1] != ("assets",) or depth < 2 or depth == len(loc):
        return False
    asset, _ = locate(root, loc[:2])
    name = asset.text("type")
    types = [t for t in root.items("types") if t.text("id") == name]
    return bool(types) and locate(types[0], loc[2:])[1] > depth - 2


def _problem(detail: ErrorDetails, loc: tuple[str | int, ...], tree: Tree, depth: int) -> Problem:
    kind = detail["type"]
    last = loc[-1] if loc else ""
    if kind == "missing":
        owner = f" in {tree.text('id')}" if tree.text("id") else ""
        return tree.problem(f"no `{last}`{owner}", f"{last}: and its value")
    value = tree.value if depth == len(loc) or not isinstance(tree.value, dict | list) else {}
    secret = _SECRET_KEYS & set(loc) and not isinstance(value, dict | list)
    found = "a value (not shown)" if secret else shown(value)
    if kind == "union_tag_invalid" and (stated := tree.get("kind")):
        return stated.problem(f"kind: {shown(stated.value)}", _WRITE[kind])
    key = next((str(step) for step in reversed(loc[:depth]) if isinstance(step, str)), "")
    return tree.problem(f"{key}: {found}" if key else found, _advice(detail, key))


def _advice(detail: ErrorDetails, key: str) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"]).removeprefix("write ")
    if kind == "literal_error":
        return str(context["expected"]).replace("'", "")
    if kind in ("greater_than_equal", "less_than_equal"):
        side = "at least" if kind.startswith("greater") else "at most"
        return f"a number of {side} {context.get('ge', context.get('le'))}"
    if kind == "string_pattern_mismatch" and key in _PATTERNS:
        return _PATTERNS[key]
    return _WRITE.get(kind, f"something that fits ({detail['msg']})")


def _unknown_key(
    modelled: tuple[str | int, ...], loc: tuple[str | int, ...], root: Tree
) -> Iterator[Problem]:
    key = str(loc[-1])
    models: list[type[BaseModel]] = [Site]
    for step in modelled[:-1]:
        if isinstance(step, str):
            models = _below(models, step)
    known = [name for model in models for name in _keys(model)]
    holder, depth = locate(root, loc[:-1])
    # A key an asset has from its type is told once, at the type.
    if depth == len(loc) - 1 and key in holder.keys:
        file, line = holder.keys[key]
        yield Problem(file, line, f"unknown key {shown(key)}", choices(key, known))


def _keys(model: type[BaseModel]) -> list[str]:
    names = [field.alias or name for name, field in model.model_fields.items()]
    return [*names, *_SHORTHANDS.get(model, ())]


def _below(models: list[type[BaseModel]], step: str) -> list[type[BaseModel]]:
    """The models a key leads to; a step that is no key is the tag of a union."""
    for model in models:
        for name, field in model.model_fields.items():
            if step in (name, field.alias):
                return list(_models_in(field.annotation))
    tagged = [m for m in models if step in get_args(_kind_of(m))]
    return tagged or models


def _kind_of(model: type[BaseModel]) -> Any:
    field = model.model_fields.get("kind")
    return field.annotation if field else Literal[()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    inner = get_args(annotation)
    for part in inner[:1] if get_origin(annotation) is Annotated else inner:
        yield from _models_in(part)
