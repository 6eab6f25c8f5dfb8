"""A TCP relay that can be cut, as a network that goes away: nothing passes, nobody gets in, and nobody is told.

What was under way when it was cut passes once it is mended, for TCP repeats it.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading

STEP_S = 0.005
"""Between two looks at the connections, which adds so much to a round trip at most."""

PIECE_BYTES = 65536


class TcpRelay:
    """Relays every connection to its own port to another one, in a thread of its own until it is closed.

    Args:
        port: of the server behind it, on the loopback address.
    """

    def __init__(self, port: int) -> None:
        self._behind = port
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._others: dict[socket.socket, socket.socket] = {}
        self._cut = False
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay")
        self._thread.start()

    def _listen(self, port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port))

    def cut(self) -> None:
        """Let nothing through any more."""
        with self._lock:
            self._cut = True
            self._listener.close()

    def mend(self) -> None:
        """Let everything through again."""
        with self._lock:
            self._listener = self._listen(self.port)
            self._cut = False

    def close(self) -> None:
        """Close every connection, and end the thread."""
        self._stop.set()
        self._thread.join()
        self._listener.close()
        for end in self._others:
            end.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._stop.wait(STEP_S):
            with self._lock:
                if not self._cut:
                    self._accept()
                    for key, _ in self._selector.select(0):
                        self._pass(key.fileobj)

    def _accept(self) -> None:
        self._listener.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            front, _ = self._listener.accept()
            back = socket.create_connection(("127.0.0.1", self._behind))
            for end, other in ((front, back), (back, front)):
                self._others[end] = other
                self._selector.register(end, selectors.EVENT_READ)

    def _pass(self, end: object) -> None:
        assert isinstance(end, socket.socket)
        if end not in self._others:
            return
        data = b""
        with contextlib.suppress(OSError):
            data = end.recv(PIECE_BYTES)
            if data:
                self._others[end].sendall(data)
        if not data:
            other = self._others.pop(end)
            self._others.pop(other, None)
            for one in (end, other):
                with contextlib.suppress(KeyError):
                    self._selector.unregister(one)
                one.close()
