"""What bounds of a prompt's length stand on (`proxy/content/lengths.py`), in the vocabularies that clients bring."""

import base64

import pytest
from clients.programs import installed, vocabulary

from proxy.content.lengths import words


@pytest.mark.skipif(not installed("langchain"), reason="make clients was not run")
@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base", "voyage3_base"])
def test_no_token_of_known_vocabularies_holds_two_words(name: str) -> None:
    tokens = [base64.b64decode(line.split()[0]) for line in vocabulary(name).splitlines() if line]
    assert len(tokens) > 40_000
    assert [token for token in tokens if words(token.decode(errors="replace")) > 1] == []
