"""
Logs as JSON lines on one stream.

No secret reaches a log: fields named like one are masked, exceptions are shown without the values
of variables, and texts are escaped and cut because a device may have written them.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from appliance.outlets.text import harmless

LONGEST_TRACEBACK = 8_192

_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|communit|token|private|credential_value", re.IGNORECASE
)
_DEEPEST = 4

# The protocol libraries quote raw packets, once per device and visit; what matters of them is in
# the collector's own error.  The scheduler tells of every single run.
_AT_LEAST = {
    "asyncua": logging.CRITICAL,
    "pymodbus": logging.CRITICAL,
    "pymodbus.logging": logging.CRITICAL,
    "apscheduler": logging.WARNING,
}


def configure(stream: TextIO | None = None, level: str = "info") -> None:
    """
    Log our own and every library's messages to `stream` (None: standard error), from `level` on.

    Raises `ValueError` for a level that is none.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"log level {level!r}: write debug, info, warning or error")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                made_harmless,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(number)
    for name, least in _AT_LEAST.items():
        logging.getLogger(name).setLevel(max(least, number))


def made_harmless(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Every value as JSON's own types, masked, escaped and cut."""
    return {harmless(str(k), 64): _plain(str(k), v, 0) for k, v in event.items()}


def _plain(name: str, value: Any, depth: int) -> Any:
    if _SECRET.search(name):
        return "***"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {harmless(str(k), 64): _plain(str(k), v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [_plain("", v, depth + 1) for v in list(value)[:64]]
    if name == "exception" and depth == 0:
        # Its end says what happened.
        return [harmless(line) for line in str(value)[-LONGEST_TRACEBACK:].splitlines()]
    return harmless(str(value))
