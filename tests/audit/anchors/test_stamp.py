"""Time stamps: what a real authority says is believed, and nothing that resembles it."""

import base64
import datetime as dt
import hashlib
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from stamping import NOW, Authority, Issued, der, granted, root

from audit.anchors import stamp
from audit.anchors.stamp import MAX_BYTES, Authorities, Timed, WrongStamp, in_order
from audit.errors import AuditMismatch
from audit.proofs.note import Note
from audit.proofs.vkey import Signer

TEXT = b"log.example/audit\n11\nRQfvjG9TSSQ5ls1IYByQlsms43MTbVijE9ent3E0z6s=\n"
EARLIER = NOW - dt.timedelta(days=300)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "a")


@pytest.fixture(scope="module")
def response(authority: Authority) -> bytes:
    return in_order(authority.stamp(TEXT))


def check(authority: Authority, response: bytes, text: bytes = TEXT, nonce: int | None = None) -> stamp.Stamp:
    return Authorities.decode(authority.pem).check(in_order(response), text, nonce)


def test_a_stamp_says_when_and_by_whom(authority: Authority, response: bytes) -> None:
    found = check(authority, response)
    assert abs(found.at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)
    assert found.at.tzinfo == dt.UTC
    assert found.by == "CN=Stamps Nordwind"


def test_openssl_checks_the_same_bytes(authority: Authority, response: bytes, tmp_path: Path) -> None:
    note = Note(TEXT.decode()).signed(Signer("log.example/audit", bytes(32)))
    stamped = Note(note.text, (*note.signatures, stamp.line("tsa.example", response)))
    (tmp_path / "note").write_bytes(stamped.encode())
    (tmp_path / "root.pem").write_bytes(authority.pem)
    by_hand = "sed -n 1,3p note > text; tail -1 note | cut -d' ' -f3 | base64 -d | tail -c +5 > stamp.tsr; "
    by_hand += "openssl ts -verify -in stamp.tsr -data text -CAfile root.pem"
    ran = subprocess.run(["bash", "-c", by_hand], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip().splitlines()[-1:]) == (0, ["Verification: OK"]), ran.stderr
    timed = Authorities.decode(authority.pem).timed(Note.decode(stamped.encode()), "5" * 64)
    assert timed == Timed(note, check(authority, response), "5" * 64)


def test_the_first_good_stamp_below_a_head_is_taken_and_no_other_line(authority: Authority, response: bytes) -> None:
    trusted, note = (
        Authorities.decode(authority.pem),
        Note(TEXT.decode()).signed(Signer("log.example/audit", bytes(32))),
    )
    wrong = [stamp.line("other.example", b"?"), stamp.line("tsa.example", authority.stamp(b"another text"))]
    assert trusted.timed(note) is None
    assert trusted.timed(replace(note, signatures=(*wrong, *note.signatures))) is None
    borrowed = replace(stamp.line("tsa.example", response), name="log.example/audit")
    assert trusted.timed(replace(note, signatures=(*note.signatures, borrowed))) is None
    stamped = replace(note, signatures=(*wrong, *note.signatures, stamp.line("tsa.example", response)))
    timed = trusted.timed(stamped)
    assert timed is not None
    assert timed.note == note


def test_a_line_is_of_the_type_for_formats_of_ones_own() -> None:
    line = stamp.line("tsa.example", b"said").encode()
    key_hash = hashlib.sha256(b"tsa.example\n\xffRFC 3161 TimeStampResp").digest()[:4]
    assert line == f"\u2014 tsa.example {base64.b64encode(key_hash + b'said').decode()}\n"


def test_the_stamp_of_another_text_is_none(authority: Authority, response: bytes) -> None:
    with pytest.raises(WrongStamp):
        check(authority, response, TEXT.replace(b"11", b"12"))


def test_the_stamp_of_another_authority_is_none(authority: Authority, response: bytes) -> None:
    for other in (root(), root("Another Root")):
        with pytest.raises(WrongStamp):
            Authorities((other.certificate,)).check(response, TEXT)
    assert Authorities((root("Another Root").certificate, authority.root.certificate)).check(response, TEXT)


def test_an_answer_to_another_question_is_refused(authority: Authority) -> None:
    asked, nonce = stamp.request(TEXT)
    answer = authority.answer(asked)
    assert check(authority, answer, nonce=nonce)
    with pytest.raises(WrongStamp):
        check(authority, answer, nonce=nonce + 1)


def test_a_certificate_has_to_be_valid_when_it_stamped_and_not_now(authority: Authority, response: bytes) -> None:
    expired = authority.root.issue("Expired", ends=-dt.timedelta(days=100))
    assert check(authority, authority.at(response, EARLIER, expired)).at == EARLIER.replace(microsecond=0)
    with pytest.raises(WrongStamp):
        check(authority, authority.at(response, NOW, expired))


SERVERS = ExtendedKeyUsageOID.SERVER_AUTH
STAMPS = ExtendedKeyUsageOID.TIME_STAMPING
NO_STAMPERS = {
    "of_a_web_server": {"usage": [SERVERS]},
    "of_more_than_stamps": {"usage": [STAMPS, SERVERS]},
    "that_need_not_be_heeded": {"critical": False},
    "of_a_certifier": {"usage": None},
}


@pytest.mark.parametrize("kind", NO_STAMPERS)
def test_a_certificate_that_is_not_for_stamps_stamps_nothing(authority: Authority, response: bytes, kind: str) -> None:
    by = authority.root.issue("Nobody", **NO_STAMPERS[kind])  # type: ignore[arg-type]
    assert check(authority, authority.at(response, NOW, authority.root.issue("Somebody")))  # the same, but for that
    with pytest.raises(WrongStamp):
        check(authority, authority.at(response, NOW, by))


