"""Checks manifests offline: their form by Kubernetes' own schema, and that they keep what Ringfence promises.

    kubectl kustomize OVERLAY | .venv/bin/python deploy/kubernetes/check.py

Exit code 1 when something is wrong, with a line for each. No cluster is asked, so nothing is known of storage classes,
admission, or whether the network plugin enforces policies at all. Form is that of Kubernetes 1.37, and a name that it
does not know is a fault: a misspelt safeguard protects nothing.
"""

import ipaddress
import itertools
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from proxy.errors import ConfigurationError
from proxy.settings import Settings
from proxy.supervisor import CLOSING_S, SIGNER_GRACE_S

HERE = Path(__file__).resolve().parent
SCHEMA = json.loads((HERE / "schema-1.37.json").read_text(encoding="utf-8"))
KINDS = {
    (group, kind): f"io.k8s.api.{where}.{kind}"
    for group, where, kinds in (
        ("v1", "core.v1", "Namespace ServiceAccount ConfigMap Secret Service PersistentVolumeClaim"),
        ("apps/v1", "apps.v1", "StatefulSet Deployment"),
        ("batch/v1", "batch.v1", "Job"),
        ("networking.k8s.io/v1", "networking.v1", "NetworkPolicy"),
        ("autoscaling/v2", "autoscaling.v2", "HorizontalPodAutoscaler"),
        ("policy/v1", "policy.v1", "PodDisruptionBudget"),
    )
    for kind in kinds.split()
}
APP = "app.kubernetes.io/name"
PROXY, MIGRATION, PULL, MODELS = "ringfence", "ringfence-migrate", "models-pull", ("ollama", "vllm")
BROUGHT = frozenset(f"ringfence-{what}" for what in ("keys", "tls", "database", "vendors", "migrate"))
"""Secrets that a person makes: none lies in a file."""
POLICIES = "ringfence-policies"
OUTSIDE = {PROXY: {443, 5432}, MIGRATION: {5432}, PULL: {443}}
"""Whose pods may speak to addresses outside, and at which ports."""
WIDEST = {4: 8, 6: 24}
"""The shortest prefix of a range that may be named: anything wider is as good as everybody."""
UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Workload:
    """What has pods: a set or a job."""

    name: str
    spec: Object

    @property
    def labels(self) -> dict[str, str]:
        """Return its pods' labels."""
        labels: dict[str, str] = self.spec["template"]["metadata"]["labels"]
        return labels

    @property
    def app(self) -> str:
        """Return whose pods they are."""
        return self.labels.get(APP, "")

    @property
    def pod(self) -> Object:
        """Return what a pod is."""
        pod: Object = self.spec["template"]["spec"]
        return pod

    @property
    def containers(self) -> list[Object]:
        """Return all containers, those that come first too."""
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]

    @property
    def ports(self) -> set[str]:
        """Return the names of its ports."""
        return {port["name"] for each in self.containers for port in each.get("ports", ())}


def faults(objects: list[Object]) -> list[str]:
    """Say what is wrong; of what has not the right form, nothing else."""
    misshapen = list(form(objects))
    return misshapen or [fault for check in (references, hardening, settings, network) for fault in check(objects)]


def form(objects: list[Object]) -> Iterator[str]:
    """Hold every object against its schema."""
    for each in objects:
        definition = KINDS.get((each.get("apiVersion", ""), each.get("kind", "")))
        if definition is None:
            yield f"{each.get('kind')} of {each.get('apiVersion')} is not known here"
            continue
        validator = jsonschema_rs.validator_for({**SCHEMA, "$ref": f"#/$defs/{definition}"})
        for error in validator.iter_errors(each):
            place = ".".join(str(step) for step in error.instance_path)
            yield f"{named(each)}: {place or 'it'}: {error.message}"


def named(each: Object) -> str:
    """Return what an object is called."""
    return f"{each['kind']} {each.get('metadata', {}).get('name', '?')}"


