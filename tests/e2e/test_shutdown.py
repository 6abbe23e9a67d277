"""An orderly end leaves nothing to be guessed at the next start."""

from pathlib import Path

from harness import QUICK, StandIn, chat_body, ringfence, upstreams_file

from audit.access import Records
from audit.verification.verifier import verify


def test_a_stopped_server_leaves_one_whole_file_and_says_that_it_stopped(
    tmp_path: Path, cloud: StandIn, onprem: StandIn
) -> None:
    with ringfence(tmp_path, upstreams_file(tmp_path / "upstreams.yaml", cloud, onprem), **QUICK) as server:
        with server.client() as client:
            assert client.post("/v1/chat/completions", json=chat_body()).status_code == 200
        assert server.stop() == 0
    assert not (tmp_path / "admin.sock").exists()
    assert not (tmp_path / "audit.db-wal").exists()
    last = Records(tmp_path / "audit.db").last(1)[0]
    assert last.body["kind"] == "writer.stop"
    assert verify(tmp_path / "audit.db").ok
