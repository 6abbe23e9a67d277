import asyncio
import socket
import ssl
import threading

import pytest

from proxy.notify.delivery import Note, reason, tls


def test_a_note_has_one_id_for_all_its_attempts_and_another_for_another_channel() -> None:
    one = Note("r1", "siem", b"", 0.0)
    assert one.id == Note("r1", "siem", b"", 9.0).id == "r1_siem"
    assert one.id != Note("r1", "paper", b"", 0.0).id


def test_a_tls_connection_needs_a_trusted_chain_and_the_right_name() -> None:
    terms = asyncio.run(tls())
    assert terms.verify_mode is ssl.CERT_REQUIRED
    assert terms.check_hostname
    assert terms.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_the_terms_are_made_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    made_in: list[int] = []
    create = ssl.create_default_context

    def noted() -> ssl.SSLContext:
        made_in.append(threading.get_ident())
        return create()

    monkeypatch.setattr(ssl, "create_default_context", noted)
    asyncio.run(tls())
    assert made_in != [threading.get_ident()]
    assert len(made_in) == 1


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (ssl.SSLCertVerificationError(), "tls"),
        (TimeoutError(), "timeout"),
        (ConnectionRefusedError(), "refused"),
        (FileNotFoundError(), "refused"),
        (BlockingIOError(), "busy"),
        (ConnectionResetError(), "lost"),
        (socket.herror(), "lost"),
    ],
)
def test_an_error_of_a_connection_has_a_word_of_ours(error: OSError, word: str) -> None:
    assert reason(error) == word
