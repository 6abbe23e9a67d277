"""What a record says of an approval is believed of no operator: each lie is found at its record."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from audit.keys import read_signers
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import root_of
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.sources.export import export
from audit.sources.source import SqliteSource
from audit.verification import approved
from audit.verification.approved import Approvals, statement
from audit.verification.verifier import LOG_CHECKS, Steps, verify

CISO = Signer("ciso@acme.example", b"c" * 32)
THIEF = Signer("ciso@acme.example", b"t" * 32)
FILES, UPSTREAMS, OTHER = b"files, as one text", b"upstreams, as one text", b"another bundle"
AUTHOR = "dana@acme.example"
SEQ = 2


def sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


@dataclass
class Told:
    """What a record tells of an approval, and what is archived beside it. Each lie changes one of them."""

    signer: Signer = CISO
    files: bytes = FILES
    serial: int = 7
    author: str = AUTHOR
    approver: str = CISO.name
    note: Note | None = None

    def signed(self) -> Note:
        """Sign what the approval of this bundle states."""
        stated = statement(sha256(self.files), sha256(UPSTREAMS), self.serial, self.author, self.approver, "SEC-4412")
        return Note(stated).signed(self.signer)


def body(**changes: Any) -> dict[str, Any]:
    note = Told().signed().encode()
    approval = {
        "standing": "verified",
        "author": AUTHOR,
        "approver": CISO.name,
        "serial": 7,
        "ticket": "SEC-4412",
        "note_sha256": sha256(note),
        "key": CISO.vkey.encode(),
        **changes,
    }
    return {
        "bundle": {"sha256": "5" * 64, "policies": [], "upstreams_sha256": "6" * 64},
        "source": "start",
        "files_sha256": sha256(FILES),
        "approval": {name: value for name, value in approval.items() if value is not None},
    }


@pytest.fixture
def write(open_log: Any, tmp_path: Path) -> Callable[..., Path]:
    """Write a log with one activation, which claims what it is told to, and archive some texts; sign it."""

    def made(record: dict[str, Any], *texts: bytes) -> Path:
        log = open_log()
        for text in (FILES, UPSTREAMS, *texts):
            log.store_bundle(sha256(text), text)
        log.append_sync("policy.activated", record)
        place: Path = log.place
        with closing(sqlite3.connect(place)) as connection, connection:
            links = [link for (link,) in connection.execute("SELECT link FROM record ORDER BY seq")]
            note = Note(Checkpoint("log.example/audit", len(links), root_of(links)).encode())
            note = note.signed(read_signers(tmp_path / "home" / "keys")[0])
            connection.execute("INSERT INTO checkpoint (size, note) VALUES (?, ?)", (len(links), note.encode()))
        return place

    return made


def exported(place: Path) -> Path:
    out = place.with_name("out")
    with closing(SqliteSource(place)) as source:
        export(source, out, lambda _: None)
    return out


def found(place: Path) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.seq) for finding in verify(place).findings]


def test_an_approval_that_holds_is_believed_in_the_log_and_in_its_export(write: Callable[..., Path]) -> None:
    place = write(body(), Told().signed().encode())
    assert found(place) == []
    out = exported(place)
    assert found(out) == []
    assert {path.read_bytes() for path in (out / "texts").iterdir()} == {FILES, UPSTREAMS, Told().signed().encode()}


def test_one_without_a_ticket_holds_too(write: Callable[..., Path]) -> None:
    note = Note(statement(sha256(FILES), sha256(UPSTREAMS), 7, AUTHOR, CISO.name, "")).signed(CISO).encode()
    assert found(write(body(ticket=None, note_sha256=sha256(note)), note)) == []


BY_THIEF = Told(signer=THIEF).signed().encode()
OF_OTHER = Told(files=OTHER).signed().encode()
SELF = Told(author=CISO.name.upper()).signed().encode()
FORGED = Note(Told().signed().text, Told(files=OTHER).signed().signatures).encode()
UNSIGNED = Told().signed().text.encode()
STRANGER = Signer("stranger@acme.example", b"s" * 32)
LIES: dict[str, tuple[dict[str, Any], bytes | None]] = {
    "its note is absent": ({}, None),
    "its note is of another bundle": ({"note_sha256": sha256(OF_OTHER)}, OF_OTHER),
    "its note is by another key of that name": ({"note_sha256": sha256(BY_THIEF)}, BY_THIEF),
    "its note is wrongly signed": ({"note_sha256": sha256(FORGED)}, FORGED),
    "its note is not signed": ({"note_sha256": sha256(UNSIGNED)}, UNSIGNED),
    "its note is none": ({"note_sha256": sha256(b"yes")}, b"yes"),
    "its key is a stranger's": ({"key": STRANGER.vkey.encode()}, Told().signed().encode()),
    "it names somebody else": ({"approver": "ceo@acme.example"}, Told().signed().encode()),
    "it names another author": ({"author": "jo@acme.example"}, Told().signed().encode()),
    "it names another serial": ({"serial": 8}, Told().signed().encode()),
    "it names another ticket": ({"ticket": "SEC-1"}, Told().signed().encode()),
    "its author approved it": ({"author": CISO.name.upper(), "note_sha256": sha256(SELF)}, SELF),
    "it names no note": ({"note_sha256": None}, Told().signed().encode()),
    "it names no key": ({"key": None}, Told().signed().encode()),
    "it names no serial": ({"serial": None}, Told().signed().encode()),
    "its key is none": ({"key": "ciso@acme.example+00000000+" + "A" * 44}, Told().signed().encode()),
}


@pytest.mark.parametrize("name", LIES)
def test_t39_an_approval_that_is_called_verified_and_is_not_is_found(name: str, write: Callable[..., Path]) -> None:
    changes, note = LIES[name]
    place = write(body(**changes), *([] if note is None else [note]))
    assert found(place) == [("APPROVAL", SEQ)]
    assert found(exported(place)) == [("APPROVAL", SEQ)]
    without = Steps(log=[check for check in LOG_CHECKS if check.name != "approvals"])
    assert verify(place, steps=without).ok


@pytest.mark.parametrize("missing", [FILES, UPSTREAMS], ids=["files", "upstreams"])
def test_an_approval_of_what_nobody_can_read_any_more_is_found(missing: bytes, write: Callable[..., Path]) -> None:
    place = write(body(), Told().signed().encode())
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute("DROP TRIGGER bundle_text_no_delete")
        connection.execute("DELETE FROM bundle_text WHERE sha256 = ?", (sha256(missing),))
    assert found(place) == [("APPROVAL", SEQ)]


def test_a_note_under_another_digest_than_its_own_proves_nothing(write: Callable[..., Path]) -> None:
    place = write(body())
    with closing(sqlite3.connect(place)) as connection, connection:
        note = Told().signed().encode()
        values = (sha256(note), note + b"\n")
        connection.execute("INSERT INTO bundle_text (sha256, text) VALUES (?, ?)", values)
    assert found(place) == [("BUNDLE_TEXT", None), ("APPROVAL", SEQ)]


def test_a_note_that_is_longer_than_any_is_not_read(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    note = Told().signed().encode()
    place = write(body(), note)
    monkeypatch.setattr(approved, "MAX_NOTE_BYTES", len(note))
    assert found(place) == []
    monkeypatch.setattr(approved, "MAX_NOTE_BYTES", len(note) - 1)
    assert found(place) == [("APPROVAL", SEQ)]


def test_what_is_only_claimed_is_no_claim_of_a_signature(write: Callable[..., Path]) -> None:
    assert found(write(body(standing="claimed", key=None, note_sha256=None))) == []


def test_an_approval_is_kept_once_and_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approved, "MAX_CLAIMS", 2)
    kept = Approvals()
    note = Told().signed().encode()
    for seq, serial in enumerate((7, 7, 8, 7, 9, 10)):
        kept.take(seq, body(serial=serial))
    texts = [(sha256(text), text) for text in (note, FILES, UPSTREAMS)]
    assert [seq for seq, _ in kept.faults(iter(texts))] == [2, 4]
