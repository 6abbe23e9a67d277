"""Keys and approvals as people make them, judged as a server would."""

from dataclasses import replace
from pathlib import Path

import pytest
from approving import APPROVER, AUTHOR, approve, policy, subject

from audit.log import AuditLog
from audit.proofs.note import Note
from audit.proofs.vkey import Signer, VerifierKey
from proxy.approvals import office
from proxy.approvals.approval import Approval, Standing, find
from proxy.approvals.statement import FILE, MAX_SERIAL
from proxy.errors import ConfigurationError
from proxy.files.diagnostics import FileRefused
from proxy.policy.commands.common import Wish
from proxy.settings import Settings


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings that the office will find."""
    for name in ("home", "policies", "upstreams", "policy_signers"):
        monkeypatch.setenv(f"RINGFENCE_{name.upper()}", str(getattr(settings, name)))
    return settings


@pytest.fixture
def wish(tmp_path: Path, ciso: Signer) -> Wish:
    (tmp_path / "ciso.key").write_text(f"{ciso.encode()}\n")
    (tmp_path / "ciso.key").chmod(0o600)
    return Wish(AUTHOR, tmp_path / "ciso.key", "", "SEC-4412", None)


def sign(settings: Settings, wish: Wish) -> office.Account:
    return office.sign(settings.policies, policy(settings), wish)


def judged(settings: Settings) -> Approval | None:
    return find(settings, policy(settings), settings.upstreams.read_bytes())[0]


def test_a_key_is_for_its_owner_only_and_belongs_to_the_line_that_is_shown(tmp_path: Path) -> None:
    line = office.keygen(APPROVER, tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert Signer.decode((tmp_path / "key").read_text().strip()).vkey == VerifierKey.decode(line)


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("kept")
    with pytest.raises(ConfigurationError, match="exists already"):
        office.keygen(APPROVER, tmp_path / "key")
    assert (tmp_path / "key").read_text() == "kept"


@pytest.mark.parametrize("name", ["", "a b", "dana+policies@acme.example", "a\n", "*"])
def test_a_name_that_no_key_or_record_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the name"):
        office.keygen(name, tmp_path / "key")
    assert not (tmp_path / "key").exists()


def test_a_key_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        office.keygen(APPROVER, tmp_path / "nowhere" / "key")


def test_what_is_signed_is_verified_and_says_what_lies_there(settings: Settings, wish: Wish, ciso: Signer) -> None:
    said = sign(settings, wish)
    found = judged(settings)
    assert found is not None
    assert (found.standing, found.serial, found.ticket) == (Standing.VERIFIED, 1, "SEC-4412")
    now = subject(settings)
    assert (said["files"], said["upstreams"], said["serial"]) == (now.files, now.upstreams, 1)
    assert ciso.vkey.encode() in str(said["approval"])
    assert (settings.policies / FILE).stat().st_mode & 0o777 == 0o644


def test_each_approval_has_the_next_serial_unless_another_is_given(settings: Settings, wish: Wish) -> None:
    assert [sign(settings, wish)["serial"] for _ in range(3)] == [1, 2, 3]
    assert sign(settings, replace(wish, serial=40))["serial"] == 40
    assert sign(settings, wish)["serial"] == 41


@pytest.mark.parametrize("high", [office.MAX_NEXT, MAX_SERIAL - 1, MAX_SERIAL])
def test_a_serial_that_leaves_no_room_is_not_taken_from_a_file_that_its_author_can_write(
    settings: Settings, wish: Wish, high: int
) -> None:
    """Signed once, the highest one would be the last: nothing newer could ever come into force."""
    approve(settings, serial=high)
    with pytest.raises(ConfigurationError, match="--serial"):
        sign(settings, wish)
    assert sign(settings, replace(wish, serial=7))["serial"] == 7


def test_a_name_without_a_key_makes_a_claim(settings: Settings, wish: Wish) -> None:
    said = sign(settings, replace(wish, key=None, approver=APPROVER))
    found = judged(settings)
    assert found is not None
    assert (found.standing, found.approver) == (Standing.CLAIMED, APPROVER)
    assert "nobody signed" in str(said["approval"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"author": APPROVER.upper()}, "nobody approves what they wrote"),
        ({"author": "two words"}, "--author"),
        ({"ticket": "two words"}, "--ticket"),
        ({"key": None, "approver": "two words"}, "the approver"),
        ({"serial": 0}, "serial"),
        ({"serial": MAX_SERIAL + 1}, "serial"),
        ({"key": Path("nowhere")}, "cannot be read"),
    ],
)
def test_what_would_be_refused_later_is_not_signed(
    settings: Settings, wish: Wish, change: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        sign(settings, replace(wish, **change))  # type: ignore[arg-type]
    assert not (settings.policies / FILE).exists()


def test_a_key_that_others_can_read_is_not_used(settings: Settings, wish: Wish) -> None:
    assert wish.key is not None
    wish.key.chmod(0o644)
    with pytest.raises(ConfigurationError, match="0600"):
        sign(settings, wish)


def test_a_file_that_is_no_approval_is_not_written_over(settings: Settings, wish: Wish) -> None:
    (settings.policies / FILE).write_text("notes about approvals\n")
    with pytest.raises(FileRefused, match="not-an-approval"):
        sign(settings, wish)
    assert (settings.policies / FILE).read_text() == "notes about approvals\n"


def test_no_other_file_is_left_behind(settings: Settings, wish: Wish) -> None:
    before = {path.name for path in settings.policies.iterdir()}
    sign(settings, wish)
    sign(settings, wish)
    assert {path.name for path in settings.policies.iterdir()} == before | {FILE}


def test_a_directory_that_cannot_be_written_is_an_error(settings: Settings, wish: Wish) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        office.sign(settings.home, policy(settings), wish)


def test_an_approval_that_cannot_be_put_in_its_place_leaves_nothing_beside_it(settings: Settings, wish: Wish) -> None:
    (settings.policies / FILE).mkdir()
    before = sorted(settings.policies.iterdir())
    with pytest.raises(ConfigurationError, match="cannot be written"):
        sign(settings, replace(wish, serial=1))
    assert sorted(settings.policies.iterdir()) == before


def test_a_standing_is_told_with_what_it_rests_on(settings: Settings, wish: Wish, ciso: Signer) -> None:
    assert office.standing(settings.policies, policy(settings)) == (None, ())
    sign(settings, wish)
    account, said = office.standing(settings.policies, policy(settings))
    assert account is not None
    assert (account["approval"], account["key"], said) == ("verified", ciso.vkey.encode(), ())
    assert account["files"] == subject(settings).files
    approve(settings)
    assert (office.standing(settings.policies, policy(settings))[0] or {})["approval"] == "claimed"


def test_what_a_server_would_refuse_is_told(
    settings: Settings, wish: Wish, monkeypatch: pytest.MonkeyPatch, ciso: Signer
) -> None:
    monkeypatch.setenv("RINGFENCE_POLICY_SIGNATURES_REQUIRED", "true")
    account, said = office.standing(settings.policies, policy(settings))
    assert (account, [found.code for found in said]) == (None, ["approval-missing"])
    note = Note(approve(settings, ciso).text().replace(AUTHOR, "else@acme.example")).signed(Signer.generate("x"))
    (settings.policies / FILE).write_bytes(note.encode())
    account, said = office.standing(settings.policies, policy(settings))
    assert (account, [found.code for found in said]) == (None, ["approval-unsigned"])


def test_age_is_judged_by_the_log_if_it_lies_here(
    settings: Settings, wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_POLICY_SIGNATURES_REQUIRED", "true")
    sign(settings, replace(wish, serial=5))
    found = judged(settings)
    assert found is not None
    home = settings.home
    log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/audit", deadline_s=30)
    digest = "5" * 64
    bundle = {"sha256": digest, "policies": [], "upstreams_sha256": digest}
    body = {"bundle": bundle, "source": "start", "files_sha256": digest, "approval": found.record()}
    log.append_sync("policy.activated", body)
    log.store_bundle(found.note_sha256, found.note)
    log.close()
    assert office.standing(settings.policies, policy(settings))[0] is not None
    sign(settings, replace(wish, serial=4))
    account, said = office.standing(settings.policies, policy(settings))
    assert (account, [one.code for one in said]) == (None, ["approval-older"])
    (home / "audit.db").write_bytes(b"not a database")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        office.standing(settings.policies, policy(settings))
