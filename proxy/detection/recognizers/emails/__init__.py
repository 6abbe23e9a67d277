"""E-mail addresses of people and companies, in any letters, also written out.

Not all that has an at sign is one: logins of remote shells, user parts of URLs, packages with versions, attributes in
code. Machines (`noreply@`), mailing lists, placeholders and the domains of RFC 2606 are nobody's.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from proxy.detection.recognizers.base import Match, Recognizer
from proxy.detection.recognizers.emails import domains
from proxy.detection.recognizers.emails.spelled import SCORE as SPELLED
from proxy.detection.recognizers.emails.spelled import spelled

PERSON, ROLE = 0.95, 0.75
MAX_LOCAL, BEFORE = 64, 120
_LACOL = re.compile(r"[\w.+'%-]{1,64}")
"""The local part, read backwards. Signs that standards allow and people do not have end it: `email=jane@acme.io`."""
_QUOTED = re.compile(r"\"[^\"\n@]{1,62}\"$")
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})", re.IGNORECASE)
_USER_PART = re.compile(r"://(?:[^\s/@\"'<>]*:)?[^\s/@\"'<>:.]*$")
"""A user with a password, or one without a dot: those with a dot are people's names, or decoded into a URL."""
_SHELL = frozenset(["ssh", "scp", "sftp", "rsync", "mosh", "sshfs", "autossh", "ssh-copy-id"])
_PATH = re.compile(r":(?:[/~]|\.\.?/|[0-9]{2,5}/)")


def find(text: str) -> Iterator[Match]:
    """Yield addresses; the canonical form is in lower case."""
    at = text.find("@")
    while at >= 0:
        found = _plain(text, at)
        if found:
            yield found
        at = text.find("@", at + 1)
    for start, end, value in spelled(text):
        yield Match("EMAIL_ADDRESS", start, end, SPELLED, value)


def _plain(text: str, at: int) -> Match | None:
    host = _HOST.match(text, at + 1)
    name = domains.domain(host[0]) if host else None
    start = _local_start(text, at)
    if name is None or start == at:
        return None
    end = at + 1 + len(name)
    local, name = text[start:at].lower(), name.lower()
    if text[start - 1 : start] == "@" or domains.is_nobodys(local, name) or _is_login(text, start, end):
        return None
    if domains.is_code(name, text[start - 1 : start], text[end : end + 1]):
        return None
    return Match("EMAIL_ADDRESS", start, end, ROLE if local in domains.ROLES else PERSON, f"{local}@{name}")


def _local_start(text: str, at: int) -> int:
    """Return where the local part begins that ends before an at sign; the at sign itself if there is none."""
    if text[at - 1 : at] == '"':
        quoted = _QUOTED.search(text, max(0, at - MAX_LOCAL), at)
        return quoted.start() if quoted else at
    found = _LACOL.match(text[max(0, at - MAX_LOCAL) : at][::-1])
    if found is None or found[0][0] in ".'":
        return at
    start = at - len(found[0])
    while start < at and text[start] in ".'%-+":
        start += 1
    return start


def _is_login(text: str, start: int, end: int) -> bool:
    """Whether it is a user on a host: of a remote shell, of a copied file, or in a URL that has no mailbox."""
    if _PATH.match(text, end):
        return True
    left, at = text[max(0, start - BEFORE) : start], text.index("@", start)
    if _USER_PART.search(text, max(0, start - BEFORE), at):
        more = text.find("@", end, end + BEFORE)
        return more < 0 or any(char in text[end:more] for char in "/ \n")
    return _is_command(left.rpartition("\n")[2].split())


def _is_command(words: list[str]) -> bool:
    """Whether words are a remote shell's command so far: nothing but options, their values, and paths behind it."""
    shells = [at for at, word in enumerate(words) if word.strip("`'\"(;|&$") in _SHELL]
    if not shells:
        return False
    given = words[shells[-1] :]
    return all(
        word[0] == "-" or before[0] == "-" or any(sign in word for sign in "./~*:=") for before, word in pairwise(given)
    )


RECOGNIZER = Recognizer("emails", {"EMAIL_ADDRESS": ROLE}, find)
