"""Who makes a pack and who signs it meet here, and neither waits for the other."""

import pytest

from audit.pack.manifest import statement
from proxy.errors import RequestRefused
from proxy.manifests import MOST, Manifests


def text(number: int) -> str:
    return statement("1" * 32, number, "a" * 64)


def test_a_statement_waits_until_it_is_signed() -> None:
    manifests = Manifests()
    assert manifests.asked() == {}
    assert manifests.sign(text(1)) == {"waits": True}
    assert manifests.asked() == {"text": text(1)}
    assert manifests.sign(text(1)) == {"waits": True}
    assert manifests.signed(text(1), "the note") == {}
    assert manifests.asked() == {}
    assert manifests.sign(text(1)) == {"note": "the note"}


def test_one_that_is_not_signed_is_said_to_be_so() -> None:
    manifests = Manifests()
    manifests.sign(text(1))
    manifests.signed(text(1))
    assert manifests.sign(text(1)) == {"note": ""}
    assert manifests.signed(text(2), "nobody asked") == {}
    assert manifests.sign(text(2)) == {"waits": True}


def test_no_other_text_waits_for_a_signature() -> None:
    manifests = Manifests()
    with pytest.raises(RequestRefused):
        manifests.sign("log.example/audit\n3\nAAAA\n")
    assert manifests.asked() == {}


def test_only_so_many_are_kept() -> None:
    manifests = Manifests()
    for number in range(MOST + 1):
        manifests.sign(text(number))
    assert manifests.asked() == {"text": text(1)}
