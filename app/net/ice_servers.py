"""STUN and TURN servers as people write them: `stun:HOST[:PORT]`, `turn:HOST[:PORT][?transport=udp|tcp]` or `turns:`.

On the command line a TURN server's user name and password may stand before its name: `turn:me:secret@turn.example`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

DEFAULT_PORTS = {"stun": 3478, "turn": 3478, "turns": 5349}

PUBLIC_STUN = "stun:stun.l.google.com:19302"
"""A public server that tells a machine its address as the internet sees it; it learns that address, nothing else."""

_URL = re.compile(
    r"(?P<scheme>stun|turn|turns):(?:(?P<username>[^:@\s]+):(?P<password>[^@\s]+)@)?"
    r"(?P<host>[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?(?:\?transport=(?P<transport>udp|tcp))?"
)


@dataclass(frozen=True, slots=True)
class IceServer:
    """A server that helps two ends to reach each other.

    Attributes:
        url: without user name and password, as WebRTC writes it (RFC 7064, RFC 7065).
        username: for TURN; empty for STUN.
        password: for TURN; never shown.
    """

    url: str
    username: str = ""
    password: str = ""

    @property
    def is_turn(self) -> bool:
        """Whether it relays."""
        return self.url.startswith("turn")

    def __repr__(self) -> str:
        return f"IceServer({self.url!r}, {self.username!r})"


def parse_ice_server(text: str, username: str = "", password: str = "") -> IceServer:
    """Check a server's URL.

    Args:
        text: the URL, with or without user name and password.
        username: taken where the URL has none.
        password: the same.

    Raises:
        ValueError: it is none, or its parts do not go together. The message does not contain the password.
    """
    match = _URL.fullmatch(text)
    if match is None:
        shown = re.sub(r":[^:@]*@", ":***@", text)
        raise ValueError(f"'{shown}' is no STUN or TURN server, write turn:USER:PASSWORD@HOST:PORT?transport=tcp")
    scheme, host, transport = match["scheme"], match["host"], match["transport"]
    port = int(match["port"] or DEFAULT_PORTS[scheme])
    if not 0 < port < 65536:
        raise ValueError(f"port {port} of {scheme}:{host} is not between 1 and 65535")
    if scheme == "stun" and transport:
        raise ValueError(f"stun:{host}: a STUN server has no transport")
    if scheme == "turns" and transport == "udp":
        raise ValueError(f"turns:{host}: TURN over TLS goes by TCP")
    username, password = unquote(match["username"] or username), unquote(match["password"] or password)
    if scheme != "stun" and not (username and password):
        raise ValueError(f"{scheme}:{host}: a TURN server needs a user name and a password")
    suffix = f"?transport={transport}" if transport else ""
    return IceServer(f"{scheme}:{host}:{port}{suffix}", username, password)
