"""The file of witnesses that a server has its log cosigned by."""

from pathlib import Path

import pytest

from audit.proofs.cosignature import Cosigner
from audit.proofs.vkey import Signer
from proxy.errors import ConfigurationError
from proxy.witnesses import read_policy, witnesses

VKEYS = [Cosigner(Signer(f"witness.example/w{n}", bytes([n]) * 32)).vkey.encode() for n in range(3)]


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "witnesses.policy"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_those_with_a_url_are_asked(tmp_path: Path) -> None:
    assert witnesses(None) == []
    path = write(
        tmp_path,
        "# the audit department's, and one that only verifiers know",
        f"witness audit {VKEYS[0]} https://witness.example/w1/",
        f"witness second {VKEYS[1]} http://[::1]:8081",
        f"witness silent {VKEYS[2]}",
        "group both all audit second",
        "quorum both",
    )
    assert witnesses(path) == [
        ("audit", "https://witness.example/w1/", VKEYS[0]),
        ("second", "http://[::1]:8081", VKEYS[1]),
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([f"witness a {VKEYS[0]}", "quorum a"], "names no witness with a URL"),
        ([f"witness a {VKEYS[0]} https://w.example"], "witnesses.policy:1: there is no quorum line"),
        ([f"witness a {VKEYS[0][:-2]} https://w.example", "quorum a"], "witnesses.policy:1: not a verifier key"),
        ([f"witness a,b {VKEYS[0]} https://w.example", "quorum none"], "a witness's name has"),
        *(
            ([f"witness a {VKEYS[0]} {url}", "quorum a"], "the URL of a is not one")
            for url in ("w.example", "ftp://w.example", "https://", "https://w?x=1", "https://u@w", "http://w:0", "//[")
        ),
    ],
)
def test_what_cannot_be_asked_is_said_with_its_place_and_without_its_value(
    tmp_path: Path, lines: list[str], said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        witnesses(write(tmp_path, *lines))
    assert said in refused.value.message


def test_what_a_file_says_of_the_quorum_is_read_for_who_judges(tmp_path: Path) -> None:
    policy = read_policy(write(tmp_path, f"witness audit {VKEYS[0]} https://w.example", "quorum audit"))
    assert policy.met(list(policy.witnesses.values()))
    assert not policy.met([])
    assert not read_policy(None).met([])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.policy cannot be read"):
        witnesses(tmp_path / "none.policy")
