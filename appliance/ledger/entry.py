"""Messages that wait in the outbox, as the ledger's store takes them: rendered, without meaning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """
    Something for an outlet to deliver, written in the same transaction as what it tells about.

    `stream` is the order it must keep; `address` where it goes (an MQTT topic); `headers` is a
    JSON object as text; `latest_only` messages replace a waiting one of the same address.
    """

    outlet: str
    stream: str
    address: str
    body: bytes
    headers: str = "{}"
    latest_only: bool = False


@dataclass(frozen=True)
class Waiting:
    """
    A message in the outbox.

    `sequence` counts a stream's messages of one outlet from 1 without gaps; the number of a
    message that a newer one replaced is never delivered.
    """

    id: int
    sequence: int
    message: Message
