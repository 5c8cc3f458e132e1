"""What a check is: one pure function, and what the catalogue, the matrix and an alert say of it."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from checks.facts.context import Moment, Own, Records
from checks.facts.expected import Expected
from checks.facts.observation import Facts, Seen
from checks.facts.verdict import Verdict
from checks.requirements import REQUIREMENTS
from checks.techniques import TECHNIQUES


class About(StrEnum):
    """The kinds of subject."""

    SERVICE = "service"
    ASSET = "asset"
    CONDUIT = "conduit"
    ZONE = "zone"
    SITE = "site"


class Strength(StrEnum):
    """How much a pass says of a requirement; a HINT never raises a cell of the matrix."""

    ON_INTERFACE = "on-interface"
    PART = "part"
    HINT = "hint"


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Audience(StrEnum):
    """
    Who is told first of a failure.

    SOC: somebody may have done it, or can use it now.  ENGINEERING: a setting to mend with the next
    planned work.  PROGRAMME: whether the verification itself can be relied upon.
    """

    SOC = "soc"
    ENGINEERING = "engineering"
    PROGRAMME = "programme"


SERVICE, ASSET, CONDUIT, ZONE, SITE = About
ON_INTERFACE, PART, HINT = Strength
CRITICAL, HIGH, MEDIUM, LOW = Severity
SOC, ENGINEERING, PROGRAMME = Audience


class Form(StrEnum):
    """How a parameter takes its facts; written as its type, see README.md beside this file."""

    REQUIRED = "T"
    OPTIONAL = "T | None"
    ALL = "tuple[T, ...]"
    SEEN = "Seen[T]"
    ALL_SEEN = "tuple[Seen[T], ...]"
    CONTEXT = "context"


@dataclass(frozen=True)
class Input:
    """One parameter of a check; `kind` is the facts type, or the context type."""

    name: str
    form: Form
    kind: type


@dataclass(frozen=True)
class Check:
    """
    A check as everybody else sees it.

    `id` is the file's name with `-` for `_`; `requirements` maps 62443-3-3 ids to strengths;
    `program` lists 62443-2-1:2024 elements it feeds (ids unconfirmed); `enables` the techniques of
    ATT&CK for ICS that its failure makes possible.
    """

    id: str
    title: str
    about: About
    requirements: Mapping[str, Strength]
    program: tuple[str, ...]
    severity: Severity
    remedy: str
    by_hand: str
    inputs: tuple[Input, ...]
    function: Callable[..., Verdict]
    module: str
    audience: Audience = ENGINEERING
    enables: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[type[Facts], ...]:
        """The facts types it reads, in the order of its parameters."""
        return tuple(i.kind for i in self.inputs if i.form is not Form.CONTEXT)

    @property
    def protocols(self) -> frozenset[str]:
        """The protocols of the services it is about; empty: it is not about one service."""
        return frozenset(p for kind in self.reads for p in kind.protocols)


def check(
    *,
    title: str,
    about: About,
    requirements: Mapping[str, Strength],
    severity: Severity,
    remedy: str,
    by_hand: str,
    program: tuple[str, ...] = (),
    audience: Audience = ENGINEERING,
    enables: tuple[str, ...] = (),
) -> Callable[[Callable[..., Verdict]], Check]:
    """
    Turn a judging function into a `Check`; registers nothing.

    Raises `ValueError` for a requirement 62443-3-3 or a technique ATT&CK for ICS does not have, and
    `TypeError` for a parameter whose type is none of the forms above.
    """

    def wrap(function: Callable[..., Verdict]) -> Check:
        name = function.__module__.rpartition(".")[2].replace("_", "-")
        for requirement in requirements:
            if requirement not in REQUIREMENTS:
                raise ValueError(
                    f"{name}: {requirement} is not a requirement of IEC 62443-3-3; "
                    "write it as in checks/requirements.py"
                )
        for technique in enables:
            if technique not in TECHNIQUES:
                raise ValueError(
                    f"{name}: {technique} is not in checks/techniques.py; write one that is, or "
                    "add it there as ATT&CK for ICS has it"
                )
        return Check(
            id=name,
            title=title,
            about=about,
            requirements=dict(requirements),
            program=program,
            severity=severity,
            remedy=remedy,
            by_hand=by_hand,
            inputs=_inputs(name, function),
            function=function,
            module=function.__module__,
            audience=audience,
            enables=enables,
        )

    return wrap


_CONTEXT = (Expected, Records, Moment, Own)


def _inputs(name: str, function: Callable[..., Verdict]) -> tuple[Input, ...]:
    hints = get_type_hints(function)
    hints.pop("return", None)
    return tuple(_input(name, parameter, hint) for parameter, hint in hints.items())


def _input(name: str, parameter: str, hint: Any) -> Input:
    if hint in _CONTEXT:
        return Input(parameter, Form.CONTEXT, hint)
    if _is_facts(hint):
        return Input(parameter, Form.REQUIRED, hint)

    origin, args = get_origin(hint), get_args(hint)
    if origin is Seen and _is_facts(args[0]):
        return Input(parameter, Form.SEEN, args[0])
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        if _is_facts(args[0]):
            return Input(parameter, Form.ALL, args[0])
        if get_origin(args[0]) is Seen:
            return Input(parameter, Form.ALL_SEEN, get_args(args[0])[0])
    if origin in (Union, types.UnionType) and type(None) in args and len(args) == 2:
        kind = args[0] if args[1] is type(None) else args[1]
        if _is_facts(kind):
            return Input(parameter, Form.OPTIONAL, kind)
    raise TypeError(
        f"{name}: parameter {parameter} has type {hint}; take a facts type T, T | None, "
        "tuple[T, ...], Seen[T], tuple[Seen[T], ...], Expected, Records, Moment or Own"
    )


def _is_facts(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Facts)