def workloads(objects: list[Object]) -> list[Workload]:
    """Return what has pods."""
    kinds = ("StatefulSet", "Deployment", "Job")
    return [Workload(named(each), each["spec"]) for each in objects if each["kind"] in kinds]


def of_kind(objects: list[Object], kind: str) -> dict[str, Object]:
    """Return the objects of a kind by their names."""
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


def references(objects: list[Object]) -> Iterator[str]:
    """See that what is named is there: pods, ports, volumes, files."""
    running = workloads(objects)
    for name, service in of_kind(objects, "Service").items():
        chosen = [each for each in running if _chosen(service["spec"]["selector"], each)]
        if not chosen:
            yield f"Service {name}: selects no pod"
        for port in service["spec"]["ports"]:
            if any(port["targetPort"] not in each.ports for each in chosen):
                yield f"Service {name}: no port {port['targetPort']}"
    for name, budget in of_kind(objects, "PodDisruptionBudget").items():
        if not any(_fits(budget["spec"]["selector"], each.labels) for each in running):
            yield f"PodDisruptionBudget {name}: selects no pod"
    yield from _scaled(objects)
    for each in running:
        yield from _of_set(each, objects)
        yield from _of_pod(each, objects)


def _scaled(objects: list[Object]) -> Iterator[str]:
    for name, scaler in of_kind(objects, "HorizontalPodAutoscaler").items():
        target = scaler["spec"]["scaleTargetRef"]
        scaled = of_kind(objects, target["kind"]).get(target["name"])
        if scaled is None:
            yield f"HorizontalPodAutoscaler {name}: nothing is called {target['name']}"
        elif "replicas" in scaled["spec"]:
            yield f"{named(scaled)}: replicas would undo what the autoscaler has chosen, each time it is applied"


def _chosen(selector: Mapping[str, str], each: Workload) -> bool:
    of_pods = {"statefulset.kubernetes.io/pod-name"}  # what the cluster adds
    return all(name in of_pods or each.labels.get(name) == value for name, value in selector.items())


def _of_set(each: Workload, objects: list[Object]) -> Iterator[str]:
    if each.name.startswith("StatefulSet") and each.spec["serviceName"] not in of_kind(objects, "Service"):
        yield f"{each.name}: there is no Service {each.spec['serviceName']}"
    if "selector" in each.spec and not _fits(each.spec["selector"], each.labels):
        yield f"{each.name}: does not select its own pods"


def _of_pod(each: Workload, objects: list[Object]) -> Iterator[str]:
    claims = {claim["metadata"]["name"] for claim in each.spec.get("volumeClaimTemplates", ())}
    volumes = {volume["name"] for volume in each.pod.get("volumes", ())} | claims
    mounts = {mount["name"] for container in each.containers for mount in container.get("volumeMounts", ())}
    for name in sorted(volumes ^ mounts):
        yield f"{each.name}: volume {name} is {'not mounted' if name in volumes else 'not there'}"
    for container, probe in itertools.product(each.containers, ("startupProbe", "livenessProbe", "readinessProbe")):
        port = container.get(probe, {}).get("httpGet", {}).get("port")
        if port is not None and port not in each.ports:
            yield f"{each.name}: {probe} asks a port {port}, which is none"
    there = {
        "configMap": {POLICIES, *of_kind(objects, "ConfigMap")},
        "secret": {*BROUGHT, *of_kind(objects, "Secret")},
        "persistentVolumeClaim": {*of_kind(objects, "PersistentVolumeClaim")},
    }
    for kind, name in _named_by(each):
        if name not in there[kind]:
            yield f"{each.name}: there is no {kind} {name}"
    account = each.pod.get("serviceAccountName")
    if account is not None and account not in of_kind(objects, "ServiceAccount"):
        yield f"{each.name}: there is no ServiceAccount {account}"


