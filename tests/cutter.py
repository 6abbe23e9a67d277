"""A relay before a PostgreSQL server that loses a connection when told, in one of the ways in which that happens.

Only the client's message of the simple protocol is looked at: `Q`, its length, the statement.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

from audit.place import Postgres, place_of

COMMIT = b"COMMIT\0"
How = Literal["before", "at once", "after", "silent"]
"""The server never gets it; gets it and finds nobody; has answered it; the connection stays open, and silent."""


class Cutter:
    """Relays every connection; `armed` says how the next COMMIT is lost, once, or the `countdown`th piece from now."""

    def __init__(self, place: Postgres) -> None:
        server = urlsplit(place.url)
        self._server = (server.hostname or "127.0.0.1", server.port or 5432)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.armed: How | None = None
        self.countdown = 0
        self.cuts = 0
        user = f"{server.netloc.rpartition('@')[0]}@" if "@" in server.netloc else ""
        port = self._listening.getsockname()[1]
        made = place_of(server._replace(netloc=f"{user}127.0.0.1:{port}").geturl())
        assert isinstance(made, Postgres)
        self.place = made
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def is_due(self, piece: bytes) -> bool:
        """Whether this piece of what the client sends is the one to lose."""
        if self.countdown == 0:
            return COMMIT in piece
        self.countdown -= 1
        return self.countdown == 0

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._server)
                relay = _Relay(self, client, server)
                threading.Thread(target=relay.up, daemon=True).start()
                threading.Thread(target=relay.down, daemon=True).start()


class _Relay:
    def __init__(self, cutter: Cutter, client: socket.socket, server: socket.socket) -> None:
        self._cutter = cutter
        self._client = client
        self._server = server
        self._lost: How | None = None
        """Then what the server answers is kept from the client."""

    def up(self) -> None:
        with suppress(OSError):
            while piece := self._client.recv(65536):
                how = self._cutter.armed
                if how is None or not self._cutter.is_due(piece):
                    self._server.sendall(piece)
                    continue
                self._cutter.armed = None
                self._cutter.cuts += 1
                self._lose(how, piece)
        self._end()

    def _lose(self, how: How, piece: bytes) -> None:
        self._lost = how
        if how != "before":
            self._server.sendall(piece)
        if how in ("before", "at once"):
            self._end()

    def down(self) -> None:
        with suppress(OSError):
            while piece := self._server.recv(65536):
                if self._lost is None:
                    self._client.sendall(piece)
                elif self._lost == "after":
                    break
        if self._lost in (None, "after"):
            self._end()

    def _end(self) -> None:
        for side in (self._client, self._server):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()


@contextmanager
def cutting(place: Postgres) -> Iterator[Cutter]:
    made = Cutter(place)
    try:
        yield made
    finally:
        made.close()
