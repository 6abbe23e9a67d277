"""`make demo`: Ringfence's whole main job on real input, in front of two real model servers.

Starts an on-prem model (an Ollama, vLLM or LM Studio that already listens on its standard loopback port, else an
embedded one) and a second embedded server that plays the cloud vendor, puts Ringfence before them, sends prompts with
the real `openai` client, then verifies the log offline and shows that one flipped byte is found.

    python deploy/demo/run.py [--real-vendor]      # the latter uses OPENAI_API_KEY and api.openai.com

Exits 0 only if every prompt went where it should.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
LISTENING = {"ollama": 11434, "vllm": 8000, "lmstudio": 1234}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CARD = "4929 7182 0364 5103"
SECRET = "ghp_" + "wE8dKq2ZrT5yUb7NcV4mXs1LpJ9aHf3GtQ60"
PLANTED = (CARD.encode(), b"Keller", b"diabetes", SECRET.encode(), base64.b64encode(SECRET.encode()))


@dataclass(frozen=True)
class Prompt:
    """What is sent, and where it has to go."""

    title: str
    messages: list[dict[str, Any]]
    pinned: bool
    stream: bool = False
    answered: bool = True


PROMPTS = (
    Prompt("harmless", [{"role": "user", "content": "Explain in one sentence what a hash function is."}], pinned=False),
    Prompt(
        "harmless, streamed",
        [{"role": "user", "content": "Name three uses of a bicycle pump."}],
        pinned=False,
        stream=True,
    ),
    Prompt(
        "a name with a medical fact",
        [
            {
                "role": "user",
                "content": "Write a short note: Martina Keller was diagnosed with type 2 diabetes last week.",
            }
        ],
        pinned=True,
    ),
    Prompt(
        "a card number in the tool result of an earlier turn",
        [
            {"role": "user", "content": "Look up order 5521."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "get_order", "arguments": '{"order": 5521}'},
                    }
                ],
            },
            {
                "role": "tool",
                "tool_call_id": "call_1",
                "content": json.dumps({"status": "paid", "payment": {"pan": CARD}}),
            },
            {"role": "assistant", "content": "The order is paid."},
            {"role": "user", "content": "Thanks. What is the capital of France?"},
        ],
        pinned=True,
    ),
    Prompt(
        "a secret, base64-encoded",
        [{"role": "user", "content": f"What does this mean? {base64.b64encode(SECRET.encode()).decode()}"}],
        pinned=True,
    ),
    Prompt(
        "an image part",
        [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is in this picture?"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                ],
            }
        ],
        pinned=True,
        answered=False,
    ),
)


class Wire:
    """A relay in front of the stand-in for the cloud that keeps every byte it passes on: our own eyes on the wire."""

    def __init__(self, port: int) -> None:
        self.seen = bytearray()
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            inside, _ = self._server.accept()
            outside = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._pass, args=(inside, outside, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(outside, inside, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, keep: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if keep:
                    self.seen += piece
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def posts(self) -> int:
        """How many requests with a body went through."""
        return len(re.findall(rb"POST /v1/", self.seen))


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def embedded() -> Iterator[str]:
    """Run an embedded model server; gives its base URL."""
    command = [sys.executable, str(Path(__file__).with_name("embedded.py")), str(free_port())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        url = process.stdout.readline().strip()
        if not url:
            sys.exit("The embedded model server did not start; run deploy/demo/embedded.py by hand to see why.")
        try:
            yield url
        finally:
            process.kill()


def listening() -> tuple[str, str, str] | None:
    """Find a model server that already runs here: its kind, base URL and first model."""
    for kind, port in LISTENING.items():
        url = f"http://127.0.0.1:{port}/v1"
        with (
            contextlib.suppress(OSError, ValueError, KeyError, IndexError, TypeError),
            urllib.request.urlopen(f"{url}/models", timeout=1) as answer,  # noqa: S310 - a constant loopback URL
        ):
            return kind, url, json.load(answer)["data"][0]["id"]
    return None


@contextlib.contextmanager
def ringfence(environ: dict[str, str]) -> Iterator[str]:
    """Run the server; gives its URL."""
    command = [str(Path(sys.executable).with_name("ringfence")), "serve", "--port", "0"]
    journal = Path(environ["RINGFENCE_HOME"]) / "server.log"
    with (
        journal.open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environ, text=True) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - asked for above
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            sys.exit(f"Ringfence did not start:\n{journal.read_text()}")
        try:
            yield found[0]
        finally:
            process.terminate()
            process.wait(30)


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a `ringfence` command."""
    command = [str(Path(sys.executable).with_name("ringfence")), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def ask(client: openai.OpenAI, model: str, prompt: Prompt) -> tuple[str, dict[str, str]]:
    """Send one prompt; gives the answer, or the refusal, and the response headers."""
    try:
        raw = client.chat.completions.with_raw_response.create(
            model=model,
            messages=prompt.messages,
            max_tokens=40,
            stream=prompt.stream,  # type: ignore[call-overload]
        )
        answer = raw.parse()
        if prompt.stream:
            text = "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)
        else:
            text = answer.choices[0].message.content or ""
        return text, dict(raw.headers)
    except openai.APIStatusError as error:
        return f"[{error.status_code} {error.code}]", dict(error.response.headers)


def record(url: str, auditor: str, path: str) -> dict[str, Any]:
    """Read from the audit API, as an auditor does."""
    request = urllib.request.Request(f"{url}/audit/v1/{path}", headers={"authorization": f"Bearer {auditor}"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server on loopback
        found: dict[str, Any] = json.load(answer)
    return found


def show(number: int, prompt: Prompt, decision: dict[str, Any], text: str) -> bool:
    """Print one result; says whether it went where it should."""
    found = ", ".join(entry["t"] for entry in decision["detect"]["types"]) or "nothing"
    by = [rule["id"] for rule in decision["rules"]] + [f"ceiling of {name}" for name in decision["ceilings"]]
    up = decision.get("up", {})
    right = (
        (decision["decision"] == "pin" and up.get("zone") == "onprem")
        if prompt.pinned
        else up.get("zone") == "cloud-us"
    )
    print(f"\n{number}. {prompt.title}")
    print(f"   found     {found}")
    print(f"   decision  {decision['decision']}   by {', '.join(by) or 'no rule, no ceiling'}")
    print(
        f"   went to   zone {up.get('zone', 'none')}, upstream {up.get('id', 'none')}, model {up.get('model', 'none')}"
    )
    print(f"   answer    {' '.join(text.split())[:90]}")
    if not prompt.answered:
        print("             (the on-prem model reads no images; the request stayed home all the same)")
    return right


def added_ms(headers: dict[str, str]) -> str:
    """Return what Ringfence itself took: detection, decision and the durable record."""
    parts = [float(value) for value in re.findall(r"(?:detect|audit);dur=([\d.]+)", headers.get("server-timing", ""))]
    return f"{sum(parts):.1f} ms" if parts else "not measured"


def main() -> int:
    """Run the demo; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real-vendor", action="store_true", help="use api.openai.com with OPENAI_API_KEY")
    real = parser.parse_args().real_vendor
    if real and not os.environ.get("OPENAI_API_KEY"):
        sys.exit("--real-vendor needs OPENAI_API_KEY")
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ringfence-demo-")))
        return demo(stack, home, real=real)


def demo(stack: contextlib.ExitStack, home: Path, *, real: bool) -> int:
    """Start everything, send, verify, tamper."""
    own = listening() or ("openai", stack.enter_context(embedded()), "smollm2")
    print(
        f"on-prem   {own[2]} at {own[1]}"
        + (" (embedded: llama.cpp, SmolLM2-135M)" if own[2] == "smollm2" else " (found running)")
    )
    wire = None if real else Wire(int(stack.enter_context(embedded()).rsplit(":", 1)[1].split("/")[0]))
    cloud = "https://api.openai.com/v1" if wire is None else f"http://127.0.0.1:{wire.port}/v1"
    print(
        f"cloud     {cloud}"
        + ("" if real else " (A STAND-IN for a vendor: a second embedded model, all on this machine)")
    )
    upstreams = home / "upstreams.yaml"
    rows = [
        {"name": "local", "kind": own[0], "zone": "onprem", "base_url": own[1], "default_model": own[2]},
        {
            "name": "vendor",
            "kind": "openai",
            "zone": "cloud-us",
            "base_url": cloud,
            "api_key_env": "OPENAI_API_KEY",
            "models": ["gpt-4o-mini", "gpt-4*"],
        },
    ]
    upstreams.write_text(yaml.safe_dump({"upstreams": rows}))
    environ = {
        **os.environ,
        "RINGFENCE_HOME": str(home),
        "RINGFENCE_UPSTREAMS": str(upstreams),
        "RINGFENCE_POLICIES": str(ROOT / "policies"),
    }
    app_key = run(environ, "key", "create", "--app", "demo", "--team", "demo").stdout.strip()
    auditor = run(environ, "key", "create", "--app", "audit", "--team", "audit", "--role", "auditor").stdout.strip()
    wrong = 0
    with ringfence(environ) as url:
        print(f"ringfence {url}   policies: {ROOT / 'policies'}   audit log: SQLite")
        client = openai.OpenAI(base_url=f"{url}/v1", api_key=app_key, max_retries=0)
        for number, prompt in enumerate(PROMPTS, start=1):
            text, headers = ask(client, "gpt-4o-mini", prompt)
            decision = record(url, auditor, f"records/{headers['x-ringfence-audit-id']}")["body"]
            wrong += not show(number, prompt, decision, text)
            print(f"   added     {added_ms(headers)}   audit record {decision['id']}")
    if wire is not None:
        leaked = [value for value in PLANTED if value in wire.seen]
        expected = sum(not prompt.pinned for prompt in PROMPTS)
        wrong += len(leaked) + abs(wire.posts() - expected)
        print(f"\non the wire to the cloud stand-in: {wire.posts()} requests, {len(leaked)} planted values")
    return finish(environ, home, wrong)


def finish(environ: dict[str, str], home: Path, wrong: int) -> int:
    """Verify the log offline, then a copy with one flipped byte."""
    log = home / "audit.db"
    honest = run(environ, "audit", "verify", "--db", str(log))
    print(f"\n$ ringfence audit verify --db audit.db\n{honest.stdout.strip()}")
    copy = home / "tampered.db"
    shutil.copy(log, copy)
    seq = flip_one_byte(copy)
    forged = run(environ, "audit", "verify", "--db", str(copy))
    print(f"\none bit of record {seq} flipped in a copy:\n$ ringfence audit verify --db tampered.db")
    print(forged.stdout.strip())
    caught = forged.returncode != 0 and str(seq) in forged.stdout
    print(f"\n{'every prompt went where it should' if not wrong else f'{wrong} THINGS WENT WRONG'}", end="; ")
    print("the log verifies, the forged copy does not" if honest.returncode == 0 and caught else "THE VERIFIER FAILED")
    return 0 if not wrong and honest.returncode == 0 and caught else 1


def flip_one_byte(path: Path) -> int:
    """Flip one bit of a decision's body the way somebody with the file would: past the triggers; gives its number."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        seq, body = connection.execute(
            "SELECT seq, body FROM record WHERE kind = 'route.decision' ORDER BY seq LIMIT 1"
        ).fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    at = data.index(body[:200])
    data[at + 100] ^= 1
    path.write_bytes(data)
    return int(seq)


if __name__ == "__main__":
    raise SystemExit(main())
