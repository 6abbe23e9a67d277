"""The shape of the code is a promise too: who imports whom, what stays small, what is tested and what is documented."""

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(path for top in ("proxy", "audit") for path in (ROOT / top).rglob("*.py"))
UNTWINNED = {
    "proxy/__main__.py": "two lines that call the command line",
    "proxy/detection/findings.py": "values and a protocol",
    "proxy/upstreams/translation.py": "a protocol; the tests of the kinds that have one have its behaviour",
    "audit/records/fields.py": "values; test_kinds tries every field of every kind",
    "audit/records/routes.py": "values; test_kinds tries every field of every kind",
    "audit/stores/store.py": "values and a protocol; the tests of both stores have the behaviour",
    "audit/stores/migrations/env.py": "read by alembic; test_migrate runs it",
    "audit/stores/migrations/versions/r0001_first.py": "a migration; test_migrate runs it",
    "audit/stores/leases.py": "statements; test_store_postgres has the behaviour",
    "audit/stores/migrations/versions/r0002_checkpoint.py": "a migration; test_migrate runs it",
    "audit/stores/migrations/versions/r0003_pruned.py": "a migration; the tests of retention try what it lets go",
    "audit/stores/migrations/versions_postgres/p0001_first.py": "a migration; test_migrate runs it",
    "audit/stores/migrations/versions_postgres/p0002_pruned.py": "a migration; the tests of retention try it",
}
"""Modules without a test file of their own, each with the reason."""
MODELS = ("numpy", "spacy", "presidio_analyzer", "kingfisher_sdk", "thinc", "torch")


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_imports_follow_the_contracts() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout[-4000:]


def test_every_module_has_a_test_file_of_its_own() -> None:
    missing = []
    for path in SOURCES:
        name = str(path.relative_to(ROOT))
        twin = ROOT / "tests" / path.relative_to(ROOT).with_name(f"test_{path.name}")
        if path.name != "__init__.py" and not twin.is_file() and name not in UNTWINNED:
            missing.append(name)
    assert missing == []


def test_the_exceptions_from_that_rule_exist_and_are_needed() -> None:
    for name in UNTWINNED:
        path = ROOT / name
        assert path.is_file(), name
        assert not (ROOT / "tests" / Path(name).with_name(f"test_{path.name}")).exists(), name


def test_the_way_of_a_request_stays_one_page() -> None:
    text = (ROOT / "proxy" / "pipeline.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 220
    longest = max(
        (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert longest <= 40


def test_modules_stay_small() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: size for name, size in sizes.items() if size > 360} == {}


def test_the_server_process_never_imports_a_detection_model() -> None:
    program = f"import sys, proxy.server; print(*({set(MODELS)!r} & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_the_offline_verifier_needs_only_the_standard_library_and_cryptography() -> None:
    ours = (
        "import sys; before = set(sys.modules); import audit.verification.verifier; print(*(set(sys.modules) - before))"
    )
    ran = subprocess.run([sys.executable, "-c", ours], cwd=ROOT, capture_output=True, text=True, check=True)
    tops = {name.partition(".")[0] for name in ran.stdout.split()}
    foreign = tops - sys.stdlib_module_names - {"audit", "cryptography", "_cffi_backend", "_openssl", "cffi"}
    assert {name for name in foreign if not name.startswith("__")} == set()


def test_only_the_client_can_open_a_connection_that_carries_content() -> None:
    openers = {"httpx", "aiohttp", "requests", "urllib3", "urllib.request", "http.client", "ftplib", "smtplib"}
    openers |= {"boto3", "boto3.session", "botocore", "aiohappyeyeballs", "proxy.upstreams.connecting"}
    for path in SOURCES:
        name = str(path.relative_to(ROOT))
        allowed = {
            "proxy/upstreams/client.py": {"proxy.upstreams.connecting"},
            "proxy/upstreams/connecting.py": {"aiohappyeyeballs"},
            "proxy/notify/posting.py": {"aiohttp"},  # cannot import what knows content
            "proxy/oidc/fetching.py": {"aiohttp"},  # the same
            "proxy/model_bench/asking.py": {"http.client"},  # asks Ringfence itself, as an application with a key does
            "proxy/canary/asking.py": {"http.client"},  # asks Ringfence itself, by its own socket
            "audit/anchors/asking.py": {"http.client"},  # nor can this: it is of the log, which holds none
            "audit/anchors/s3.py": {"boto3.session"},  # the same
        }
        assert used(path)[0] & openers <= allowed.get(name, set()), name
        assert name == "proxy/upstreams/connecting.py" or ".create_connection(" not in path.read_text(encoding="utf-8")


@functools.cache
def used(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return every module that a file imports with every name it imports from one, and every name that it calls."""
    modules, called = set(), set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
    return frozenset(modules), frozenset(called)


def test_nothing_is_ever_evaluated_or_unpickled() -> None:
    forbidden = {"eval", "exec", "compile", "__import__"}
    for path in SOURCES:
        modules, called = used(path)
        assert not called & forbidden, path
        assert not {"pickle", "marshal", "shelve", "dill"} & modules, path


def codes(path: Path) -> Iterator[str]:
    """Yield every error code that a module can put into an answer."""
    for node in ast.walk(parsed(path)):
        for value in code_values(node):
            yield from constants(value)


def code_values(node: ast.AST) -> Iterator[ast.expr | None]:
    """Yield the expressions that stand where a code does: arguments, class attributes, JSON bodies, the table."""
    match node:
        case ast.Call(func=ast.Name(id="_refuse" | "error_event" | "_error"), args=[_, second, *_]):
            yield second
        case ast.keyword(arg="code", value=value):
            yield value
        case ast.ClassDef(body=body):
            yield from (item.value for item in body if isinstance(item, ast.Assign) and names(item) == ["code"])
        case ast.Dict(keys=keys, values=values):
            yield from (value for key, value in zip(keys, values, strict=True) if "code" in constants(key))
        case ast.Assign(value=ast.Dict(values=values)) if names(node) == ["CODES"]:
            yield from values


def names(node: ast.Assign) -> list[str]:
    return [ast.unparse(target) for target in node.targets]


def constants(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.BoolOp):
        yield from (code for value in node.values for code in constants(value))


def answering(path: Path) -> bool:
    """Whether a module can write an error that leaves the process; the policy's own codes stand in its diagnostics."""
    return (path.is_relative_to(ROOT / "proxy") and "policy" not in path.parts) or path.parent == ROOT / "audit" / "api"


@pytest.fixture(scope="module")
def documented() -> dict[str, str]:
    text = (ROOT / "deploy" / "docs" / "errors.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([a-z0-9_]+)` \| ([0-9, -]+) \|", text, re.MULTILINE))


def test_every_error_code_is_documented_and_every_documented_one_exists(documented: dict[str, str]) -> None:
    emitted = {code for path in SOURCES if answering(path) for code in codes(path)}
    assert "policy_blocked" in emitted
    assert "duplicate_key" in emitted
    assert sorted(emitted) == sorted(documented)
    assert list(documented) == sorted(documented)


def test_codes_are_words_that_records_and_clients_can_hold(documented: dict[str, str]) -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{2,40}", code) for code in documented)
