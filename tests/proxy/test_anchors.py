"""The settings of anchors, and what they lack: said before anything starts."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from stamping import root

from audit.anchors.keepers import Outside
from proxy import anchors
from proxy.anchors import flags
from proxy.errors import ConfigurationError
from proxy.settings import Settings

VKEY = "witness.example/w1+09fca5c4+BAuftMRY/w7if8riFtJzfsdiIJdIHRKHXgSp9ft64wPx"


def settings(**chosen: Any) -> Settings:
    return Settings.load({f"anchor_{name}": value for name, value in chosen.items()}, {})


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    path = tmp_path / "tsa.pem"
    path.write_bytes(root().pem)
    return path


def test_every_anchor_reaches_the_signer_by_its_flags(tmp_path: Path, certificates: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(f"witness w {VKEY} https://witness.example\nquorum w\n")
    chosen = settings(
        file="heads",
        git="/srv/heads.git",
        witnesses=policy,
        rfc3161="https://tsa.example/tsr",
        rfc3161_certificates=certificates,
        s3="s3://heads/log",
        s3_retention_days=7,
    )
    outside = Outside.of(Outside.flags().parse_args(flags(chosen)))
    assert outside == Outside(
        Path("heads").absolute(),
        "/srv/heads.git",
        [["w", "https://witness.example", VKEY]],
        ["https://tsa.example/tsr", str(certificates)],
        ["s3://heads/log", "7"],
    )
    assert flags(settings()) == []


@pytest.mark.parametrize(
    "chosen", [{"rfc3161": "https://tsa.example"}, {"rfc3161_certificates": "tsa.pem"}], ids=[0, 1]
)
def test_a_stamp_is_neither_asked_for_nor_believed_without_a_certificate(chosen: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="need each other"):
        flags(settings(**chosen))


@pytest.mark.parametrize("url", ["tsa.acme", "ftp://tsa.acme", "https://user:pw@tsa.acme", "https://tsa.acme/?a=b"])
def test_an_authority_is_named_by_a_plain_url(url: str, certificates: Path) -> None:
    with pytest.raises(ConfigurationError, match="setting anchor_rfc3161 is not a URL") as refused:
        flags(settings(rfc3161=url, rfc3161_certificates=certificates))
    assert url not in refused.value.message


def test_certificates_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tsa.pem").write_text("none")
    for name in ("tsa.pem", "missing.pem"):
        with pytest.raises(ConfigurationError, match=rf"anchor_rfc3161_certificates: .*{name}"):
            flags(settings(rfc3161="https://tsa.example", rfc3161_certificates=tmp_path / name))


@pytest.mark.parametrize("url", ["heads", "https://heads.s3.amazonaws.com/log", "s3://key:word@heads/log"])
def test_a_bucket_is_named_without_credentials(url: str) -> None:
    with pytest.raises(ConfigurationError, match="setting anchor_s3 is not s3://BUCKET/PREFIX") as refused:
        flags(settings(s3=url))
    assert url not in refused.value.message


@pytest.mark.parametrize(
    ("missing", "command"), [("boto3", "pip install boto3"), ("rfc3161_client", "pip install rfc3161-client")]
)
def test_a_library_that_is_missing_is_said_with_the_command_that_installs_it(
    missing: str, command: str, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(s3="s3://heads", rfc3161="https://tsa.example", rfc3161_certificates=certificates)
    assert flags(chosen)
    monkeypatch.setattr(anchors, "find_spec", lambda name: None if name == missing else importlib.util.find_spec(name))
    with pytest.raises(ConfigurationError, match=f"pip install {missing.replace('_', '-')}"):
        flags(chosen)
