import socket

import pytest

from proxy.detection.presidio import CHUNK, OVERLAP, chunks, load_model
from proxy.errors import ConfigurationError


def test_a_missing_model_names_the_command_and_downloads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(ConfigurationError, match="pip install en-core-web-missing"):
        load_model("en_core_web_missing")


def test_chunks_cover_a_text_with_overlap() -> None:
    text = " ".join(f"word{n}" for n in range(5000))
    end = 0
    for offset, chunk in chunks(text):
        assert offset <= end
        assert text.startswith(chunk, offset)
        assert len(chunk) <= CHUNK + OVERLAP
        end = offset + len(chunk)
    assert end == len(text)


def test_a_text_without_any_space_is_cut_too() -> None:
    assert sum(1 for _ in chunks("x" * 50_000)) > 10
