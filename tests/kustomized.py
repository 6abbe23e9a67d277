"""Renders the kustomizations in `deploy/kubernetes` as kustomize would, as far as they use it; more is an error."""

from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]
USED = {"apiVersion", "kind", "namespace", "resources", "configMapGenerator", "generatorOptions", "images"}
CLUSTER_WIDE = {"Namespace"}


def render(folder: Path) -> list[Object]:
    """Return the objects of a kustomization."""
    said = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    assert set(said) <= USED, f"{folder}: kustomize knows more than this does"
    objects = [each for name in said["resources"] for each in read(folder / name)]
    for generated in said.get("configMapGenerator", ()):
        assert set(generated) == {"name", "files"}
        assert said["generatorOptions"] == {"disableNameSuffixHash": True}
        data = {name: (folder / name).read_text(encoding="utf-8") for name in generated["files"]}
        objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generated["name"]}, "data": data})
    for each in objects:
        if each["kind"] not in CLUSTER_WIDE:
            each["metadata"]["namespace"] = said["namespace"]
        template = each.get("spec", {}).get("template", {}).get("spec", {})
        for container in [*template.get("initContainers", ()), *template.get("containers", ())]:
            container["image"] = image(container["image"], said.get("images", []))
    return objects


def read(file: Path) -> list[Object]:
    """Return the objects of a file."""
    return [each for each in yaml.safe_load_all(file.read_text(encoding="utf-8")) if each]


def image(name: str, images: list[dict[str, str]]) -> str:
    """Return what an image is called in the end."""
    for one in images:
        if one["name"] == name:
            return f"{one.get('newName', name)}:{one['newTag']}"
    return name
