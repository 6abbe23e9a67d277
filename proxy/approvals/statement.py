"""What an approval says, as a text of one form only: it is what is signed, so no two texts may say the same.

`audit.verification.approved` shows the form. The ticket may be left out, nothing else. The digests are of texts,
comments and tests included, and not of what some version of the program takes them to mean.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from audit.verification.approved import HEADER, statement
from proxy.files.diagnostics import Place, Problems, did_you_mean, shown
from proxy.policy.policy import Policy
from proxy.policy.vocabulary import PERSON

FILE = "APPROVALS"
"""The file beside the policies, a signed note; without any signature, its text alone."""
MAX_SERIAL = 2**53 - 1
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SERIAL = re.compile(r"[1-9][0-9]{0,15}")
_FIELDS = {
    "files": (_DIGEST, "a SHA-256 in hex"),
    "upstreams": (_DIGEST, "a SHA-256 in hex"),
    "serial": (_SERIAL, f"a number from 1 to {MAX_SERIAL}"),
    "author": (PERSON, "an id such as an e-mail address"),
    "approver": (PERSON, "an id such as an e-mail address"),
    "ticket": (PERSON, "a ticket's id"),
}
_OPTIONAL = "ticket"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is approved: digests of the texts of the policy files and of the upstream file."""

    files: str
    upstreams: str

    @classmethod
    def of(cls, policy: Policy, upstreams: bytes) -> Self:
        """Take the digests of a loaded policy's files and of the upstream file's bytes."""
        return cls(policy.files_sha256, hashlib.sha256(upstreams).hexdigest())


@dataclass(frozen=True, slots=True)
class Statement:
    """One approval as it stands in the file. `serial` grows with every approval, so that an older one is known."""

    subject: Subject
    serial: int
    author: str
    approver: str
    ticket: str = ""

    def text(self) -> str:
        """Return the text that is signed, as whoever verifies the log writes it as well."""
        subject = self.subject
        return statement(subject.files, subject.upstreams, self.serial, self.author, self.approver, self.ticket)


def place(field: str) -> Place:
    """Return where a field's value stands in the file: its form leaves one place for each."""
    return Place(FILE, list(_FIELDS).index(field) + 2, len(field) + 2)


def parse(text: str, problems: Problems) -> Statement | None:
    """Read a statement; None if it has not this very form, and `problems` says where."""
    own = Problems()
    values = _values(text, own)
    if not own.failed:
        return _statement(values)
    problems.add(own.found)
    return None


def _values(text: str, problems: Problems) -> dict[str, str]:
    header, *lines = text.removesuffix("\n").split("\n")
    if header != HEADER:
        problems.error(Place(FILE, 1, 1), "not-an-approval", f"expected '{HEADER}'", "ringfence policy sign writes it")
        return {}
    values: dict[str, str] = {}
    for number, (expected, line) in enumerate(zip(_FIELDS, lines, strict=False), start=2):
        key, _, value = line.partition(" ")
        if key != expected:
            what = f"expected '{expected}' here" if key in _FIELDS else f"{shown(key)} is not a key here"
            problems.error(Place(FILE, number, 1, len(key) or 1), "unknown-key", what, did_you_mean(key, [expected]))
            return {}
        values[key] = value
    least = [field for field in _FIELDS if field != _OPTIONAL]
    if len(lines) > len(_FIELDS):
        problems.error(Place(FILE, len(_FIELDS) + 2, 1), "unknown-key", "nothing may follow here")
    elif len(values) < len(least):
        problems.error(Place(FILE, len(lines) + 2, 1), "missing-key", f"'{least[len(values)]}' is missing")
    for field, value in values.items():
        form, said = _FIELDS[field]
        if form.fullmatch(value) is None or (field == "serial" and int(value) > MAX_SERIAL):
            problems.error(place(field), "bad-text", f"expected {said}")
    if not text.endswith("\n"):
        problems.error(Place(FILE, len(lines) + 1, 1), "bad-text", "the last line does not end")
    return values


def _statement(values: dict[str, str]) -> Statement:
    subject = Subject(values["files"], values["upstreams"])
    return Statement(subject, int(values["serial"]), values["author"], values["approver"], values.get("ticket", ""))
