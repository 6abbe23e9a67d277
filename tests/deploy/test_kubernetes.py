"""The manifests for Kubernetes: their form, what they promise, and that a broken one is found. No cluster is asked."""

import copy
import functools
import importlib.util
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from kustomized import Object, read, render

from audit import keys
from proxy.activation import signature
from proxy.errors import ConfigurationError
from proxy.files.diagnostics import Problems
from proxy.policy.load import read_directory
from proxy.settings import Settings
from proxy.upstreams.reading import load_registry

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
GUIDE = (ROOT / "deploy" / "docs" / "kubernetes.md").read_text(encoding="utf-8")
PARTS = (".", "migrate", "models")
DOCUMENTATION = [ipaddress.ip_network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]


@functools.cache
def checker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", FOLDER / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["check"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


@functools.cache
def shipped() -> str:
    return json.dumps([each for part in PARTS for each in render(FOLDER / part)])


def objects() -> list[Object]:
    made: list[Object] = json.loads(shipped())
    return made


def one(of: list[Object], kind: str, name: str) -> Any:
    return next(each for each in of if (each["kind"], each["metadata"]["name"]) == (kind, name))


def pod(of: list[Object], kind: str, name: str) -> Any:
    return one(of, kind, name)["spec"]["template"]["spec"]


def variables(container: Object) -> dict[str, Object]:
    return {variable["name"]: variable for variable in container["env"]}


def test_the_manifests_have_no_faults() -> None:
    assert checker().faults(objects()) == []
    assert f"{len(render(FOLDER))} objects, no faults\n" in GUIDE


def test_so_has_what_a_namespace_of_applications_is_given() -> None:
    given = render(FOLDER / "clients")
    assert list(checker().form(given)) == []
    rule = one(objects(), "NetworkPolicy", "callers-to-ringfence")["spec"]["ingress"][0]
    assert given[0]["metadata"]["labels"].items() >= rule["from"][0]["namespaceSelector"]["matchLabels"].items()


def test_kustomize_itself_renders_the_same_where_it_is_at_hand() -> None:
    for part in (*PARTS, "clients") if shutil.which("kubectl") else ():
        ran = subprocess.run(["kubectl", "kustomize", FOLDER / part], capture_output=True, text=True, check=True)
        theirs = [each for each in yaml.safe_load_all(ran.stdout) if each]
        assert ordered(theirs) == ordered(render(FOLDER / part))


def ordered(of: list[Object]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in of)


def test_every_file_is_part_of_a_kustomization() -> None:
    used = {FOLDER / "schema-1.37.json", FOLDER / "check.py"}
    for kustomization in FOLDER.rglob("kustomization.yaml"):
        said = yaml.safe_load(kustomization.read_text(encoding="utf-8"))
        names = [*said["resources"], *(name for each in said.get("configMapGenerator", ()) for name in each["files"])]
        used |= {kustomization, *(kustomization.parent / name for name in names)}
    assert {path for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".pyc"} == used


def test_no_secret_lies_in_a_file_and_the_guide_says_how_each_is_made() -> None:
    assert [each for each in objects() if each["kind"] == "Secret"] == []
    made = set(re.findall(r"create (?:secret generic|secret tls|configmap) ([a-z-]+)", GUIDE))
    assert made == {*checker().BROUGHT, checker().POLICIES}


def test_nothing_may_leave_before_somebody_said_where_to() -> None:
    blocks = [
        ipaddress.ip_network(peer["ipBlock"]["cidr"])
        for each in read(FOLDER / "egress.yaml")
        for rule in each["spec"]["egress"]
        for peer in rule["to"]
    ]
    assert len(blocks) == 3
    assert all(any(block.subnet_of(known) for known in DOCUMENTATION) for block in blocks)


