import base64
import os
from pathlib import Path

import pytest

from proxy.files.diagnostics import FileRefused
from proxy.notify.channels import NO_CHANNELS, Channel, File, Syslog, Webhook, load_channels
from proxy.settings import ROOT

KEY = os.urandom(32)
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "channels.yaml"


def one(file: Path, channel: str, environ: dict[str, str] | None = None) -> Channel:
    file.write_text(f"channels:\n  x: {channel}\n")
    return load_channels(file, environ)["x"]


def refused(file: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    file.write_text(text)
    with pytest.raises(FileRefused) as caught:
        load_channels(file, environ)
    return [f"{found.line}:{found.col} {found.code}" for found in caught.value.diagnostics]


def test_the_shipped_example_has_a_channel_of_each_kind_and_all_that_the_shipped_rules_name() -> None:
    channels = load_channels(ROOT / "deploy" / "channels.example.yaml")
    assert {type(channel.target) for channel in channels.values()} == {Webhook, Syslog, File}
    named = {"security-oncall", "privacy-officer", "payments-security"}
    assert set(channels) == named
    assert all(channel.name == name for name, channel in channels.items())


def test_without_a_file_there_are_no_channels() -> None:
    assert load_channels(None) == NO_CHANNELS == {}


@pytest.mark.parametrize(
    ("channel", "target"),
    [
        ('{webhook: "https://a.example/x?sig=1"}', Webhook("https://a.example/x?sig=1")),
        ('{webhook: "http://127.0.0.1:9/x"}', Webhook("http://127.0.0.1:9/x")),
        ('{syslog: "udp://siem.example:514"}', Syslog("udp", "siem.example", 514)),
        ('{syslog: "tcp://10.0.0.3:601"}', Syslog("tcp", "10.0.0.3", 601)),
        ('{syslog: "tls://[::1]:6514/"}', Syslog("tls", "::1", 6514)),
        ('{syslog: "unix:///dev/log"}', Syslog("unix", "/dev/log")),
        ("{file: /var/log/n.jsonl}", File(Path("/var/log/n.jsonl"))),
    ],
)
def test_every_kind_is_read(file: Path, channel: str, target: object) -> None:
    assert one(file, channel).target == target


def test_the_key_of_a_webhook_comes_from_the_environment(file: Path) -> None:
    channel = "{webhook: https://a.example/x, secret_env: HOOK}"
    assert one(file, channel, {"HOOK": SECRET}).target == Webhook("https://a.example/x", KEY)
    assert one(file, channel, None).target == Webhook("https://a.example/x")


@pytest.mark.parametrize(
    "value",
    ["", "whsec_", "whsec_AAAA", SECRET.removeprefix("whsec_"), SECRET + "=", "whsec_" + "A" * 100, SECRET + "\n"],
    ids=["empty", "nothing", "short", "bare", "padded", "long", "line"],
)
def test_a_key_that_is_none_is_refused_where_it_is_named_and_never_shown(file: Path, value: str) -> None:
    text = "channels:\n  x: {webhook: https://a.example/x, secret_env: HOOK}\n"
    assert refused(file, text, {"HOOK": value}) == ["2:49 no-secret"]
    with pytest.raises(FileRefused) as caught:
        load_channels(file, {"HOOK": value})
    assert "HOOK" in str(caught.value)
    assert len(value) < 10 or value.strip() not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("channels: []\n", ["1:11 wrong-type"]),
        ("{}\n", ["1:1 missing-key"]),
        ("routes: {}\n", ["1:1 missing-key", "1:1 unknown-key"]),
        ("channels:\n  x: {}\n", ["2:6 not-one-kind"]),
        ("channels:\n  x: {file: /a, syslog: 'unix:///b'}\n", ["2:6 not-one-kind"]),
        ("channels:\n  x: {file: /a, secret_env: A}\n", ["2:29 unknown-key"]),
        ("channels:\n  x: {webhoook: 'https://a.example'}\n", ["2:6 not-one-kind", "2:7 unknown-key"]),
        ("channels:\n  x.y: {file: /a}\n", ["2:3 bad-name"]),
        ("channels:\n  x: {file: notes.jsonl}\n", ["2:13 bad-path"]),
        ("channels:\n  x: {webhook: 'http://a.example/x'}\n", ["2:16 plain-http"]),
        ("channels:\n  x: {webhook: 'ftp://a.example/x'}\n", ["2:16 bad-url"]),
        ("channels:\n  x: {webhook: 'https://u:p@a.example/x'}\n", ["2:16 bad-url"]),
        ("channels:\n  x: {webhook: 'https://a.example:0/x'}\n", ["2:16 bad-url"]),
        ("channels:\n  x: {webhook: 'https://[::1/x'}\n", ["2:16 bad-url"]),
        ("channels:\n  x: {webhook: 'https://a.example/x', secret_env: 'whsec_AAAA'}\n", ["2:51 bad-name"]),
        ("channels:\n  x: {syslog: 'tls://siem.example'}\n", ["2:15 bad-url"]),
        ("channels:\n  x: {syslog: 'udp://siem.example:514/path'}\n", ["2:15 bad-url"]),
        ("channels:\n  x: {syslog: 'unix://host/dev/log'}\n", ["2:15 bad-url"]),
        ("channels:\n  x: {syslog: 'https://siem.example:1'}\n", ["2:15 bad-url"]),
        ("channels:\n  x: {file: /a}\n  x: {file: /b}\n", ["3:3 duplicate-key"]),
    ],
)
def test_a_mistake_is_reported_where_it_is(file: Path, text: str, found: list[str]) -> None:
    assert refused(file, text) == found


def test_there_are_no_more_channels_than_a_record_can_list(file: Path) -> None:
    rows = [f"  c{n}: {{file: /a}}\n" for n in range(16)]
    assert refused(file, "channels:\n" + "".join(rows)) == ["2:3 too-many"]
    file.write_text("channels:\n" + "".join(rows[:15]))
    assert len(load_channels(file)) == 15


def test_where_a_channel_leads_is_in_no_message_and_no_representation(file: Path) -> None:
    file.write_text("channels:\n  x: {webhook: 'http://a.example/T0K3N'}\n")
    with pytest.raises(FileRefused) as caught:
        load_channels(file)
    assert "T0K3N" not in caught.value.said()
    assert "T0K3N" not in repr(one(file, "{webhook: https://a.example/T0K3N}"))
