"""What an approval is worth: of this bundle, by this person, and no older one."""

import hashlib
from pathlib import Path

import pytest
from approving import approve, policy, subject
from hypothesis import given
from hypothesis import strategies as st

from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.records.kinds import APPROVAL
from proxy.approvals.approval import Approval, Newest, Standing, decode, find
from proxy.approvals.statement import FILE, Statement, Subject
from proxy.files.diagnostics import FileRefused, Problems
from proxy.settings import Settings

OTHER = Subject("0" * 64, "1" * 64)


def known(settings: Settings, newest: Newest | None = None) -> tuple[Approval | None, list[str]]:
    upstreams = settings.upstreams.read_bytes()
    found, said = find(settings, policy(settings), upstreams, lambda: newest)
    return found, [f"{one.line} {one.severity} {one.code}" for one in said]


def refusal(settings: Settings, newest: Newest | None = None) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        known(settings, newest)
    assert all(found.file in {FILE, "signers"} for found in refused.value.diagnostics)
    return [f"{found.line} {found.code}" for found in refused.value.diagnostics if found.severity == "error"]


def test_the_approvers_signature_verifies_an_approval(required: Settings, ciso: Signer) -> None:
    approve(required, ciso, serial=3)
    found, said = known(required)
    assert found is not None
    assert (found.standing, found.author, found.approver) == (
        Standing.VERIFIED,
        "dana@acme.example",
        "ciso@acme.example",
    )
    assert (found.serial, found.ticket, found.key) == (3, "SEC-4412", ciso.vkey)
    assert found.note == (required.policies / FILE).read_bytes()
    assert found.note_sha256 == hashlib.sha256(found.note).hexdigest()
    assert said == []


def test_a_record_of_it_fits_and_a_stranger_can_check_it_from_the_note(settings: Settings, ciso: Signer) -> None:
    statement = approve(settings, ciso)
    found, _ = known(settings)
    assert found is not None
    record = found.record()
    assert APPROVAL.compile()(record) is None
    note = Note.decode(found.note)
    assert [vkey.encode() for vkey in note.verified([ciso.vkey])] == [record["key"]]
    assert note.text == statement.text()


def test_no_file_is_no_approval(settings: Settings, required: Settings) -> None:
    assert known(settings) == (None, [])
    assert refusal(required) == ["1 approval-missing"]


def test_what_nobody_signed_is_claimed(settings: Settings, required: Settings) -> None:
    approve(settings)
    found, said = known(settings)
    assert found is not None
    assert (found.standing, found.key, said) == (Standing.CLAIMED, None, [])
    assert APPROVAL.compile()(found.record()) is None
    assert refusal(required) == ["6 approval-unsigned"]


def test_what_an_unknown_key_of_the_same_name_signed_is_claimed(
    settings: Settings, required: Settings, stranger: Signer
) -> None:
    approve(settings, stranger)
    found, _ = known(settings)
    assert found is not None
    assert found.standing is Standing.CLAIMED
    assert refusal(required) == ["6 approval-unsigned"]


@pytest.mark.parametrize("approver", ["lead@acme.example", "CISO@acme.example"])
def test_a_known_key_speaks_for_its_own_name_only(
    settings: Settings, required: Settings, ciso: Signer, approver: str
) -> None:
    approve(settings, ciso, approver=approver)
    found, _ = known(settings)
    assert found is not None
    assert found.standing is Standing.CLAIMED
    assert refusal(required) == ["6 approval-unsigned"]


def test_a_key_that_is_known_no_more_verifies_no_more(required: Settings, ciso: Signer) -> None:
    approve(required, ciso)
    assert known(required)[0] is not None
    assert required.policy_signers is not None
    required.policy_signers.write_text("# he left\n")
    assert refusal(required) == ["6 approval-unsigned"]


def test_further_signatures_do_no_harm(required: Settings, ciso: Signer, stranger: Signer) -> None:
    approve(required, stranger, ciso, Signer.generate("auditor"))
    found, _ = known(required)
    assert found is not None
    assert found.key == ciso.vkey


@pytest.mark.parametrize("author", ["ciso@acme.example", "CISO@Acme.example"])
def test_nobody_approves_what_they_wrote(settings: Settings, required: Settings, ciso: Signer, author: str) -> None:
    approve(settings, ciso, author=author)
    assert refusal(settings) == ["6 approval-self-approved"]
    assert refusal(required) == ["6 approval-self-approved"]


def test_an_approval_of_another_bundle_is_none(settings: Settings, required: Settings, ciso: Signer) -> None:
    approve(settings, ciso, about=OTHER)
    assert known(settings) == (None, ["2 warning approval-other-bundle", "3 warning approval-other-bundle"])
    assert refusal(required) == ["2 approval-other-bundle", "3 approval-other-bundle"]