def test_what_models_scale_by_is_a_figure_and_the_guide_says_how_it_is_made() -> None:
    metrics = (ROOT / "deploy" / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert all(name in metrics for name in re.findall(r"ringfence_upstream_[a-z_]+", GUIDE))
    for name in ("ollama", "vllm"):
        wanted = one(objects(), "HorizontalPodAutoscaler", name)["spec"]["metrics"][0]["external"]["metric"]["name"]
        assert f"name: {{as: {wanted}}}" in GUIDE


Spoil = Callable[[list[Object]], object]
SPOILT: dict[str, tuple[str, Spoil]] = {
    "a misspelt safeguard": (
        "readOnlyRootFileSystem",
        lambda of: pod(of, "StatefulSet", "ringfence")["containers"][0]["securityContext"].update(
            readOnlyRootFileSystem=True
        ),
    ),
    "a port that is a word where a number belongs": (
        "is not of type",
        lambda of: one(of, "Service", "ringfence")["spec"]["ports"][0].update(port="http"),
    ),
    "a kind that nobody knows": ("is not known", lambda of: of.append({"apiVersion": "v2", "kind": "Pot"})),
    "a Service for nobody": (
        "selects no pod",
        lambda of: one(of, "Service", "ringfence-audit")["spec"]["selector"].update({"app.kubernetes.io/name": "x"}),
    ),
    "a Service to a port that is not there": (
        "no port web",
        lambda of: one(of, "Service", "ollama")["spec"]["ports"][0].update(targetPort="web"),
    ),
    "a budget for nobody": (
        "PodDisruptionBudget ringfence",
        lambda of: one(of, "PodDisruptionBudget", "ringfence")["spec"].update(selector={"matchLabels": {"a": "b"}}),
    ),
    "an autoscaler of nothing": (
        "nothing is called proxy",
        lambda of: one(of, "HorizontalPodAutoscaler", "ringfence")["spec"]["scaleTargetRef"].update(name="proxy"),
    ),
    "a number of replicas beside an autoscaler": (
        "replicas would undo",
        lambda of: one(of, "StatefulSet", "ringfence")["spec"].update(replicas=3),
    ),
    "a set without its Service": (
        "there is no Service",
        lambda of: one(of, "StatefulSet", "vllm")["spec"].update(serviceName="models"),
    ),
    "a ConfigMap that is not there": (
        "there is no configMap",
        lambda of: of.remove(one(of, "ConfigMap", "ringfence-upstreams")),
    ),
    "a claim that is not there": (
        "there is no persistentVolumeClaim",
        lambda of: of.remove(one(of, "PersistentVolumeClaim", "vllm-models")),
    ),
    "a volume that is not there": (
        "volume tmp is not there",
        lambda of: pod(of, "StatefulSet", "ringfence")["volumes"].pop(),
    ),
    "a probe of another port": (
        "livenessProbe asks",
        lambda of: pod(of, "StatefulSet", "ringfence")["containers"][0]["livenessProbe"]["httpGet"].update(port="web"),
    ),
    "a probe in the clear": (
        "readinessProbe does not ask by HTTPS",
        lambda of: pod(of, "StatefulSet", "ringfence")["containers"][0]["readinessProbe"]["httpGet"].pop("scheme"),
    ),
    "a server in the clear whose probes are not": (
        "startupProbe does not ask by HTTP\n",
        lambda of: [
            pod(of, "StatefulSet", "ringfence")["containers"][0]["env"].remove(each)
            for name, each in variables(pod(of, "StatefulSet", "ringfence")["containers"][0]).items()
            if "TLS" in name
        ],
    ),
    "root": (
        "runs as root",
        lambda of: pod(of, "StatefulSet", "vllm")["securityContext"].update(runAsUser=0),
    ),
    "system calls of all kinds": (
        "no seccomp profile",
        lambda of: pod(of, "Job", "ringfence-migrate")["securityContext"].pop("seccompProfile"),
    ),
    "a token of the cluster": (
        "has a token",
        lambda of: pod(of, "StatefulSet", "ringfence").pop("automountServiceAccountToken"),
    ),
    "an environment that Services set": (
        "RINGFENCE_PORT",
        lambda of: pod(of, "StatefulSet", "ringfence").pop("enableServiceLinks"),
    ),
    "the network of the node": (
        "sees its node",
        lambda of: pod(of, "StatefulSet", "ringfence").update(hostNetwork=True),
    ),
    "a root file system that can be written": (
        "may write its root",
        lambda of: pod(of, "StatefulSet", "ringfence")["initContainers"][0]["securityContext"].pop(
            "readOnlyRootFilesystem"
        ),
    ),
    "a capability": (
        "keeps capabilities",
        lambda of: pod(of, "StatefulSet", "ollama")["containers"][0]["securityContext"].update(
            capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}
        ),
    ),
    "no limit of memory": (
        "no limit of memory",
        lambda of: pod(of, "Job", "vllm-pull")["containers"][0]["resources"].pop("limits"),
    ),
    "any image": (
        "its image could be any",
        lambda of: pod(of, "StatefulSet", "ollama")["containers"][0].update(image="ollama/ollama:latest"),
    ),
    "a key in a file": (
        "OPENAI_API_KEY stands in a file",
        lambda of: variables(pod(of, "StatefulSet", "ringfence")["containers"][0])["OPENAI_API_KEY"].update(value="x"),
    ),
    "a setting that is none": (
        "did you mean workers",
        lambda of: variables(pod(of, "StatefulSet", "ringfence")["containers"][0])["RINGFENCE_WORKERS"].update(
            name="RINGFENCE_WORKER"
        ),
    ),
    "a time to stop that is too short": (
        "is killed while it stops, which takes up to 85 s",
        lambda of: pod(of, "StatefulSet", "ringfence").update(terminationGracePeriodSeconds=85),
    ),
    "a server that stops before anybody looks elsewhere": (
        "before anybody has noticed",
        lambda of: pod(of, "StatefulSet", "ringfence")["containers"][0]["readinessProbe"].update(failureThreshold=4),
    ),
    "a detector for each core of the node": (
        "as many detector workers",
        lambda of: variables(pod(of, "StatefulSet", "ringfence")["containers"][0])["RINGFENCE_DETECT_WORKERS"].update(
            name="RINGFENCE_DETECT_QUEUE"
        ),
    ),
    "less memory than detectors may take": (
        "6 detector workers and caches alone",
        lambda of: pod(of, "StatefulSet", "ringfence")["containers"][0]["resources"]["limits"].update(memory="3Gi"),
    ),
    "a home that goes with the pod": (
        "the home does not outlive",
        lambda of: one(of, "StatefulSet", "ringfence")["spec"]["volumeClaimTemplates"][0]["metadata"].update(name="s"),
    ),
    "an open cloud": (
        "its cloud is open",
        lambda of: variables(pod(of, "StatefulSet", "ollama")["containers"][0])["OLLAMA_NO_CLOUD"].update(value="0"),
    ),
    "a namespace that lets everything run": (
        "not held to the restricted profile",
        lambda of: one(of, "Namespace", "ringfence")["metadata"]["labels"].clear(),
    ),
    "what nothing forbids": (
        "forbids what no other allows",
        lambda of: of.remove(one(of, "NetworkPolicy", "nothing-else")),
    ),
    "vendors everywhere": (
        "0.0.0.0/0 is as good as everybody",
        lambda of: one(of, "NetworkPolicy", "ringfence-to-vendors")["spec"]["egress"][0]["to"][0].update(
            ipBlock={"cidr": "0.0.0.0/0"}
        ),
    ),
    "half of everywhere": (
        "128.0.0.0/1 is as good as everybody",
        lambda of: one(of, "NetworkPolicy", "ringfence-to-vendors")["spec"]["egress"][0]["to"][0].update(
            ipBlock={"cidr": "128.0.0.0/1"}
        ),
    ),
    "a rule without a peer": (
        "anybody, or any port",
        lambda of: one(of, "NetworkPolicy", "ringfence-to-vendors")["spec"]["egress"][0].pop("to"),
    ),
    "any pod": (
        "any pod",
        lambda of: one(of, "NetworkPolicy", "ringfence-to-models")["spec"]["egress"][0].update(
            to=[{"namespaceSelector": {}}]
        ),
    ),
    "a model server that speaks to a vendor": (
        "something may leave a model server",
        lambda of: one(of, "NetworkPolicy", "ringfence-to-vendors")["spec"].update(podSelector={}),
    ),
    "a migration that speaks to a vendor": (
        "for Job ringfence-migrate: speaks to",
        lambda of: one(of, "NetworkPolicy", "ringfence-to-vendors")["spec"].update(
            podSelector={"matchLabels": {"app.kubernetes.io/name": "ringfence-migrate"}}
        ),
    ),
    "an application that speaks to a model": (
        "others than Ringfence reach a model server",
        lambda of: one(of, "NetworkPolicy", "only-ringfence-to-vllm")["spec"]["ingress"][0]["from"].append(
            {"namespaceSelector": {"matchLabels": {"ringfence-callers": "allowed"}}}
        ),
    ),
    "a model that everybody reaches": (
        "anybody, or any port",
        lambda of: one(of, "NetworkPolicy", "only-ringfence-to-ollama")["spec"]["ingress"][0].pop("from"),
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_broken_manifest_is_found(what: str) -> None:
    expected, spoil = SPOILT[what]
    spoilt = copy.deepcopy(objects())
    spoil(spoilt)
    assert expected in "".join(f"{fault}\n" for fault in checker().faults(spoilt))


def test_the_command_says_what_is_wrong_and_ends_with_1() -> None:
    manifests = yaml.safe_dump_all([each for each in objects() if each["kind"] != "NetworkPolicy"])
    command = [sys.executable, str(FOLDER / "check.py")]
    ran = subprocess.run(command, input=manifests, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 1
    assert ran.stdout.endswith("1 faults\n")


def test_a_service_of_that_name_would_keep_the_server_from_starting() -> None:
    with pytest.raises(ConfigurationError, match="port"):
        Settings.load(environ={"RINGFENCE_PORT": "tcp://10.0.0.1:8080", "HOME": "/nonexistent"})


def test_what_comes_first_gives_the_server_its_keys_as_it_wants_them(tmp_path: Path) -> None:
    """As in a pod: the keys come from a Secret, readable by a group, and the home was there before."""
    made, secret = tmp_path / "made", tmp_path / "secret"
    keys.create(made, "log.example/audit")
    keys.finish(made)
    shutil.copytree(made, secret)
    for file in secret.iterdir():
        file.chmod(0o440)
    home = tmp_path / "state" / "home"
    home.parent.mkdir()
    first = pod(objects(), "StatefulSet", "ringfence")["initContainers"][0]
    places = {"RINGFENCE_HOME": home, "KEYS_OF_SECRET": secret, "KEYS_IN_MEMORY": tmp_path / "memory" / "keys"}
    assert set(places) == set(variables(first))
    environment = {**os.environ, **{name: str(path) for name, path in places.items()}}
    with pytest.raises(Exception, match="mode 0600"):
        keys.load(secret)
    for _ in range(2):
        subprocess.run([*first["command"], *first["args"]], env=environment, check=True)
        assert keys.load(home / "keys") == keys.load(made)
        (home / "state.json").touch(mode=0o660)
        (home / "state.json").chmod(0o660)
    subprocess.run([*first["command"], *first["args"]], env=environment, check=True)
    assert (home / "state.json").stat().st_mode & 0o077 == 0


def test_policies_of_a_config_map_are_read_and_their_change_is_noticed(tmp_path: Path) -> None:
    """As a kubelet lays them out: links to files behind one link, which is put in place of another at once."""
    mounted = tmp_path / "policies"
    for number in (1, 2):
        shutil.copytree(ROOT / "policies", mounted / f"..2026_{number}")
    (mounted / "..data").symlink_to("..2026_1")
    for file in (ROOT / "policies").iterdir():
        (mounted / file.name).symlink_to(f"..data/{file.name}")
    settings = Settings(home=tmp_path / "home", policies=mounted, upstreams=FOLDER / "upstreams.yaml")
    assert read_directory(mounted, Problems()) == read_directory(ROOT / "policies", Problems())
    before = signature(settings)
    (mounted / "..next").symlink_to("..2026_2")
    (mounted / "..next").rename(mounted / "..data")
    assert signature(settings) != before


def test_every_model_server_that_may_run_is_an_upstream_and_no_other() -> None:
    registry = load_registry(FOLDER / "upstreams.yaml")
    of = objects()
    expected = set()
    for name in ("ollama", "vllm"):
        port = one(of, "Service", name)["spec"]["ports"][0]["port"]
        for number in range(one(of, "HorizontalPodAutoscaler", name)["spec"]["maxReplicas"]):
            expected.add(f"http://{name}-{number}.{name}.ringfence.svc.cluster.local:{port}/v1")
    assert {each.base_url for each in registry.upstreams if each.zone == "onprem"} == expected
