"""The list of what an image is made of says what the lock says: all of it, and nothing else."""

import functools
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "sbom.py"
LOCK = ROOT / "deploy" / "requirements.lock"
LICENCES = ROOT / "deploy" / "licences.csv"
HEAD = "part,version,licence,text,note\n"


@functools.cache
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_names_every_package_of_the_lock_with_every_hash() -> None:
    command = [sys.executable, "-I", "-S", SCRIPT, LOCK, LICENCES]  # without any package, as where an image is built
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    listed, lock = json.loads(ran.stdout), LOCK.read_text(encoding="utf-8")
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", listed["serialNumber"])
    packages = {f"{each['name']}=={each['version']}" for each in listed["components"]}
    assert packages == set(re.findall(r"^([a-z0-9.-]+==[^ ;]+)", re.sub(r"\[[^\]]*\]", "", lock), re.MULTILINE))
    assert len({each["bom-ref"] for each in listed["components"]}) == len(packages)
    hashes = [hashed["content"] for each in listed["components"] for hashed in each["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", lock))
    assert all(each["hashes"] for each in listed["components"])


def test_each_has_its_licence_and_what_its_wheel_brings() -> None:
    listed = sbom().document(LOCK.read_text(encoding="utf-8"), LICENCES.read_text(encoding="utf-8"))["components"]
    its = {each["name"]: each for each in listed}
    assert all(each["licenses"][0]["expression"] for each in listed)
    assert its["psycopg"]["licenses"] == [{"expression": "LGPL-3.0-only"}]
    brought = {each["name"]: each["licenses"][0]["expression"] for each in its["psycopg-binary"]["components"]}
    assert (brought["libpq"], brought["libssl"]) == ("PostgreSQL", "Apache-2.0")
    assert "components" not in its["psycopg"]


@pytest.mark.parametrize("listed", ["", "a,2,MIT,,\n"])
def test_a_package_whose_licence_nobody_listed_is_never_left_without_one(listed: str) -> None:
    with pytest.raises(ValueError, match="a==1 has no licence in the list: make licences"):
        sbom().document("a==1\n", HEAD + listed)


def test_extras_and_markers_are_understood() -> None:
    made = sbom().components(
        "psycopg[binary]==3.3.1 ; sys_platform == 'linux' \\\n    --hash=sha256:" + 64 * "a" + "\n"
    )
    assert [(each["name"], each["purl"]) for each in made] == [("psycopg", "pkg:pypi/psycopg@3.3.1")]
    assert made[0]["properties"] == [{"name": "ringfence:marker", "value": "sys_platform == 'linux'"}]


def test_another_lock_is_another_list_and_the_same_one_the_same() -> None:
    listed = f"{HEAD}a,1,MIT,,\na,2,MIT,,\n"
    one, other = sbom().document("a==1\n", listed), sbom().document("a==2\n", listed)
    assert one == sbom().document("a==1\n", listed)
    assert one["serialNumber"] != other["serialNumber"]


@pytest.mark.parametrize("line", ["a @ https://a.example/a.whl", "-e .", "a>=1"])
def test_what_is_not_understood_is_never_left_out(line: str) -> None:
    with pytest.raises(ValueError, match="not a line of a lock"):
        sbom().components(line)
