"""A manifest has one form, and its statement another one than every checkpoint."""

from dataclasses import replace

import pytest

from audit.pack.manifest import Listed, Manifest, differences, is_file, read_statement, statement

SHA = "a" * 64
FILES = (
    *(Listed(f"log/{name}", 1, SHA) for name in ("checkpoints", "env.bin", "head.json", "records.jsonl")),
    Listed("verify.py", 9, SHA),
)
MANIFEST = Manifest("1" * 32, "log.example/a", 7, SHA, 0, 6, 7, "0.1.0", FILES)
PERIOD = replace(MANIFEST, since="2026-10-01T00:00:00.000000Z", until="2026-11-01T00:00:00.000000Z")


@pytest.mark.parametrize("manifest", [MANIFEST, PERIOD, replace(PERIOD, until=""), replace(PERIOD, files=())])
def test_what_is_written_is_read_back(manifest: Manifest) -> None:
    assert Manifest.decode(manifest.encode()) == manifest


def test_it_is_canonical_json_in_one_line() -> None:
    data = replace(PERIOD, files=FILES[:1]).encode()
    assert data == (
        b'{"files":[{"name":"log/checkpoints","sha256":"%b","size":1}],"first":0,"format":"ringfence.pack/v1",'
        b'"from":"2026-10-01T00:00:00.000000Z","last":6,"log_id":"%b","origin":"log.example/a","root":"%b","rows":7,'
        b'"size":7,"to":"2026-11-01T00:00:00.000000Z","version":"0.1.0"}\n'
    ) % (SHA.encode(), b"1" * 32, SHA.encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: data.replace(b"v1", b"v2"),
        lambda data: data.replace(b'"size":7', b'"size":7,"size":7'),
        lambda data: data.replace(b'"size":7', b'"size":0'),
        lambda data: data.replace(b'"size":7', b'"size":7.0'),
        lambda data: data.replace(b'"rows":7,', b""),
        lambda data: data.replace(b'"rows":7', b'"rows":"7"'),
        lambda data: data.replace(b'"last":6', b'"last":6,"more":1'),
        lambda data: data.replace(b"log/env.bin", b"log/checkpoints"),
        lambda data: data.replace(b"log/env.bin", b"zzz/env.bin"),
        lambda data: data.replace(b"log/env.bin", b"manifest.json"),
        lambda _: b"[]\n",
        lambda _: b"",
        lambda _: b"\xff\n",
    ],
)
def test_no_other_bytes_are_a_manifest(change: object) -> None:
    assert callable(change)
    with pytest.raises(ValueError):  # noqa: PT011 - what is wrong does not matter
        Manifest.decode(change(MANIFEST.encode()))


def test_a_statement_is_read_back_and_no_other_text_is_one() -> None:
    made = MANIFEST.statement()
    assert made.startswith(f"ringfence.pack/v1\n{'1' * 32}\n7\n")
    assert read_statement(made) == ("1" * 32, 7, made.split("\n")[3])
    for text in (made[:-1], made + "\n", made.replace("v1", "v3"), made.replace("\n7\n", "\n07\n"), "x" + made, ""):
        assert read_statement(text) is None
    assert read_statement(statement("1" * 32, 10**16, SHA)) is None


def test_what_differs_is_named_once_each_in_the_order_of_the_names() -> None:
    found = {one.name: (one.size, one.sha256) for one in FILES}
    assert list(differences(MANIFEST, found)) == []
    wrong = {**found, "verify.py": (8, SHA), "summary.html": (1, SHA), "evil.exe": (1, SHA)}
    del wrong["log/env.bin"]
    assert list(differences(MANIFEST, wrong)) == [
        "evil.exe: no file of a pack has this name",
        "log/env.bin: it is listed, and not there",
        "summary.html: it is there, and not listed",
        "verify.py: it is not the file that the manifest names",
    ]
    nothing = replace(MANIFEST, files=())
    assert list(differences(nothing, {})) == [
        f"{name}: no pack is without it"
        for name in ("log/head.json", "log/records.jsonl", "log/env.bin", "log/checkpoints")
    ]


@pytest.mark.parametrize(
    ("name", "can"),
    [
        ("README.md", True),
        (f"log/texts/{SHA}", True),
        ("evidence/access_list-2.json", True),
        ("log/texts/x", False),
        ("log/more", False),
        ("evidence/a/b.json", False),
        ("evidence/A.json", False),
        ("manifest.json", False),
        ("verify.py\n", False),
    ],
)
def test_which_files_a_pack_can_have(name: str, can: bool) -> None:
    assert is_file(name) is can
