"""Whatever is done to a pack is found, and an honest one is not."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pack_attacks import ATTACKS, Attack
from packs import ORIGIN, Workshop, members, pack_of, sign, signing, write_log

from audit.evidence.folding import Folding
from audit.keys import FURTHER, read_signers, write_secret
from audit.log import AuditLog
from audit.pack import verifying
from audit.pack.verifying import is_pack, verify_pack
from audit.proofs.keyring import key_id
from audit.proofs.vkey import Signer, VerifierKey
from audit.verification.trust import Trust


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_t40_every_attack_on_a_pack_is_found_and_nothing_else(attack: Attack, workshop: Workshop) -> None:
    judged = workshop.judge(attack.forge(workshop))
    assert {finding.code for finding in judged.report.findings} == attack.codes
    assert judged.report.ok is (not attack.codes)
    assert (judged.report.grade == "failed") is bool(attack.codes)


@pytest.mark.parametrize("name", ["verify.py", "verify.html", "README.md", "summary.html"])
def test_a_file_for_people_that_is_not_the_one_of_this_version_is_found_though_the_key_seals_it(
    workshop: Workshop, name: str
) -> None:
    files = members(workshop.whole)
    forged = workshop.sealed({**files, name: files[name][:-1] + b" "}, workshop.signer)
    found = workshop.judge(forged).report.findings
    assert [(one.code, one.what.partition(":")[0]) for one in found] == [("EVIDENCE", name)]
    by_others = workshop.sealed({**files, name: b""}, workshop.signer, {"version": "0.0.0-other"})
    report = workshop.judge(by_others).report
    assert report.ok
    assert "version 0.0.0-other made them, and this verifier is of " in report.unproven[-1]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_no_change_of_the_log_or_of_a_document_is_passed_over_though_the_key_seals_it(
    workshop: Workshop, data: st.DataObject
) -> None:
    files = members(workshop.month)
    name = data.draw(st.sampled_from([name for name in files if name.startswith(("log/", "evidence/", "summary"))]))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    with_ = data.draw(st.one_of(st.just(b""), st.binary(min_size=1, max_size=3)))
    changed = files[name][:at] + with_ + files[name][at + 1 :]
    judged = workshop.judge(workshop.sealed({**files, name: changed}, workshop.signer))
    assert judged.report.ok is (changed == files[name])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_no_changed_byte_of_a_pack_is_passed_over(workshop: Workshop, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(workshop.month) - 1))
    made = bytearray(workshop.month)
    made[at] ^= data.draw(st.integers(1, 255))
    assert not workshop.judge(bytes(made)).report.ok


def test_what_a_pack_is_of_is_said(workshop: Workshop) -> None:
    judged = workshop.judge(workshop.month)
    assert judged.manifest is not None
    about = judged.about()
    assert about.startswith(f"records 6 to 8, from {judged.manifest.since} to {judged.manifest.until}; ")
    assert about.endswith(f"signed by log.example/audit+{workshop.signer.vkey.key_hash():08x}")
    assert judged.as_json()["from"] == judged.manifest.since
    unsigned = workshop.judge(workshop.sealed(members(workshop.whole)))
    assert unsigned.about().endswith(", not signed")
    assert verifying.UNSIGNED in unsigned.report.unproven
    assert verifying.UNSIGNED not in judged.report.unproven
    assert (workshop.judge(b"").about(), workshop.judge(b"").as_json()) == ("", {})


def test_a_key_that_was_brought_and_that_the_log_does_not_name_signs_no_manifest(
    workshop: Workshop, tmp_path: Path
) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(workshop.sealed(members(workshop.whole), workshop.stranger))
    brought: tuple[VerifierKey, ...] = (workshop.signer.vkey, workshop.stranger.vkey)
    report = verify_pack(path, trust=Trust(logs=brought)).report
    assert "no key has signed it that this log names" in " ".join(finding.what for finding in report.findings)


def test_records_that_confuse_a_fold_are_a_finding_and_no_crash(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confused(*_: Any) -> None:
        raise KeyError("what")

    for name in ("take", "mark", "documents"):
        with monkeypatch.context() as patch:
            patch.setattr(Folding, name, confused)
            found = workshop.judge(workshop.whole).report.findings
        assert [(finding.code, finding.seq) for finding in found] == [("EVIDENCE", None)]
    assert workshop.judge(workshop.whole).report.ok


def test_a_pack_is_known_by_its_name_or_its_first_bytes(workshop: Workshop, tmp_path: Path) -> None:
    for name, content, known in (
        ("a.tar", b"", True),
        ("a", workshop.whole, True),
        ("a.db", b"SQLite format 3\0", False),
        ("b", b"", False),
    ):
        (tmp_path / name).write_bytes(content)
        assert is_pack(tmp_path / name) is known
    assert not is_pack(tmp_path)
    assert not is_pack(tmp_path / "missing.tar")


def test_a_key_that_was_revoked_signs_no_manifest_and_the_one_that_follows_does(tmp_path: Path) -> None:
    place = tmp_path / "audit.db"
    write_log(place, tmp_path)
    old, new = read_signers(tmp_path / "keys")[0], Signer.generate(ORIGIN)
    name = key_id(new.vkey)
    write_secret(tmp_path / "keys" / FURTHER.replace("*", name), new.encode().encode() + b"\n")
    with closing(AuditLog.open(place, keys=tmp_path / "keys", origin=ORIGIN, deadline_s=30)) as log:
        log.append_sync("key.introduced", {"usage": "checkpoint", "key_id": name, "vkey": new.vkey.encode()})
        log.store_checkpoint(sign(place, tmp_path))
        log.append_sync("key.revoked", {"usage": "checkpoint", "key_id": key_id(old.vkey), "size": 9})
        log.store_checkpoint(sign(place, tmp_path))
    codes = {}
    for signer in (old, new):
        pack_of(place, tmp_path / f"{signer.vkey.key_hash()}.tar", sign=signing(signer))
        report = verify_pack(tmp_path / f"{signer.vkey.key_hash()}.tar").report
        codes[signer] = {finding.code for finding in report.findings}
    assert codes == {old: {"PACK"}, new: set()}
