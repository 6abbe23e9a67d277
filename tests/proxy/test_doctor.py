import socket
from pathlib import Path
from typing import Any

import pytest
from harness import QUICK, StandIn, ringfence, upstreams_file

from proxy.doctor import Finding, examine
from proxy.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, own: StandIn) -> Settings:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    own.models = ("local-model",)
    return Settings(home=home, upstreams=upstreams_file(tmp_path / "upstreams.yaml", None, own))


def examined(settings: Settings, *unreachable: str, **changes: Any) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in examine(settings.model_copy(update=changes), unreachable):
        found.setdefault(finding.part, []).append(finding)
    return found


def states(found: dict[str, list[Finding]]) -> dict[str, set[str]]:
    return {part: {finding.state for finding in findings} for part, findings in found.items()}


def test_an_installation_that_has_not_begun_has_nothing_to_mend(settings: Settings) -> None:
    found = examined(settings)
    assert not [finding for findings in found.values() for finding in findings if finding.state == "mend"]
    assert found["audit log"][0].said.endswith("is not there: the first start begins it")
    assert "no server runs" in found["server"][0].said
    assert found["model servers"][-1] == Finding("model servers", "ok", "1 of 1 are well")


def test_a_server_that_runs_is_well_and_its_log_is_signed(tmp_path: Path, vendor: StandIn, own: StandIn) -> None:
    file = upstreams_file(tmp_path / "upstreams.yaml", vendor, own)
    with ringfence(tmp_path / "home", file, **QUICK) as server:
        found = examined(server.settings)
    assert states(found)["server"] == {"ok"}
    assert states(found)["audit log"] == {"ok"}
    assert "only its user can read" in found["home"][-1].said


@pytest.mark.parametrize(
    ("part", "changes", "said"),
    [
        ("settings", {"workers": 2}, "one process alone writes an audit log in a SQLite file"),
        ("settings", {"tls_key": Path("key.pem")}, "a key needs the tls_certificate"),
        ("policies", {"policies": Path("none")}, "none"),
        ("detection", {"detect_model": "no_such_model"}, "no_such_model is not installed"),
        ("audit log", {"audit_url": "postgresql://nobody@127.0.0.1:1/none"}, "its database is away"),
        ("model servers", {"upstreams": Path("none.yaml")}, "none.yaml"),
    ],
)
def test_what_is_wrong_is_said_and_hides_nothing_else(
    part: str, changes: dict[str, Any], said: str, settings: Settings
) -> None:
    found = examined(settings, **changes)
    assert any(said in finding.said for finding in found[part] if finding.state == "mend"), found[part]
    assert states(found)["room"] == {"ok"}


def test_a_home_that_others_can_read_is_to_be_closed(settings: Settings) -> None:
    settings.home.chmod(0o755)
    (finding,) = [each for each in examined(settings)["home"] if each.state == "mend"]
    assert finding == Finding(
        "home", "mend", f"others may read {settings.home} (mode 755)", f"chmod go= {settings.home}"
    )


def test_a_way_out_that_should_not_be_there_is_found(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        found = examined(settings, f"127.0.0.1:{port}", "127.0.0.1:1", "127.0.0.1")
    assert [finding.state for finding in found["egress"]] == ["mend", "ok", "mend"]
    assert examined(settings)["model servers"], "and without any, nothing is tried"


def test_listening_for_others_in_the_clear_is_worth_a_word(settings: Settings) -> None:
    found = examined(settings, host="0.0.0.0")["settings"]
    assert any("without TLS" in finding.said for finding in found if finding.state == "look")


def test_a_collector_of_traces_is_looked_for_where_one_is_set(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        url = f"http://127.0.0.1:{there.getsockname()[1]}/v1/traces"
        assert states(examined(settings, traces_url=url))["traces"] == {"ok"}
    assert states(examined(settings, traces_url=url))["traces"] == {"look"}
    assert "traces" not in examined(settings)
