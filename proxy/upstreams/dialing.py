"""What stands between us and a model server: its name, a connection, its certificate. Nothing is ever said there."""

import asyncio
import contextlib
import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from proxy.upstreams.upstream import Network

WITHIN_S = 5.0
"""For each step."""
DAY_S = 86400
UNKNOWN_CA = frozenset({18, 19, 20, 21})
"""OpenSSL's X509_V_ERR_*: a certificate that signs itself, or whose issuer is not among those that are trusted."""
EXPIRED = 10
OTHER_NAME = frozenset({62, 64})
"""It is for another host name or address."""


class NotReached(Exception):
    """A step failed; `why` is a word of ours and `detail` what the system or OpenSSL says of it."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server showed, once it was found to be good."""

    issuer: str
    days: int
    """Until it ends."""


async def addresses(host: str, port: int) -> list[str]:
    """Return the addresses that a name stands for; raises NotReached `dns`."""
    try:
        async with asyncio.timeout(WITHIN_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        late = "no answer in time" if isinstance(error, TimeoutError) else ""
        raise NotReached("dns", late or getattr(error, "strerror", None) or "it is no name of a host") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def outside(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address is none that a zone may have; any may be a vendor's."""
    return bool(networks) and not any(ipaddress.ip_address(address.partition("%")[0]) in each for each in networks)


async def connect(found: Sequence[str], port: int) -> str:
    """Connect to the first address that lets us, hang up and return it; raises NotReached of the last one."""
    for address in found:
        try:
            await _hang_up(await _opened(address, port))
        except NotReached:
            if address == found[-1]:
                raise
        else:
            return address
    raise NotReached("dns", "it stands for no address")


async def certificate(address: str, port: int, host: str, context: ssl.SSLContext) -> Certificate:
    """Make a TLS connection and hang up; raises NotReached: `unknown_ca`, `expired`, `other_name`, `tls`."""
    writer = await _opened(address, port, ssl=context, server_hostname=host)
    shown: dict[str, Any] = writer.get_extra_info("peercert") or {}
    await _hang_up(writer)
    issuer = {name: value for part in shown.get("issuer", ()) for name, value in part}
    ends = ssl.cert_time_to_seconds(shown["notAfter"])
    named = issuer.get("commonName") or issuer.get("organizationName") or "an issuer without a name"
    return Certificate(named, int((ends - time.time()) // DAY_S))


async def _opened(address: str, port: int, **how: Any) -> asyncio.StreamWriter:
    try:
        async with asyncio.timeout(WITHIN_S):
            return (await asyncio.open_connection(address, port, **how))[1]
    except ssl.SSLCertVerificationError as error:
        why = "expired" if error.verify_code == EXPIRED else "tls"
        why = "unknown_ca" if error.verify_code in UNKNOWN_CA else why
        raise NotReached("other_name" if error.verify_code in OTHER_NAME else why, error.verify_message) from None
    except ssl.SSLError as error:
        raise NotReached("tls", error.reason or "") from None
    except TimeoutError:
        raise NotReached("timeout") from None
    except OSError as error:
        during = "tls" if how and isinstance(error, ConnectionResetError) else "connect"
        raise NotReached(during, os.strerror(error.errno) if error.errno else "") from None


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
