"""LiteLLM, and LiteLLM with Presidio as its guardrail, as people run them: servers of their own, one worker each.

They live in an environment of their own, which `make bench` installs from `peers/requirements.lock`; where that cannot
be, they are left out and the report says so. They get nothing of the caller's environment, and are told to fetch
nothing: LiteLLM reads its list of prices from its package, and Presidio its model.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import yaml
from targets import HERE, START_S, Target, started

sys.path.insert(0, str(HERE.parent))

from ports import free_port

PEERS = HERE / "peers"
PROGRAMS = PEERS / ".venv" / "bin"
LITELLM, GUARDED = OTHERS = ("LiteLLM", "LiteLLM + Presidio")
KEY = "sk-bench"
MASKED = ("PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN")
ALONE = {
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    "DISABLE_ADMIN_UI": "True",
    "NO_DOCS": "True",
}
"""What keeps LiteLLM from the network, as far as 1.102 goes, and spares it what no request needs."""
QUIET: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"uvicorn.access": {"handlers": [], "propagate": False}},
}
"""No line for each request: nobody else writes one."""
SECRET = "jane.smith@example.com"


def installed() -> bool:
    """Say whether `make bench` could install them."""
    return (PEERS / ".venv" / ".installed").exists()


def start(stack: ExitStack, names: Sequence[str], home: Path, upstream: str) -> list[Target]:
    """Start the chosen ones and see that the guardrail works, and only where it should."""
    home.mkdir()
    targets = []
    if LITELLM in names:
        targets.append(litellm(stack, LITELLM, home, upstream, {}))
    if GUARDED in names:
        services = {name: presidio(stack, name, home) for name in ("analyzer", "anonymizer")}
        bases = {f"PRESIDIO_{name.upper()}_API_BASE": url for name, (_, url) in services.items()}
        target = litellm(stack, GUARDED, home, upstream, bases)
        target.beside = [process for process, _ in services.values()]
        targets.append(target)
    for target in targets:
        if (SECRET not in echoed(target)) != (target.name == GUARDED):
            raise SystemExit(f"{target.name} does not mask as it should: nothing can be compared with it")
    return targets


def litellm(stack: ExitStack, name: str, home: Path, upstream: str, services: dict[str, str]) -> Target:
    """Start LiteLLM; with Presidio's services, they mask each prompt before it is sent."""
    configuration: dict[str, Any] = {
        "model_list": [
            {
                "model_name": "gpt-4*",
                "litellm_params": {"model": "openai/gpt-4*", "api_base": upstream, "api_key": "none"},
            }
        ],
        "litellm_settings": {"telemetry": False, "num_retries": 0, "request_timeout": 60},
        "general_settings": {"master_key": KEY},
    }
    if services:
        masking = {"guardrail": "presidio", "mode": "pre_call", "default_on": True}
        masking["pii_entities_config"] = dict.fromkeys(MASKED, "MASK")
        configuration["guardrails"] = [{"guardrail_name": "presidio", "litellm_params": masking}]
    stem = home / name.replace(" ", "")
    stem.with_suffix(".yaml").write_text(yaml.safe_dump(configuration))
    stem.with_suffix(".json").write_text(json.dumps(QUIET))
    port = free_port()
    command = [str(PROGRAMS / "litellm"), "--host=127.0.0.1", f"--port={port}", "--num_workers=1", "--telemetry=False"]
    command += [f"--config={stem}.yaml", f"--log_config={stem}.json"]
    url = f"http://127.0.0.1:{port}"
    process = serving(stack, command, home, {**ALONE, **services}, f"{url}/health/liveliness")
    return Target(name, f"{url}/v1", KEY, process)


def presidio(stack: ExitStack, name: str, home: Path) -> tuple[psutil.Process, str]:
    """Start one of Presidio's services as its container does."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [str(PROGRAMS / "gunicorn"), "--workers=1", "--timeout=120", "--log-level=error", f"--chdir={PEERS}"]
    command += [f"--bind=127.0.0.1:{port}", f"presidio_server:{name}()"]
    return serving(stack, command, home, {}, f"{url}/health"), f"{url}/"


def serving(stack: ExitStack, command: list[str], home: Path, environ: dict[str, str], health: str) -> psutil.Process:
    """Start a server and wait until it says that it is well."""
    log = home / f"{Path(command[0]).name}.log"
    clean = {"PATH": os.defpath, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "", "LANG": "C.UTF-8"}
    process: subprocess.Popen[bytes] = stack.enter_context(started(command, log, {**clean, **environ}))
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with _opener().open(health, timeout=5):
                return psutil.Process(process.pid)
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit(f"{command[0]} did not start: {log.read_text()[-2000:]}")


def echoed(target: Target) -> str:
    """Return what reaches the upstream of a prompt with somebody's address."""
    said = [{"role": "user", "content": f"Write to Jane Smith, {SECRET}, please."}]
    request = urllib.request.Request(
        f"{target.url}/chat/completions",
        json.dumps({"model": "gpt-4o-echo", "messages": said}).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {target.key}"},
    )
    with _opener().open(request, timeout=60) as answer:
        return str(json.load(answer)["choices"][0]["message"]["content"])


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
