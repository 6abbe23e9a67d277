import os
from pathlib import Path

import pytest

from proxy.upstreams.errors import NotSent
from proxy.upstreams.upstream import MAX_KEY_BYTES, Upstream, matches

VARIABLE = "SOME_KEY"
SECRET = "sk-" + "Zx81" * 6


def upstream(file: Path | None = None, url: str = "https://h/v1") -> Upstream:
    return Upstream("u", "openai", "z", url, VARIABLE, api_key_file=str(file or ""))


@pytest.mark.parametrize(
    ("in_environment", "in_file", "expected"),
    [
        ("one", "two", "one"),
        ("one", None, "one"),
        ("", "two", "two"),
        (None, "two\n", "two"),
        (None, "", ""),
        (None, None, ""),
        (" one\n", None, "one"),
    ],
)
def test_a_key_is_that_of_the_environment_else_that_of_its_file_else_none(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_environment: str | None,
    in_file: str | None,
    expected: str,
) -> None:
    file = tmp_path / "key"
    if in_file is not None:
        file.write_text(in_file)
    monkeypatch.delenv(VARIABLE, raising=False)
    if in_environment is not None:
        monkeypatch.setenv(VARIABLE, in_environment)
    assert upstream(file).api_key() == expected
    assert upstream().api_key() == (in_environment or "").strip()


def test_a_changed_file_is_the_key_of_the_next_request(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("one")
    assert upstream(file).api_key() == "one"
    file.write_text("two")
    assert upstream(file).api_key() == "two"


ODD = {
    "two lines": f"{SECRET}\n{SECRET}",
    "a carriage return": f"{SECRET}\r\nx-injected: 1",
    "a space": f"{SECRET} {SECRET}",
    "a letter outside ASCII": f"{SECRET}é",
    "a control character": f"{SECRET}\x01",
    "a lone surrogate": f"{SECRET}\udcff",
    "too long": SECRET * 1000,
}


def refused(at: Upstream) -> NotSent:
    with pytest.raises(NotSent) as failure:
        at.api_key()
    return failure.value


@pytest.mark.parametrize("name", sorted(ODD))
def test_what_cannot_be_a_key_is_never_sent_or_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(VARIABLE, ODD[name])
    of_environment = refused(upstream())
    monkeypatch.delenv(VARIABLE)
    (tmp_path / "key").write_bytes(os.fsencode(ODD[name]))
    of_file = refused(upstream(tmp_path / "key"))
    for error in (of_environment, of_file):
        assert error.reason == "key_unusable"
        assert SECRET not in f"{error!r}{error.__cause__!r}"
        assert error.__context__ is None or error.__suppress_context__


def test_a_file_that_cannot_be_read_is_no_missing_key(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"k" * (MAX_KEY_BYTES + 1))
    for name in ("folder", "pipe", "large"):
        assert refused(upstream(tmp_path / name)).reason == "key_unusable"
    assert upstream(tmp_path / "nothing").api_key() == ""


def test_a_key_stands_in_no_text_of_its_upstream(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET)
    made = upstream(tmp_path / "key")
    assert made.api_key() == SECRET
    assert SECRET not in repr(made)


@pytest.mark.parametrize(
    ("pattern", "model", "expected"),
    [
        ("gpt-4o", "gpt-4o", True),
        ("gpt-4o", "gpt-4o-mini", False),
        ("gpt-4*", "gpt-4o", True),
        ("gpt-4*", "gpt-4", True),
        ("gpt-4*", "gpt-5", False),
        ("gpt-4*", "gpt-4o-search-preview", False),
        ("llama3*", "llama3:8b", False),
        ("llama3:*", "llama3:8b", True),
        ("gpt-4*", "gpt-4 o", False),
    ],
)
def test_a_pattern_stands_for_the_names_that_begin_with_it_but_for_those_that_lead_elsewhere(
    pattern: str, model: str, expected: bool
) -> None:
    assert matches(pattern, model) is expected


@pytest.mark.parametrize(
    ("url", "stores"),
    [
        ("https://api.openai.com/v1", True),
        ("https://EU.API.OpenAI.com:443/v1", True),
        ("https://api.openai.com./v1", True),
        ("https://company.openai.azure.com/openai/v1", False),
        ("https://generativelanguage.googleapis.com/v1beta/openai", False),
        ("https://myapi.openai.com/v1", False),
        ("https://api.openai.com.example/v1", False),
    ],
)
def test_it_is_known_who_keeps_chats_unasked(url: str, stores: bool) -> None:
    assert Upstream("u", "openai", "cloud-us", url).stores_chats is stores


def test_a_server_is_another_once_its_place_or_what_it_lists_changes() -> None:
    before = Upstream("u", "openai", "z", "https://h/v1", models=("a",))
    assert before.server == Upstream("u", "openai", "z", "https://h/v1", models=("b",), drain=True, weight=9).server
    assert before.server != Upstream("u", "openai", "z", "https://other/v1", models=("a",)).server
    assert before.server != Upstream("u", "openai", "z", "https://h/v1", models=("*",)).server
