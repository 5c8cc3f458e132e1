"""One TCP connection of ours, as a capture shows it."""

from __future__ import annotations

from appliance.visit.plan.capture import NANOSECOND
from appliance.visit.plan.packets import ACK, FIN, RST, SYN, Packet
from appliance.visit.plan.speech import Speech
from collectors.wire import DRAIN_SECONDS

_SEQUENCE = 1 << 32


class Connection:
    """
    Its beginning, its end, and what we said on it, out of order and repeated segments sorted.

    `speech` is None for what is not judged: flows of this host that are no visits.
    """

    def __init__(self, syn: Packet, speech: Speech | None) -> None:
        self.begun = syn.at
        self.initial = syn.seq
        self.answered = False
        self.resets = 0
        self._accepted = False
        self._last = syn.at
        self._our_fin: int | None = None
        self._their_end: int | None = None
        self._their_reset = False
        self._next = (syn.seq + 1) % _SEQUENCE
        self._held: dict[int, bytes] = {}
        self.speech = speech

    def open_at(self, at: int) -> bool:
        """
        Whether the device still had this connection then.

        One that was never answered lasts while we repeat our SYN.  One we closed lasts until the
        device closes too, but no longer than we wait for that.
        """
        if self._their_end is not None and (self._our_fin is not None or self._their_reset):
            return at < max(self._their_end, self._our_fin or 0)
        if self._our_fin is not None:
            return at < self._our_fin + int(DRAIN_SECONDS * NANOSECOND)
        return self.answered or at < self._last

    def theirs(self, packet: Packet) -> None:
        """A packet of the device."""
        if packet.flags & SYN and packet.flags & ACK:
            self.answered = True
        if packet.flags & (FIN | RST) and self._their_end is None:
            self._their_end = packet.at
            self._their_reset = bool(packet.flags & RST)

    def ours(self, packet: Packet) -> list[str]:
        """A packet of ours; what is wrong with it, a sentence each."""
        if packet.flags & RST:
            return self._reset(packet)
        self._last = max(self._last, packet.at)
        self._accepted |= bool(packet.flags & ACK)
        if packet.flags & FIN and self._our_fin is None:
            self._our_fin = packet.at
        if not packet.size or packet.flags & SYN or self.speech is None:
            return []
        if packet.cut:
            return ["the capture holds only the beginning of it; capture with tcpdump -s 0"]
        self._held.setdefault(packet.seq, packet.payload)
        return [why for data in self._in_order() for why in self.speech.heard(data)]

    def ended(self) -> list[str]:
        """What the end of the capture leaves open."""
        if self.speech is None:
            return []
        if self._held:
            return ["bytes of it are missing in the capture"]
        if self.speech.unfinished and self._our_fin is not None:
            return ["its last request is not whole"]
        return []

    def _reset(self, packet: Packet) -> list[str]:
        # An answer to an attempt we had given up is turned away by the kernel alone.
        late = not self._accepted or self._their_reset or self._our_fin is not None
        self.resets += self._accepted
        if self._their_end is None:
            self._their_end, self._their_reset = packet.at, True
        return [] if late else ["a reset of a connection that nothing was wrong with"]

    def _in_order(self) -> list[bytes]:
        found = []
        while True:
            for seq, data in list(self._held.items()):
                known = (self._next - seq) % _SEQUENCE
                if known < _SEQUENCE // 2:
                    del self._held[seq]
                    if known < len(data):
                        self._next = (seq + len(data)) % _SEQUENCE
                        found.append(data[known:])
                        break
            else:
                return found
