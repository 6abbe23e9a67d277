import sys
from typing import Any

import pytest

from proxy.upstreams.kinds.ollama_names import entries, full, is_name, named, remote, rows, says_cloud

SUFFIX = ":cloud"


@pytest.mark.parametrize(
    "name",
    ["llama3.2", "Llama3.2:latest", "library/llama3.2", "registry.ollama.ai/library/LLAMA3.2", "llama3.2:Local"],
)
def test_names_of_one_model_are_one(name: str) -> None:
    assert full(name) == "llama3.2:latest"


@pytest.mark.parametrize(
    "name", ["llama3.2:1b", "someone/llama3.2", "registry.example.com:5000/library/llama3.2", "llama3"]
)
def test_names_of_other_models_are_others(name: str) -> None:
    assert full(name) != "llama3.2:latest"


def test_a_port_is_no_tag() -> None:
    assert full("example.com:5000/a/b") == "example.com:5000/a/b:latest"


def test_no_character_beyond_ascii_becomes_a_letter_of_the_suffix() -> None:
    """Go makes a suffix small before it looks at it: then a look-alike would have to become one of its letters."""
    made = {chr(code) for code in range(sys.maxunicode + 1) if set(chr(code).lower()) & set(SUFFIX)}
    assert made == set(SUFFIX) | set(SUFFIX.upper())


@pytest.mark.parametrize(
    "name", ["gpt-oss:\uff43loud", "gpt-oss:\u0441loud", "gpt\u200b-oss", "a b", "a:cloud\n", "-a", ""]
)
def test_look_alikes_and_spaces_are_no_names(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize("name", ["a:cloud", "a:7b-cloud", "A-CLOUD", "h:1/n/a:cLoud", "a:cloud:LOCAL", "a:cloud@b"])
def test_a_suffix_in_any_letters_and_place_says_cloud(name: str) -> None:
    assert says_cloud(name)


@pytest.mark.parametrize("name", ["cloud", "cloudy:7b", "a:cloud7b", "a-cloud:7b", "cloud/a:7b", "a:local"])
def test_the_word_elsewhere_does_not(name: str) -> None:
    assert not says_cloud(name)


@pytest.mark.parametrize("answer", [None, [], "models", {"models": None}, {"models": {}}, {"models": [None, 1, "a"]}])
def test_lists_of_any_shape_are_read(answer: Any) -> None:
    assert rows(answer) == []
    assert entries(answer, "a") == []


def test_a_row_is_found_by_either_of_its_names() -> None:
    listed = {"models": [{"name": "A:latest"}, {"model": "a"}, {"name": "b", "model": 7}]}
    assert entries(listed, "a") == listed["models"][:2]
    assert named(listed["models"][2]) == ("b",)


@pytest.mark.parametrize("said", [{"remote_host": "h"}, {"remote_model": "m"}, None, [], "local"])
def test_what_names_another_host_or_cannot_be_read_is_remote(said: Any) -> None:
    assert remote(said)
    assert not remote({"remote_host": "", "remote_model": None, "name": "a"})
