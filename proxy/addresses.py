"""What is known of a host by its name alone, and of a URL by its form."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_plain(url: str) -> bool:
    """Whether this is the URL of a server, or of a path on it: without a user, a query or a fragment."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return named and parts.scheme in {"http", "https"} and not (parts.query or parts.fragment or parts.username)


def is_private(url: str) -> bool:
    """Whether nobody else can read what goes to this plain URL: by https, or to this machine."""
    return is_plain(url) and (url.startswith("https://") or is_loopback(urlsplit(url).hostname or ""))
