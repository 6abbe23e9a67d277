"""What the person who verifies brings from outside the log: keys, and heads that were kept.

A file is either a policy in the form of https://c2sp.org/tlog-policy, with lines as below, or checkpoints, one after
another, as an anchor or a witness gave them, or certificates of time-stamp authorities, in PEM.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none

Whoever brings a file trusts it; nothing that the log's operator handed over belongs into one.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from audit.anchors.stamp import PEM, Authorities, Timed
from audit.proofs.checkpoint import Checkpoint, split_notes
from audit.proofs.note import Note
from audit.proofs.vkey import COSIGNATURE, ED25519, VerifierKey

NONE = "none"


class MalformedTrust(ValueError):
    """A file is neither a policy nor checkpoints. `line` counts from 1."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(f"line {line}: {what}")
        self.what = what
        self.line = line


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these names must have cosigned."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """All that was brought. Without log keys, those that the log itself names are asked, which proves less."""

    logs: tuple[VerifierKey, ...] = ()
    witnesses: Mapping[str, VerifierKey] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    """Where witnesses are asked for cosignatures; of no use to a verifier."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE
    heads: tuple[Note, ...] = ()
    authorities: Authorities | None = None
    """Who is believed about the time."""
    timed: tuple[Timed, ...] = ()
    """Heads that one of them stamped."""

    @classmethod
    def read(cls, files: Iterable[bytes]) -> Self:
        """Put files together; raises MalformedTrust. Only one of them may be a policy."""
        policy, heads, certificates = None, list[Note](), b""
        for data in files:
            if "\n\u2014 ".encode() in data:
                heads += _heads(data)
            elif PEM in data:
                _no_policy(data)
                certificates += data.rstrip(b"\n") + b"\n"
            elif policy is None:
                policy = cls._policy(data)
            else:
                raise MalformedTrust("a second policy; put both into one file", 1)
        return replace(policy or cls(), heads=tuple(heads), authorities=_authorities(certificates))

    def met(self, cosigners: Collection[VerifierKey]) -> bool:
        """Whether these keys are a quorum of witnesses; never, where the policy asks for none."""
        return self.quorum != NONE and self._cosigned(self.quorum, cosigners)

    def _cosigned(self, name: str, cosigners: Collection[VerifierKey]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name] in cosigners
        group = self.groups[name]
        return sum(self._cosigned(member, cosigners) for member in group.members) >= group.threshold

    @classmethod
    def _policy(cls, data: bytes) -> Self:
        logs: list[VerifierKey] = []
        witnesses: dict[str, VerifierKey] = {}
        urls: dict[str, str] = {}
        groups: dict[str, Group] = {}
        used: set[str] = set()
        quorum: str | None = None
        for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), start=1):
            match _words(line):
                case []:
                    continue
                case ["log", text, *rest] if len(rest) <= 1:
                    logs.append(_key(text, ED25519, number))
                case ["witness", name, text, *rest] if len(rest) <= 1:
                    _define(name, {*witnesses, *groups}, number)
                    witnesses[name] = _key(text, COSIGNATURE, number)
                    urls.update((name, url) for url in rest)
                case ["group", name, threshold, *members] if members:
                    _define(name, {*witnesses, *groups}, number)
                    _known(members, {*witnesses, *groups}, number)
                    _once(members, used, number)
                    groups[name] = Group(_threshold(threshold, len(members), number), tuple(members))
                case ["quorum", name] if quorum is None:
                    _known([name], {*witnesses, *groups, NONE}, number)
                    quorum = name
                case _:
                    raise MalformedTrust("neither log, witness, group nor the one quorum", number)
        if quorum is None:
            raise MalformedTrust("there is no quorum line; write 'quorum none' to ask for no witness", 1)
        keys = [vkey.key for vkey in (*logs, *witnesses.values())]
        if len(set(keys)) < len(keys):
            raise MalformedTrust("a key stands there twice", 1)
        return cls(tuple(logs), witnesses, urls, groups, quorum)


def _heads(data: bytes) -> Iterable[Note]:
    line = 1
    for piece in split_notes(data):
        try:
            note = Note.decode(piece)
            Checkpoint.of(note)
        except ValueError:
            raise MalformedTrust("not a checkpoint", line) from None
        yield note
        line += piece.count(b"\n")


def _authorities(certificates: bytes) -> Authorities | None:
    try:
        return Authorities.decode(certificates) if certificates else None
    except ValueError as error:
        raise MalformedTrust(str(error), 1) from None


def _no_policy(data: bytes) -> None:
    """Refuse a policy among certificates, where other text is passed over: its keys would count for nothing."""
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), start=1):
        match _words(line):
            case ["log" | "witness" | "group" | "quorum", _, *_]:
                raise MalformedTrust("a policy beside certificates; put each into a file of its own", number)


def _words(line: str) -> list[str]:
    """Return what stands on a line; nothing, where it is a comment."""
    words = [word for word in line.replace("\t", " ").split(" ") if word]
    return [] if words and words[0].startswith("#") else words


def _key(text: str, type_byte: int, number: int) -> VerifierKey:
    try:
        vkey = VerifierKey.decode(text)
    except ValueError:
        raise MalformedTrust("not a verifier key", number) from None
    if vkey.type_byte != type_byte:
        raise MalformedTrust("a key of a kind that cannot do this", number)
    return vkey


def _define(name: str, taken: Collection[str], number: int) -> None:
    if name in taken or name == NONE:
        raise MalformedTrust("the name is taken", number)


def _known(names: Iterable[str], known: Collection[str], number: int) -> None:
    if any(name not in known for name in names):
        raise MalformedTrust("a name that no line above defines", number)


def _once(members: Collection[str], used: set[str], number: int) -> None:
    if not used.isdisjoint(members) or len(set(members)) < len(members):
        raise MalformedTrust("a name is a member twice", number)
    used.update(members)


def _threshold(text: str, count: int, number: int) -> int:
    digits = text.lstrip("0")[:10] if text.isascii() and text.isdecimal() else ""
    made = {"all": count, "any": 1}.get(text) or int(digits or 0)
    if not 1 <= made <= count:
        raise MalformedTrust("a group needs all, any, or at most as many as it has members", number)
    return made
