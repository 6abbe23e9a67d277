"""Policies that somebody approves: settings around a copy of the shipped ones, and approvals as a person makes them."""

import datetime as dt
import shutil
from pathlib import Path

from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from proxy.approvals.statement import FILE, Statement, Subject
from proxy.policy.lint import Surroundings
from proxy.policy.load import load_policy
from proxy.policy.policy import Policy
from proxy.settings import ROOT, Settings

UPSTREAMS = b"""\
upstreams:
  - {name: local, kind: openai, zone: onprem, base_url: "http://127.0.0.1:1/v1", default_model: local-model}
"""
AUTHOR, APPROVER = "dana@acme.example", "ciso@acme.example"


def around(folder: Path, *known: Signer, upstreams: Path | None = None) -> Settings:
    """Return settings for a copy of the shipped policies, which know keys and do not ask for a signature."""
    policies = Path(shutil.copytree(ROOT / "policies", folder / "policies"))
    file = upstreams or folder / "upstreams.yaml"
    if upstreams is None:
        file.write_bytes(UPSTREAMS)
    lines = "".join(f"{signer.vkey.encode()}\n" for signer in known)
    (folder / "signers").write_text(f"# who may approve\n\n{lines}")
    return Settings(home=folder / "home", policies=policies, upstreams=file, policy_signers=folder / "signers")


def policy(settings: Settings) -> Policy:
    """Load the policies that lie there now."""
    return load_policy(settings.policies, Surroundings(dt.date(2026, 6, 1)))[0]


def subject(settings: Settings) -> Subject:
    """Return the digests of what lies there now."""
    return Subject.of(policy(settings), settings.upstreams.read_bytes())


def approve(
    settings: Settings,
    *by: Signer,
    serial: int = 1,
    about: Subject | None = None,
    author: str = AUTHOR,
    approver: str = APPROVER,
) -> Statement:
    """Write an approval of what lies there now, signed by whoever is given."""
    statement = Statement(about or subject(settings), serial, author, approver, "SEC-4412")
    note = Note(statement.text())
    for signer in by:
        note = note.signed(signer)
    made = settings.policies / ".made"
    made.write_bytes(note.encode() if by else note.text.encode())
    made.replace(settings.policies / FILE)
    return statement
