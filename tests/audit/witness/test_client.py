"""The log's side of a witness: what is cosigned, caught up with, refused and never believed."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from witnessing import COSIGNER, LOG, ORIGIN, History, Leaves

from audit.errors import AuditMismatch, AuditUnavailable
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.cosignature import Cosigner
from audit.proofs.merkle import Frontier
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.witness.client import RECEIPT_EVERY_S, Address, NotCosigned, WitnessKeeper
from audit.witness.remembered import Remembered
from audit.witness.request import SIZE
from audit.witness.server import WitnessServer

A, B = History("a", 3), History("b", 3)


@dataclass
class Desk:
    """What became of receipts."""

    works: bool = True
    told: list[bytes] = field(default_factory=list)

    def __call__(self, note: bytes) -> bool:
        if self.works:
            self.told.append(note)
        return self.works


def keeper(
    running: HTTPServer,
    history: History = A,
    size: int = 100,
    desk: Callable[[bytes], bool] | None = None,
    file: Path | None = None,
) -> WitnessKeeper:
    address = Address(f"http://127.0.0.1:{running.server_port}/", COSIGNER.vkey)
    remembered = Remembered(file or Path("/none/there"))
    source = Leaves(history, size)
    return WitnessKeeper(address, lambda: ORIGIN, lambda: source, desk or Desk(), remembered, clock=lambda: 0.0)


def kept(one: WitnessKeeper) -> int:
    newest = one.newest()
    assert newest is not None
    note = Note.decode(newest)
    assert note.verified([COSIGNER.vkey, LOG.vkey]) == (LOG.vkey, COSIGNER.vkey)
    return Checkpoint.of(note).size


def test_the_last_of_the_checkpoints_is_cosigned_and_told_of(running: WitnessServer) -> None:
    desk = Desk()
    one = keeper(running, desk=desk)
    assert one.newest() is None
    one.keep([A.note(4).encode(), A.note(9).encode()])
    assert kept(one) == 9
    assert Note.decode(desk.told[0]).verified([COSIGNER.vkey]) == (COSIGNER.vkey,)
    one.keep([A.note(20).encode()])
    assert kept(one) == 20


def test_a_process_that_starts_again_goes_on_from_what_the_witness_has_seen(running: WitnessServer) -> None:
    keeper(running).keep([A.note(9).encode()])
    with_a_look, without = keeper(running), keeper(running)
    assert kept(with_a_look) == 9
    with_a_look.keep([A.note(20).encode()])
    without.keep([A.note(30).encode()])
    assert kept(without) == 30


def test_another_server_on_the_same_log_that_was_faster_is_no_trouble(running: WitnessServer) -> None:
    one, other = keeper(running), keeper(running)
    one.keep([A.note(9).encode()])
    other.keep([A.note(12).encode()])
    one.keep([A.note(10).encode()])
    one.keep([A.note(15).encode()])
    other.keep([A.note(20).encode()])
    assert kept(one) == kept(other) == 20


def test_t13_the_other_half_of_a_split_brain_is_not_cosigned_and_learns_what_was(running: WitnessServer) -> None:
    keeper(running).keep([A.note(9).encode()])
    for size in (9, 20):
        other = keeper(running, B)
        with pytest.raises(NotCosigned):
            other.keep([B.note(size).encode()])
        assert kept(other) == 9
        with pytest.raises(NotCosigned, match="another log"):
            other.keep([B.note(size).encode()])
    assert kept(keeper(running)) == 9


def test_t12_a_log_that_lost_what_was_cosigned_is_not_called_cosigned(running: WitnessServer) -> None:
    keeper(running).keep([A.note(50).encode()])
    for look in (True, False):
        restored = keeper(running, size=20)
        assert not look or kept(restored) == 50
        with pytest.raises(NotCosigned, match="has seen 50 records"):
            restored.keep([A.note(20).encode()])


def test_a_log_that_is_not_what_was_signed_is_not_offered(running: WitnessServer) -> None:
    one = keeper(running, B)
    with pytest.raises(NotCosigned, match="not what was signed"):
        one.keep([A.note(9).encode()])
    assert one.newest() is None


def test_receipts_are_told_once_an_hour_and_again_until_somebody_takes_one(running: WitnessServer) -> None:
    desk, now = Desk(works=False), [0.0]
    one = keeper(running, desk=desk)
    one._clock = lambda: now[0]
    for size in (1, 2):
        one.keep([A.note(size).encode()])
    assert desk.told == []
    desk.works = True
    for size, later in ((3, 0.0), (4, RECEIPT_EVERY_S - 1), (5, 1.0), (6, 1.0)):
        now[0] += later
        one.keep([A.note(size).encode()])
    assert [Checkpoint.of(Note.decode(note)).size for note in desk.told] == [3, 5]


def test_a_log_that_cannot_be_read_now_is_asked_again_later(running: WitnessServer) -> None:
    one = keeper(running)
    working = one._source

    def gone() -> Leaves:
        raise AuditUnavailable("io")

    one._source = gone
    with pytest.raises(NotCosigned):
        one.keep([A.note(9).encode()])
    one._source = working
    one.keep([A.note(9).encode()])
    assert kept(one) == 9


def test_a_log_that_has_no_keys_yet_has_nothing_at_a_witness(running: WitnessServer) -> None:
    def missing() -> str:
        raise AuditMismatch("no key")

    one = keeper(running)
    one._origin = missing
    with pytest.raises(NotCosigned, match="no key"):
        one.newest()


def test_a_process_that_starts_again_reads_only_what_is_new_and_all_of_it_where_it_remembers_wrong(
    running: WitnessServer, tmp_path: Path
) -> None:
    file = tmp_path / "seen.json"
    keeper(running, file=file).keep([A.note(90).encode()])
    remembered = file.read_bytes()
    for content, read in ((remembered, 5), (b"", 95), (b'{"size": 3, "peaks": ["00"]}', 95)):
        file.write_bytes(content)
        one = keeper(running, file=file)
        source = one._source()
        one.newest()
        one.keep([A.note(95).encode()])
        assert source.read == read
        file.write_bytes(content)
    Remembered(file).save(Frontier(95, [bytes(32)] * 6))
    one = keeper(running, file=file)
    one.keep([A.note(90).encode()])
    with pytest.raises(NotCosigned):
        one.keep([A.note(99).encode()])
    one.keep([A.note(99).encode()])
    assert kept(one) == 99
    assert json.loads(file.read_bytes())["size"] == 99


def test_a_memory_that_cannot_be_written_is_done_without(running: WitnessServer, tmp_path: Path) -> None:
    one = keeper(running, file=tmp_path / "none" / "seen.json")
    one.keep([A.note(9).encode()])
    assert kept(one) == 9


class Liar(HTTPServer):
    """Answers whatever it is told to, by path."""

    def __init__(self, **answers: tuple[int, str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Lies)
        self.answers = answers


class Lies(BaseHTTPRequestHandler):
    server: Liar

    def do_GET(self) -> None:
        status, kind, body = self.server.answers.get(self.command, (404, "text/plain", b""))
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name is the server's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def liar() -> Iterator[Liar]:
    made = Liar()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


STRANGER = Cosigner(Signer("witness.example/w1", bytes(range(32))))
FORGED = COSIGNER.cosign(A.note(9).text, 1)


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/plain", b""),
        (200, "text/plain", STRANGER.cosign(A.note(9).text, 1).encode().encode()),
        (200, "text/plain", COSIGNER.cosign(A.note(8).text, 1).encode().encode()),
        (200, "text/plain", replace(FORGED, value=FORGED.value[:-1] + b"\0").encode().encode()),
        (200, "text/plain", b"\xff\xfe\n"),
        (200, "text/plain", b"\n" * 100_000),
        (409, "text/plain", b"4\n"),
        (409, SIZE, b"04\n"),
        (409, SIZE, b"\xff"),
        (409, SIZE, b"4\n"),  # for ever
        (409, SIZE, b"9000\n"),
        *((status, "text/plain", b"") for status in (302, 400, 403, 404, 422, 500, 503)),
    ],
)
def test_any_other_answer_leaves_a_checkpoint_without_a_cosignature(liar: Liar, answer: tuple[int, str, bytes]) -> None:
    liar.answers = {"POST": answer}
    desk = Desk()
    one = keeper(liar, desk=desk)
    with pytest.raises((OSError, ValueError)):
        one.keep([A.note(9).encode()])
    assert (one.newest(), desk.told) == (None, [])


def test_a_cosignature_among_others_is_found_and_the_rest_is_left_out(liar: Liar) -> None:
    other = Cosigner(Signer("witness.example/w2", bytes(range(32))))
    lines = [other.cosign(A.note(9).text, 1).encode(), FORGED.encode(), STRANGER.cosign(A.note(9).text, 1).encode()]
    liar.answers = {"POST": (200, "text/plain", "".join(lines).encode())}
    desk = Desk()
    keeper(liar, desk=desk).keep([A.note(9).encode()])
    assert Note.decode(desk.told[0]).signatures == (*A.note(9).signatures, FORGED)


@pytest.mark.parametrize(
    "note",
    [
        A.note(9),
        replace(A.note(9), signatures=(*A.note(9).signatures, STRANGER.cosign(A.note(9).text, 1))),
        replace(A.note(9), signatures=(*A.note(9).signatures, COSIGNER.cosign(A.note(8).text, 1))),
        Note(other := Checkpoint("other.example/log", 9, bytes(32)).encode(), (COSIGNER.cosign(other, 1),)),
    ],
)
def test_what_the_witness_has_not_cosigned_is_not_its_newest_checkpoint(liar: Liar, note: Note) -> None:
    liar.answers = {"GET": (200, "text/plain", note.encode())}
    with pytest.raises(NotCosigned):
        keeper(liar).newest()


def test_a_witness_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    nobody = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    nobody.server_close()
    with pytest.raises(OSError, match="refused"):
        keeper(nobody).newest()
