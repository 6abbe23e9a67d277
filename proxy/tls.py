"""How callers recognise this server: a certificate that is renewed in place, without a restart."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from proxy.errors import ConfigurationError
from proxy.settings import Settings

log = logging.getLogger(__name__)
LOOK_S = 30.0
HANDSHAKE_S = 10.0
"""From a connection to the end of its handshake; until then it is none of those that are counted and told to hurry."""


class Certificate:
    """A PEM file of a certificate and what leads to its authority, and one of its key, unless that is in the first."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        """Load them; raises ConfigurationError."""
        self._files = certificate, key
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            self._seen = self._state()
            self._load(self.context)
        except OSError as error:
            why = "it is no PEM certificate with its key" if isinstance(error, ssl.SSLError) else error.strerror
            raise ConfigurationError(f"setting tls_certificate: {certificate} cannot be used: {why}") from None

    @classmethod
    def of(cls, settings: Settings) -> "Certificate | None":
        """Return that of a server with these settings; raises ConfigurationError."""
        if settings.tls_certificate is None:
            if settings.tls_key is not None:
                raise ConfigurationError("setting tls_key: a key needs the tls_certificate that it belongs to")
            return None
        return cls(settings.tls_certificate, settings.tls_key)

    async def watch(self) -> None:
        """Take up files that were renewed, for connections that are made from then on; runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await asyncio.to_thread(self.renew)

    def renew(self) -> None:
        """Take up the files if they are others. Ones that cannot be used are tried again, and change nothing."""
        try:
            seen = self._state()
            if seen != self._seen:
                self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))  # a pair that does not fit leaves half of it behind
                self._load(self.context)
                self._seen = seen
                log.info("the certificate was renewed")
        except OSError:
            log.warning("the certificate on disk cannot be used; the one before stays in use")

    def _load(self, context: ssl.SSLContext) -> None:
        certificate, key = self._files
        context.load_cert_chain(certificate, key, password=_none)

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        states = [path.stat() for path in self._files if path is not None]
        return tuple((state.st_ino, state.st_size, state.st_mtime_ns) for state in states)


async def accept(
    made: Callable[[], asyncio.BaseProtocol], sock: socket.socket, context: ssl.SSLContext, backlog: int
) -> asyncio.Server:
    """Begin to accept connections that speak TLS."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(made, sock=sock, ssl=context, ssl_handshake_timeout=HANDSHAKE_S, backlog=backlog)


def _none() -> bytes:
    """Give no password: a key that needs one must not have the server ask the terminal."""
    return b""
