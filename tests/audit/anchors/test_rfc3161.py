"""Checkpoints at a time-stamp authority: stamped by a real one, and never by what pretends to be one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from stamping import Authority, Office

from audit.anchors import rfc3161 as anchor_rfc3161
from audit.anchors.rfc3161 import RECEIPT_EVERY_S, TimestampKeeper
from audit.anchors.stamp import MAX_BYTES, Authorities, WrongStamp
from audit.errors import AuditMismatch
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.proofs.vkey import Signer

SIGNER = Signer("log.example/audit", bytes(32))


def note(size: int) -> bytes:
    return Note(Checkpoint(SIGNER.name, size, bytes([size]) * 32).encode()).signed(SIGNER).encode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("tsa") / "a")
    (made.folder / "root.pem").write_bytes(made.pem)
    return made


@dataclass
class Bench:
    """A keeper, who was told of receipts, and a clock."""

    authority: Authority
    folder: Path
    works: bool = True
    told: list[bytes] = field(default_factory=list)
    now: float = 0.0

    def tell(self, stamped: bytes) -> bool:
        if self.works:
            self.told.append(stamped)
        return self.works

    def keeper(self, url: str) -> TimestampKeeper:
        root = self.authority.folder / "root.pem"
        return TimestampKeeper(url, root, self.folder / "stamped", self.tell, clock=lambda: self.now)

    def office(self, answer: Callable[[bytes], tuple[int, bytes]] | None = None) -> Office:
        return Office(answer or (lambda asked: (200, self.authority.answer(asked))))


@pytest.fixture
def bench(authority: Authority, tmp_path: Path) -> Bench:
    return Bench(authority, tmp_path)


def test_the_last_of_the_checkpoints_is_stamped_remembered_and_told_of(bench: Bench) -> None:
    with bench.office().open() as office:
        one = bench.keeper(office.url)
        assert one.newest() is None
        one.keep([note(4), note(9)])
        assert office.asked == [("/tsr", "application/timestamp-query")]
    stamped = Note.decode(bench.told[0])
    assert bench.told == [one.newest()] == [bench.keeper(office.url).newest()]
    assert stamped.signatures[:-1] == Note.decode(note(9)).signatures
    assert (stamped.text, stamped.signatures[-1].name) == (Note.decode(note(9)).text, "127.0.0.1")
    timed = Authorities.decode(bench.authority.pem).timed(stamped)
    assert timed is not None
    assert timed.note == Note.decode(note(9))


def test_receipts_are_told_once_an_hour_and_again_until_somebody_takes_one(bench: Bench) -> None:
    bench.works = False
    with bench.office().open() as office:
        one = bench.keeper(office.url)
        for size, later in ((1, 0.0), (2, 0.0), (3, 1.0), (4, RECEIPT_EVERY_S - 1), (5, 1.0), (6, 1.0)):
            bench.now += later
            bench.works = size > 2
            one.keep([note(size)])
    assert [Checkpoint.of(Note.decode(told)).size for told in bench.told] == [3, 5]
    assert Checkpoint.of(Note.decode(one.newest() or b"")).size == 6


def other_text(bench: Bench, _: bytes) -> tuple[int, bytes]:
    return 200, bench.authority.stamp(b"another checkpoint")


def other_question(bench: Bench, _: bytes) -> tuple[int, bytes]:
    return 200, bench.authority.stamp(Note.decode(note(9)).text.encode())


def other_authority(bench: Bench, asked: bytes) -> tuple[int, bytes]:
    return 200, Authority(bench.folder / "other").answer(asked)


def rejection(bench: Bench, _: bytes) -> tuple[int, bytes]:
    return 200, bench.authority.answer(b"what openssl takes for no request")


def with_changes(bench: Bench, asked: bytes) -> tuple[int, bytes]:
    return 200, bench.authority.answer(asked).replace(b"\x30\x03\x02\x01\x00", b"\x30\x03\x02\x01\x01", 1)


def too_much(bench: Bench, asked: bytes) -> tuple[int, bytes]:
    return 200, bench.authority.answer(asked) + b"\0" * MAX_BYTES


def error(bench: Bench, asked: bytes) -> tuple[int, bytes]:
    return 503, bench.authority.answer(asked)


def elsewhere(bench: Bench, asked: bytes) -> tuple[int, bytes]:
    return 302, bench.authority.answer(asked)


def nonsense(_: Bench, __: bytes) -> tuple[int, bytes]:
    return 200, b"<html>Sorry</html>"


ANSWERS = (
    *(other_text, other_question, other_authority, rejection, with_changes, too_much, error, elsewhere, nonsense),
)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.__name__)
def test_any_other_answer_leaves_a_checkpoint_without_a_stamp(
    bench: Bench, answer: Callable[[Bench, bytes], tuple[int, bytes]]
) -> None:
    with bench.office(lambda asked: answer(bench, asked)).open() as office:
        one = bench.keeper(office.url)
        with pytest.raises((OSError, WrongStamp)) as failed:
            one.keep([note(9)])
        assert len(office.asked) == 1
    assert (one.newest(), bench.told) == (None, [])
    assert "Sorry" not in str(failed.value)


def test_what_was_remembered_and_is_damaged_is_forgotten(bench: Bench) -> None:
    with bench.office().open() as office:
        one = bench.keeper(office.url)
        for content in (b"", b"half a no", note(3)[:-9]):
            (bench.folder / "stamped").write_bytes(content)
            assert one.newest() is None
        one.keep([note(4)])
    assert Checkpoint.of(Note.decode(one.newest() or b"")).size == 4


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\n"], ids=["none", "empty", "cut"])
def test_without_certificates_to_check_by_nobody_is_asked(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "root.pem").write_bytes(content)
    with pytest.raises(AuditMismatch, match=r"root\.pem"):
        TimestampKeeper("http://127.0.0.1:1/", tmp_path / "root.pem", tmp_path / "stamped", lambda _: True)


def test_without_the_library_there_is_no_keeper(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise AuditMismatch("pip install rfc3161-client")

    monkeypatch.setattr(anchor_rfc3161, "client", missing)
    with pytest.raises(AuditMismatch, match="pip install"):
        bench.keeper("http://127.0.0.1:1/")
