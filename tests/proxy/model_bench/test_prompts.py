from pathlib import Path

import pytest

from proxy.errors import ConfigurationError
from proxy.model_bench.prompts import BUILT_IN, read


def test_without_a_file_the_built_in_ones_are_asked_each_once() -> None:
    assert read(None) == BUILT_IN
    assert len(set(BUILT_IN)) == len(BUILT_IN) >= 8


def test_a_file_holds_one_prompt_a_line(tmp_path: Path) -> None:
    file = tmp_path / "prompts.txt"
    file.write_text("\nWarum schwimmt Eis?\n\n  なぜ空は青いのですか \n", encoding="utf-8")
    assert read(file) == ("Warum schwimmt Eis?", "なぜ空は青いのですか")


@pytest.mark.parametrize("content", [None, b"", b"\n \n", b"\xff\xfe", b"x" * 2_000_000])
def test_a_file_that_cannot_be_used_is_explained(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "prompts.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"prompts\.txt"):
        read(file)
