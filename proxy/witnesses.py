"""Which witnesses the log's checkpoints are offered to, as a file names them."""

import re
from pathlib import Path

from audit.verification.trust import MalformedTrust, Trust
from proxy.addresses import is_plain
from proxy.errors import ConfigurationError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/*@-]{0,127}")
"""As a record may hold it."""


def read_policy(path: Path | None) -> Trust:
    """Return what a file says of witnesses: nothing without one.

    Raises ConfigurationError for one that is no policy of https://c2sp.org/tlog-policy.
    """
    try:
        return Trust() if path is None else Trust.read([path.read_bytes()])
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except MalformedTrust as error:
        raise ConfigurationError(f"{path}:{error.line}: {error.what}") from None


def witnesses(path: Path | None) -> list[tuple[str, str, str]]:
    """Return name, URL and verifier key of each witness that can be asked; none without a file.

    Raises ConfigurationError for a file that is no policy, or names none to ask.
    """
    if path is None:
        return []
    policy = read_policy(path)
    for name, url in policy.urls.items():
        if not NAME.fullmatch(name):
            raise ConfigurationError(f"{path}: a witness's name has letters, digits and any of . _ : / * @ - only")
        if not is_plain(url):
            raise ConfigurationError(f"{path}: the URL of {name} is not one such as https://witness.example/prefix")
    if not policy.urls:
        raise ConfigurationError(f"{path} names no witness with a URL; write: witness NAME VKEY https://HOST")
    return [(name, url, policy.witnesses[name].encode()) for name, url in policy.urls.items()]