@pytest.mark.parametrize("name", ["taxonomy.yaml", "soc2.yaml", "exceptions.yaml"])
def test_a_comment_more_in_any_file_is_another_bundle(
    settings: Settings, required: Settings, ciso: Signer, name: str
) -> None:
    approve(settings, ciso)
    with (settings.policies / name).open("a") as file:
        file.write("#")
    assert known(settings) == (None, ["2 warning approval-other-bundle"])
    assert refusal(required) == ["2 approval-other-bundle"]


def test_a_comment_more_in_the_upstream_file_is_another_bundle(required: Settings, ciso: Signer) -> None:
    approve(required, ciso)
    with required.upstreams.open("a") as file:
        file.write("#")
    assert refusal(required) == ["3 approval-other-bundle"]


def test_a_file_more_is_another_bundle(required: Settings, ciso: Signer) -> None:
    approve(required, ciso)
    (required.policies / "more.yaml").write_bytes((required.policies / "exceptions.yaml").read_bytes())
    (required.policies / "exceptions.yaml").unlink()
    assert refusal(required) == ["2 approval-other-bundle"]


def test_no_other_byte_of_the_note_is_taken(required: Settings, ciso: Signer) -> None:
    approve(required, ciso)
    path, taken = required.policies / FILE, policy(required)
    good, upstreams = path.read_bytes(), required.upstreams.read_bytes()
    assert find(required, taken, upstreams)[0] is not None
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(FileRefused):
            find(required, taken, upstreams)


def test_a_known_key_that_did_not_sign_is_a_lie_even_where_nothing_has_to_be_signed(
    settings: Settings, ciso: Signer
) -> None:
    approve(settings, ciso)
    path = settings.policies / FILE
    path.write_bytes(path.read_bytes().replace(b"SEC-4412", b"SEC-4413"))
    assert refusal(settings) == ["9 approval-wrong-signature"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "1 not-an-approval"),
        (b"\xff", "1 not-an-approval"),
        (b"approved!\n", "1 not-an-approval"),
        (b"ringfence.policy/v1\n\nnothing\n", "3 not-an-approval"),
        (b"ringfence.policy/v1\n\n", "2 not-an-approval"),
    ],
)
def test_a_file_that_is_no_approval_is_refused_even_where_none_is_needed(
    settings: Settings, data: bytes, expected: str
) -> None:
    (settings.policies / FILE).write_bytes(data)
    assert refusal(settings) == [expected]


def test_a_directory_in_its_place_is_refused(settings: Settings) -> None:
    (settings.policies / FILE).mkdir()
    assert refusal(settings) == ["1 unreadable"]


@pytest.mark.parametrize(
    ("serial", "newest", "expected"),
    [
        (2, None, []),
        (3, 2, []),
        (2, 2, []),
        (1, 2, ["4 approval-older"]),
    ],
)
def test_an_older_one_than_was_in_force_is_refused(
    required: Settings, ciso: Signer, serial: int, newest: int | None, expected: list[str]
) -> None:
    statement = approve(required, ciso, serial=serial)
    before = Newest(newest, statement.subject) if newest else None
    if expected:
        assert refusal(required, before) == expected
    else:
        assert known(required, before)[0] is not None


@pytest.mark.parametrize("about", [OTHER, None])
def test_a_serial_that_another_bundle_had_is_refused(required: Settings, ciso: Signer, about: Subject | None) -> None:
    approve(required, ciso, serial=2)
    assert refusal(required, Newest(2, about)) == ["4 approval-older"]


def test_age_is_no_matter_where_nothing_has_to_be_signed(settings: Settings, ciso: Signer) -> None:
    approve(settings, ciso, serial=1)
    assert known(settings, Newest(2, OTHER))[0] is not None


def test_no_source_is_no_approval(settings: Settings, ciso: Signer) -> None:
    approve(settings, ciso)
    assert known(settings.model_copy(update={"policy_approvals": "none"})) == (None, [])


def test_signers_that_cannot_be_read_are_refused(settings: Settings, ciso: Signer) -> None:
    approve(settings, ciso)
    assert settings.policy_signers is not None
    settings.policy_signers.write_text("nonsense\n")
    assert refusal(settings) == ["1 not-a-key"]


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    problems = Problems()
    assert (decode(data, problems) is None) == problems.failed


def test_what_is_approved_are_texts_and_not_meanings(settings: Settings, tmp_path: Path) -> None:
    now = subject(settings)
    assert now.upstreams == hashlib.sha256(settings.upstreams.read_bytes()).hexdigest()
    assert now.files == hashlib.sha256(policy(settings).text()).hexdigest()
    assert Statement(now, 1, "a", "b").subject == now
