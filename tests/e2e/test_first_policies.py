"""What `ringfence policy init` writes is what a server starts with."""

from pathlib import Path

import yaml
from harness import QUICK, Ringfence, StandIn, chat_body, ringfence
from typer.testing import CliRunner

from proxy import activation
from proxy.policy import cli
from proxy.settings import Settings

MAIL = "Please write to desk7@nordwind.eu that the invoice is late."


def begin(folder: Path, *flags: str) -> Path:
    """Run the command."""
    done = CliRunner().invoke(cli.app, ["init", str(folder), "--yes", *flags])
    assert done.exit_code == 0, done.output
    return folder


def zones(path: Path, **servers: StandIn) -> Path:
    """Write an upstream file with a server in each zone."""
    rows = [
        {
            "name": f"at-{zone}",
            "kind": "openai",
            "zone": zone,
            "base_url": server.url,
            "models": ["gpt-4*"],
            "default_model": "local-model",
        }
        for zone, server in servers.items()
    ]
    path.write_text(yaml.safe_dump({"upstreams": rows}))
    return path


def asked(server: Ringfence, text: str, team: str) -> tuple[str, str]:
    """Ask, and return the decision and the zone that the answer names."""
    with server.client(server.key(team=team)) as client:
        answer = client.post("/v1/chat/completions", json=chat_body(text))
    assert answer.status_code == 200, answer.text
    return answer.headers["x-ringfence-decision"], answer.headers["x-ringfence-zone"]


def test_a_server_keeps_an_address_at_home_and_lets_a_harmless_request_of_a_named_team_out(
    tmp_path: Path, cloud: StandIn, onprem: StandIn
) -> None:
    flags = ("--own-zone", "cellar", "--vendor-zone", "us:us:dpa", "--team", "support", "--pack", "soc2")
    cloud.clear()
    policies = begin(tmp_path / "p", *flags)
    upstreams = zones(tmp_path / "upstreams.yaml", cellar=onprem, us=cloud)
    with ringfence(tmp_path / "home", upstreams, policies=policies, **QUICK) as server:
        assert asked(server, MAIL, "support") == ("pin", "cellar")
        assert asked(server, "What is a monad?", "research") == ("pin", "cellar")
        assert cloud.posts == []
        assert asked(server, "What is a monad?", "support") == ("allow", "us")
        assert len(cloud.posts) == 1


def test_without_a_vendor_zone_everything_stays_home(tmp_path: Path, cloud: StandIn, onprem: StandIn) -> None:
    cloud.clear()
    policies = begin(tmp_path / "p")
    upstreams = zones(tmp_path / "upstreams.yaml", onprem=onprem, cloud=cloud)
    with ringfence(tmp_path / "home", upstreams, policies=policies, **QUICK) as server:
        assert asked(server, "What is a monad?", "support") == ("pin", "onprem")
        assert asked(server, MAIL, "support") == ("pin", "onprem")
        assert cloud.posts == []


def test_the_upstream_file_that_it_writes_fits(tmp_path: Path) -> None:
    upstreams = tmp_path / "upstreams.yaml"
    policies = begin(tmp_path / "p", "--own-zone", "cellar", "--vendor-zone", "us", "--upstreams", str(upstreams))
    active = activation.load(Settings(home=tmp_path, policies=policies, upstreams=upstreams), None)
    assert active.registry.zones == {"cellar"}
