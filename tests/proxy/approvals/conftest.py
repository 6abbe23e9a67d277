"""Settings around policies that somebody may approve, and keys: one that is known, and one that is not."""

from pathlib import Path

import pytest
from approving import APPROVER, around

from audit.proofs.vkey import Signer
from proxy.settings import Settings


@pytest.fixture(scope="session")
def ciso() -> Signer:
    return Signer.generate(APPROVER)


@pytest.fixture(scope="session")
def stranger() -> Signer:
    """Somebody with the approver's name and a key that nobody knows."""
    return Signer.generate(APPROVER)


@pytest.fixture
def settings(tmp_path: Path, ciso: Signer) -> Settings:
    """Return settings that know the approver's key, and do not ask for it."""
    return around(tmp_path, ciso)


@pytest.fixture
def required(settings: Settings) -> Settings:
    """Return the same settings, which also ask for a signature."""
    return settings.model_copy(update={"policy_signatures_required": True})