def _named_by(each: Workload) -> Iterator[tuple[str, str]]:
    for volume in each.pod.get("volumes", ()):
        for kind, key in (("configMap", "name"), ("secret", "secretName"), ("persistentVolumeClaim", "claimName")):
            if kind in volume:
                yield kind, volume[kind][key]
    for container in each.containers:
        for variable in container.get("env", ()):
            for kind in ("configMap", "secret"):
                if f"{kind}KeyRef" in variable.get("valueFrom", {}):
                    yield kind, variable["valueFrom"][f"{kind}KeyRef"]["name"]


def hardening(objects: list[Object]) -> Iterator[str]:
    """Hold pods to the restricted profile, and to a root file system that nobody writes."""
    for each in workloads(objects):
        pod, context = each.pod, each.pod.get("securityContext", {})
        wrong = {
            "runs as root": context.get("runAsNonRoot") is not True or not context.get("runAsUser"),
            "has no seccomp profile": context.get("seccompProfile") != {"type": "RuntimeDefault"},
            "has a token of the cluster": pod.get("automountServiceAccountToken") is not False,
            "Services would set its environment, such as RINGFENCE_PORT": pod.get("enableServiceLinks") is not False,
            "sees its node": any(pod.get(shared) for shared in ("hostNetwork", "hostPID", "hostIPC")),
        }
        yield from (f"{each.name}: {what}" for what, is_so in wrong.items() if is_so)
        for container in each.containers:
            yield from _hardened(f"{each.name}, {container['name']}", container)
    for name, space in of_kind(objects, "Namespace").items():
        if name == PROXY and space["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"Namespace {name}: pods are not held to the restricted profile"


def _hardened(name: str, container: Object) -> Iterator[str]:
    context, resources = container.get("securityContext", {}), container.get("resources", {})
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield f"{name}: may gain privileges"
    if context.get("readOnlyRootFilesystem") is not True:
        yield f"{name}: may write its root file system"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield f"{name}: keeps capabilities"
    if not {"cpu", "memory"} <= {*resources.get("requests", {})} or "memory" not in resources.get("limits", {}):
        yield f"{name}: asks for no resources, or has no limit of memory"
    tag = container["image"].rpartition("/")[2].partition(":")[2]
    if "@sha256:" not in container["image"] and tag in ("", "latest"):
        yield f"{name}: its image could be any"
    for variable in container.get("env", ()):
        if "value" in variable and any(word in variable["name"] for word in ("PASSWORD", "SECRET_KEY", "API_KEY")):
            yield f"{name}: {variable['name']} stands in a file"


def settings(objects: list[Object]) -> Iterator[str]:
    """See that the servers' settings are some, and that times and memory add up."""
    for each in workloads(objects):
        for container in each.containers:
            given = {variable["name"]: variable.get("value") for variable in container.get("env", ())}
            ours = {name: value for name, value in given.items() if name.startswith("RINGFENCE_")}
            values = {name: "postgresql:///" if value is None else value for name, value in ours.items()}
            try:
                read = Settings.load(environ=values)
            except ConfigurationError as error:
                yield f"{each.name}, {container['name']}: {error}"
                continue
            if container.get("args") == ["serve"]:
                yield from _adds_up(each, container, values, read)
            if each.app == "ollama" and given.get("OLLAMA_NO_CLOUD") != "1":
                yield f"{each.name}: its cloud is open"


def _adds_up(each: Workload, container: Object, given: Mapping[str, str], read: Settings) -> Iterator[str]:
    needed = read.unready_s + read.drain_s + CLOSING_S + SIGNER_GRACE_S
    if each.pod.get("terminationGracePeriodSeconds", 30) <= needed:
        yield f"{each.name}: is killed while it stops, which takes up to {needed:g} s"
    scheme = "HTTP" if read.tls_certificate is None else "HTTPS"
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        if container[probe]["httpGet"].get("scheme", "HTTP") != scheme:
            yield f"{each.name}: {probe} does not ask by {scheme}"
    ready = container["readinessProbe"]
    if ready.get("periodSeconds", 10) * ready.get("failureThreshold", 3) >= read.unready_s:
        yield f"{each.name}: stops before anybody has noticed that it is not ready"
    if "RINGFENCE_DETECT_WORKERS" not in given:
        yield f"{each.name}: starts as many detector workers as the node has cores"
    workers = read.workers * (read.scanners + 1)
    most = workers * read.detect_worker_memory_bytes + read.workers * read.detect_cache_bytes
    if quantity(container["resources"]["limits"]["memory"]) <= most:
        yield f"{each.name}: {workers} detector workers and caches alone may need more than its limit of memory"
    if not any(claim["metadata"]["name"] == "state" for claim in each.spec.get("volumeClaimTemplates", ())):
        yield f"{each.name}: the home does not outlive the pod"


def quantity(text: str) -> int:
    """Return bytes."""
    return int(text[:-2]) * UNITS[text[-2:]] if text[-2:] in UNITS else int(text)


def network(objects: list[Object]) -> Iterator[str]:
    """See that only Ringfence speaks to vendors and to models, and that nothing but models is without a way out."""
    policies = [(name, each["spec"]) for name, each in of_kind(objects, "NetworkPolicy").items()]
    if ({}, ["Ingress", "Egress"]) not in [(spec["podSelector"], spec["policyTypes"]) for _, spec in policies]:
        yield "no NetworkPolicy forbids what no other allows"
    for each in workloads(objects):
        of_it = [(name, spec) for name, spec in policies if _fits(spec["podSelector"], each.labels)]
        for name, spec in of_it:
            for rule in spec.get("egress", ()):
                yield from _egress(each, name, rule)
            for rule in spec.get("ingress", ()):
                yield from _ingress(each, name, rule)


def _egress(each: Workload, policy: str, rule: Object) -> Iterator[str]:
    where = f"NetworkPolicy {policy} for {each.name}"
    if each.app in MODELS:
        yield f"{where}: something may leave a model server"
    if not rule.get("to") or not rule.get("ports"):
        yield f"{where}: anybody, or any port"
    for peer in rule.get("to", ()):
        if "ipBlock" in peer:
            block = ipaddress.ip_network(peer["ipBlock"]["cidr"])
            if block.prefixlen < WIDEST[block.version]:
                yield f"{where}: {block} is as good as everybody"
            ports = {port["port"] for port in rule.get("ports", ())}
            if not ports <= OUTSIDE.get(each.app, set()):
                yield f"{where}: speaks to {block} at {sorted(map(str, ports))}"
        elif not any(peer.get(kind) for kind in ("podSelector", "namespaceSelector")):
            yield f"{where}: any pod"


def _ingress(each: Workload, policy: str, rule: Object) -> Iterator[str]:
    where = f"NetworkPolicy {policy} for {each.name}"
    if not rule.get("from") or not rule.get("ports"):
        yield f"{where}: anybody, or any port"
    for peer in rule.get("from", ()):
        if each.app in MODELS and peer != {"podSelector": {"matchLabels": {APP: PROXY}}}:
            yield f"{where}: others than Ringfence reach a model server"
        if not any(peer.get(kind) for kind in ("podSelector", "namespaceSelector", "ipBlock")):
            yield f"{where}: any pod"
        for port in rule.get("ports", ()):
            if isinstance(port["port"], str) and port["port"] not in each.ports:
                yield f"{where}: no port {port['port']}"


def _fits(selector: Object, labels: Mapping[str, str]) -> bool:
    of_labels = all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())
    return of_labels and all(
        one["operator"] == "In" and labels.get(one["key"]) in one["values"]
        for one in selector.get("matchExpressions", ())
    )


def main() -> int:
    """Check what comes in."""
    objects = [each for each in yaml.safe_load_all(sys.stdin) if each]
    found = faults(objects)
    for fault in found:
        print(fault)
    print(f"{len(objects)} objects, {len(found) or 'no'} faults")
    return 1 if found or not objects else 0


if __name__ == "__main__":
    raise SystemExit(main())
