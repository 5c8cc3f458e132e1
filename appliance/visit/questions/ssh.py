"""What SSH servers are asked."""

from __future__ import annotations

from appliance.visit.questions.question import Effort, K, Question
from checks.facts.ssh import SshHostKey, SshOffer

SSH_OFFER = Question(  # [7; over Ethernet 8]
    "ssh-offer", "ssh", Effort.HANDSHAKE, SshOffer, packets=16, octets=52 * K
)
SSH_HOST_KEY = Question(  # [9; over Ethernet 11]
    "ssh-host-key", "ssh", Effort.HANDSHAKE, SshHostKey, daily=True, packets=20, octets=52 * K
)
