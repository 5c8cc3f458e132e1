"""What web servers are asked."""

from __future__ import annotations

from appliance.site.assets import MOST_PATHS
from appliance.visit.questions.question import Effort, K, Question
from checks.facts.http import HttpPages

# A connection of 64 KiB over Ethernet costs up to 30; of two or three pages each has a share.
HTTP_PAGES = Question(  # [5; three pages 15]
    "http-pages",
    "http",
    Effort.HANDSHAKE,
    HttpPages,
    packets=45,
    octets=128 * K,
    connections=MOST_PATHS["http"],
    wants="paths",
)
HTTPS_PAGES = Question(  # [8; two pages 16]
    "https-pages",
    "http",
    Effort.HANDSHAKE,
    HttpPages,
    packets=46,
    octets=128 * K,
    connections=MOST_PATHS["https"],
    tls=MOST_PATHS["https"],
    wants="paths",
)
