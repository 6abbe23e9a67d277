from pathlib import Path

import pytest
from pydantic import ValidationError

from proxy.errors import ConfigurationError
from proxy.settings import ROOT, Settings


def load(home: Path, flags: dict[str, object] | None = None, **environ: str) -> Settings:
    return Settings.load(flags, {"RINGFENCE_HOME": str(home), **environ})


def test_flags_come_before_the_environment_before_the_file_before_defaults(tmp_path: Path) -> None:
    (tmp_path / "ringfence.toml").write_text('port = 1\nhost = "::1"\ndetect_workers = 3\norigin = "from.file/log"\n')
    chosen = load(tmp_path, {"port": 3}, RINGFENCE_PORT="2", RINGFENCE_HOST="127.0.0.2")
    assert (chosen.port, chosen.host, chosen.detect_workers) == (3, "127.0.0.2", 3)
    assert chosen.origin == "from.file/log"
    assert chosen.audit_deadline_s == Settings.model_fields["audit_deadline_s"].default


def test_a_flag_that_was_not_given_hides_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, {"port": None}, RINGFENCE_PORT="2").port == 2


def test_the_file_is_looked_for_in_the_home_that_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "ringfence.toml").write_text("port = 7")
    assert Settings.load({"home": tmp_path}, {"RINGFENCE_HOME": "/elsewhere"}).port == 7
    assert Settings.load({"home": tmp_path}, {"RINGFENCE_HOME": "/elsewhere"}).home == tmp_path


@pytest.mark.parametrize("name", ["audit_dead_line_s", "fail_open", "policy"])
def test_a_name_that_is_no_setting_is_an_error_wherever_it_stands(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        load(tmp_path, **{f"RINGFENCE_{name.upper()}": "1"})
    with pytest.raises(ConfigurationError, match=name):
        load(tmp_path, {name: "1"})
    (tmp_path / "ringfence.toml").write_text(f"{name} = 1")
    with pytest.raises(ConfigurationError, match=name):
        load(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["port", "detect_workers", "origin", "audit_deadline_s", "detect_deadline_s", "upstream_read_timeout_s"],
)
def test_a_message_names_the_setting_and_never_its_value(tmp_path: Path, name: str) -> None:
    value = "Sekret Value"
    for chosen in ({f"RINGFENCE_{name.upper()}": value}, {}):
        if not chosen:
            (tmp_path / "ringfence.toml").write_text(f'{name} = "{value}"')
        with pytest.raises(ConfigurationError) as refused:
            load(tmp_path, **chosen)
        assert f"setting {name}:" in refused.value.message
        assert "ekret" not in refused.value.message


@pytest.mark.parametrize("text", ["port = ", "port = 1\nport = 2", "= 3", "port = \xff"])
def test_a_file_that_is_not_toml_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "ringfence.toml").write_text(text, encoding="latin-1")
    with pytest.raises(ConfigurationError, match="cannot be read as TOML"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"),
        ("audit_deadline_s", "0"),
        ("audit_deadline_s", "inf"),
        ("audit_deadline_s", "nan"),
        ("detect_deadline_s", "61"),
        ("detect_workers", "0"),
        ("max_body_bytes", "0"),
        ("max_depth", "100000"),
        ("origin", "Has Spaces"),
        ("upstream_connect_timeout_s", "0"),
    ],
)
def test_a_value_that_would_undo_a_safeguard_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        load(tmp_path, **{f"RINGFENCE_{name.upper()}": value})


@pytest.mark.parametrize("url", ["http://collector.example:4318/v1/traces", "https://me:s3kret@c.example", "s3kret"])
def test_a_collector_that_others_could_overhear_is_refused_unsaid(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="traces_url") as refused:
        load(tmp_path, RINGFENCE_TRACES_URL=url)
    assert "collector.example" not in refused.value.message
    assert "s3kret" not in refused.value.message


def test_settings_do_not_change_once_loaded(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(ValidationError):
        settings.port = 1


def test_no_setting_opens_the_boundary() -> None:
    forbidden = ("open", "skip", "bypass", "disable", "off", "insecure", "unsafe", "allow", "enable")
    assert not [name for name in Settings.model_fields if any(word in name.split("_") for word in forbidden)]


def test_every_setting_that_is_a_time_or_a_size_says_its_unit() -> None:
    bare = {"home", "host", "port", "policies", "upstreams", "origin", "cache", "max_depth", "detect_model"}
    bare |= {"detect_workers", "detect_queue", "detectors", "channels", "limits", "audit_url"}
    bare |= {"anchor_file", "anchor_git", "anchor_witnesses"}
    bare |= {"anchor_rfc3161", "anchor_rfc3161_certificates", "anchor_s3", "audit_on_unavailable", "audit_spool"}
    bare |= {"workers", "log_format", "metrics_host", "metrics_port", "tls_certificate", "tls_key", "trusted_proxies"}
    bare |= {"canary_values", "canary_team", "canary_except"}
    bare |= {"oidc_issuer", "oidc_audience", "oidc_jwks", "oidc_grants", "retention_url"}
    bare |= {"policy_approvals", "policy_signers", "policy_signatures_required", "scan_answers", "upstream_failures"}
    bare |= {"traces_url"}
    assert all(name.endswith(("_s", "_bytes", "_days")) for name in Settings.model_fields.keys() - bare)


def test_the_shipped_files_are_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.policies == ROOT / "policies"
    assert settings.upstreams.is_file()


def test_a_name_that_is_no_setting_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match="polcies is not a setting; did you mean policies"):
        Settings.load(environ={"RINGFENCE_POLCIES": "somewhere"})


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"policy_approvals": "git", "policy_signers": "signers"},
        {"policy_approvals": "none", "policy_signers": "signers"},
    ],
)
def test_signatures_are_not_required_of_what_nobody_can_sign(tmp_path: Path, chosen: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"setting policy_signatures_required:.*policy_signers"):
        load(tmp_path, {"policy_signatures_required": True, **chosen})
    assert load(tmp_path, chosen).policy_signatures_required is False
    assert load(tmp_path, {"policy_signatures_required": True, "policy_signers": "signers"}).policy_signatures_required


def test_no_text_shows_the_password_in_the_url_of_the_log(tmp_path: Path) -> None:
    assert "hunter2" not in repr(load(tmp_path, RINGFENCE_AUDIT_URL="postgresql://jane:hunter2@db.example/logs"))
    with pytest.raises(ConfigurationError, match=r"setting audit_url: .*postgres") as refused:
        load(tmp_path, RINGFENCE_AUDIT_URL="mysql://jane:hunter2@db.example/logs")
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize("remote", ["-c", "--upload-pack=x", "ext::sh -c x", "https://user:tok" + "en@host.example/r"])
def test_a_repository_for_heads_is_named_without_a_password_and_runs_nothing(remote: str) -> None:
    with pytest.raises(ConfigurationError, match="setting anchor_git") as refused:
        Settings.load({}, {"RINGFENCE_ANCHOR_GIT": remote})
    assert remote not in refused.value.message
    for good in ("/srv/heads.git", "git@host.example:heads.git", "ssh://git@host.example:22/heads.git"):
        assert Settings.load({}, {"RINGFENCE_ANCHOR_GIT": good}).anchor_git == good