def test_a_certificate_of_the_same_number_lends_nothing_to_another(authority: Authority, response: bytes) -> None:
    by = authority.root.issue("Nobody", usage=[SERVERS])
    lender = root(authority.root.name).issue("Somebody", serial=by.certificate.serial_number)
    assert lender.certificate.issuer == by.certificate.issuer
    with pytest.raises(WrongStamp):
        check(authority, authority.at(response, NOW, by, [lender]))
    good = authority.root.issue("Stamps too")
    borrowed = root(authority.root.name).issue("Bank of Nordwind", serial=good.certificate.serial_number)
    assert check(authority, authority.at(response, NOW, good)).by == "CN=Stamps too"
    with pytest.raises(WrongStamp):
        check(authority, authority.at(response, NOW, good, [borrowed]))


def test_what_lies_between_comes_with_the_stamp_or_with_the_root(authority: Authority, response: bytes) -> None:
    between = authority.root.issue("Between", usage=None)
    by = between.issue("Somebody")
    assert check(authority, authority.at(response, NOW, by, [between]))
    with pytest.raises(WrongStamp):
        check(authority, authority.at(response, NOW, by))
    both = Authorities.decode(authority.pem + between.pem)
    assert both.check(in_order(authority.at(response, NOW, by)), TEXT)


def test_a_certificate_that_certifies_nobody_does_not_make_others_good(authority: Authority, response: bytes) -> None:
    stamper = authority.root.issue("Somebody")
    with pytest.raises(WrongStamp):
        check(authority, authority.at(response, NOW, stamper.issue("Nobody"), [stamper]))


@pytest.mark.parametrize("status", range(1, 7))
def test_only_what_was_granted_as_it_was_asked_for_counts(authority: Authority, response: bytes, status: int) -> None:
    said = b"\x30\x03\x02\x01%c"
    assert said % 0 in response[:16]
    with pytest.raises(WrongStamp):
        check(authority, response.replace(said % 0, said % status, 1))
    with pytest.raises(WrongStamp):
        Authorities.decode(authority.pem).check(der(0x30, said % status), TEXT)


@pytest.mark.parametrize(
    "said",
    [b"", b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x88" + b"\xff" * 8, b"<html>", granted(b"")],
    ids=range(7),
)
def test_what_is_no_stamp_at_all_is_one_error(authority: Authority, said: bytes) -> None:
    for read in (lambda given: given, in_order):
        with pytest.raises(WrongStamp):
            Authorities.decode(authority.pem).check(read(said), TEXT)


@pytest.mark.filterwarnings("ignore")
def test_bytes_that_were_changed_are_the_same_stamp_or_none(authority: Authority, response: bytes) -> None:
    """Nothing signs the certificates beside a stamp: a change there may not matter, but what it says never moves."""
    seed = random.randrange(2**32)
    chosen, trusted, refused = random.Random(seed), Authorities.decode(authority.pem), 0
    true = trusted.check(response, TEXT)
    for _ in range(400):
        changed = bytearray(response)
        at = chosen.randrange(len(changed))
        if chosen.random() < 0.5:
            changed[at] ^= 1 << chosen.randrange(8)
        else:
            changed[at : at + chosen.randrange(3)] = chosen.randbytes(chosen.randrange(3))
        try:
            assert trusted.check(in_order(bytes(changed)), TEXT) == true, seed
        except WrongStamp:
            refused += 1
    assert refused > 100, seed


def test_certificates_in_any_order_are_read(authority: Authority, response: bytes) -> None:
    one, other = sorted(issued.der for issued in (authority.signer, authority.root))
    assert one + other in response
    turned = response.replace(one + other, other + one)
    with pytest.raises(WrongStamp):
        Authorities.decode(authority.pem).check(turned, TEXT)
    assert in_order(turned) == response
    assert len(response) < MAX_BYTES / 4


def test_a_response_without_certificates_is_left_as_it_is(authority: Authority) -> None:
    asked, _ = stamp.request(TEXT)
    wanted, unwanted = b"\x01\x01\xff", b"\x01\x01\x00"  # that they be sent is the last thing that is asked
    assert asked.endswith(wanted)
    bare = authority.answer(asked[: -len(wanted)] + unwanted)
    assert authority.signer.der not in bare
    assert in_order(bare) == bare
    with pytest.raises(WrongStamp):  # whose it is cannot be said
        Authorities.decode(authority.pem + authority.signer.pem).check(bare, TEXT)


def test_certificates_are_read_from_a_file_of_them(authority: Authority) -> None:
    assert len(Authorities.decode(authority.pem + b"\n# another\n" + root().pem).roots) == 2
    for wrong in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", authority.pem[:-40]):
        with pytest.raises(ValueError, match="not a certificate in PEM"):
            Authorities.decode(wrong)


def test_a_name_cannot_write_on_a_terminal(authority: Authority, response: bytes) -> None:
    by: Issued = authority.root.issue("Some\x1b[2Jbody")
    assert "\x1b" not in check(authority, authority.at(response, NOW, by)).by


def test_the_library_is_imported_for_the_first_stamp_and_its_absence_is_one_line(
    authority: Authority, response: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "import sys, audit.anchors.stamp, audit.verification.verifier; print('rfc3161_client' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(AuditMismatch, match="pip install rfc3161-client"):
        check(authority, response)
