import base64
import hashlib
import os
from pathlib import Path

import pytest

from proxy.content.token_ids import NO_TOKENIZERS
from proxy.files.diagnostics import FileRefused
from proxy.upstreams.reading import load_registry
from proxy.upstreams.registry import Registry, zones_of

ROW = 'upstreams:\n  - {name: a, kind: openai, zone: onprem, base_url: "http://127.0.0.1:1/v1", default_model: m}\n'


def rank_file(path: Path, *words: bytes) -> Path:
    path.write_bytes(b"".join(base64.b64encode(word) + b" %d\n" % at for at, word in enumerate(words)))
    return path


def load(folder: Path, tokenizers: str) -> Registry:
    path = folder / "upstreams.yaml"
    path.write_text(f"{ROW}tokenizers: {tokenizers}\n" if tokenizers else ROW)
    return load_registry(path)


def test_a_file_lies_beside_that_of_the_upstreams_or_where_its_path_says(tmp_path: Path) -> None:
    rank_file(tmp_path / "a.tiktoken", b"Hi")
    (tmp_path / "sub").mkdir()
    other = rank_file(tmp_path / "sub" / "b.tiktoken", b"Ho")
    found = load(tmp_path, f'{{m: a.tiktoken, "text-embedding-3-*": {other}}}').tokenizers
    named = {name: found.of(name) for name in ("m", "text-embedding-3-large", "x")}
    assert {name: one and one.decode([0]) for name, one in named.items()} == {
        "m": "Hi",
        "text-embedding-3-large": "Ho",
        "x": None,
    }


def test_without_any_the_registry_is_what_it_was(tmp_path: Path) -> None:
    registry = load(tmp_path, "")
    assert registry.tokenizers is NO_TOKENIZERS
    assert b"tokenizers" not in registry.text()
    assert load(tmp_path, "{}").sha256 == registry.sha256


def test_the_digest_covers_what_ids_stand_for(tmp_path: Path) -> None:
    digests = {load(tmp_path, "").sha256}
    for word in (b"Hi", b"Ho"):
        rank_file(tmp_path / "a.tiktoken", word)
        registry = load(tmp_path, "{m: a.tiktoken}")
        assert registry.tokenizers.by_model["m"].decode([0]) == word.decode(), "a changed file is read anew"
        assert hashlib.sha256(registry.text()).hexdigest() == registry.sha256
        assert zones_of(registry.text()) == {"onprem"}
        digests.add(registry.sha256)
        os.utime(tmp_path / "a.tiktoken", ns=(0, 0))
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("tokenizers", "expected"),
    [
        ("{m: none.tiktoken}", "3:17: error[unreadable] the tokenizer cannot be read: No such file or directory"),
        ("{m: upstreams.yaml}", "3:17: error[bad-tokenizer]"),
        ("{m: broken.tiktoken}", "3:17: error[bad-tokenizer] this file is no tokenizer: its line 1 "),
        ("{m: broken.json}", "3:17: error[bad-tokenizer] this file is no tokenizer: it is not a tokenizer.json"),
        ("{m: folder.json}", "3:17: error[unreadable] the tokenizer cannot be read: it is no file"),
        ("{m: pipe.json}", "3:17: error[unreadable] the tokenizer cannot be read: it is no file"),
        ("{m: 5}", "3:17: error[wrong-type]"),
        ("{'a*b': broken.json}", "3:14: error[bad-name]"),
        ("[broken.json]", "3:13: error[wrong-type]"),
    ],
)
def test_a_mistake_ends_the_start_with_its_place(tmp_path: Path, tokenizers: str, expected: str) -> None:
    (tmp_path / "broken.tiktoken").write_text("not-a-rank\n")
    (tmp_path / "broken.json").write_text("not json")
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(FileRefused) as refused:
        load(tmp_path, tokenizers)
    said = "\n".join(map(str, refused.value.diagnostics))
    assert expected in said
    assert "not-a-rank" not in said


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.tiktoken").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(FileRefused, match="larger than"):
        load(tmp_path, "{m: a.tiktoken}")
