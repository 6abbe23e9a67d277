import shutil
from pathlib import Path

import pytest

from proxy.detection import digest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Copy detection as another checkout has it."""
    copied = tmp_path / "elsewhere" / "detection"
    shutil.copytree(digest.PACKAGE, copied)
    return copied


def test_two_checkouts_have_one_digest_whatever_python_leaves_in_them(package: Path) -> None:
    (package / "__pycache__").mkdir(exist_ok=True)
    (package / "__pycache__" / "x.pyc").write_bytes(b"x")
    (package / ".x.swp").write_bytes(b"x")
    assert digest.of_folder(package) == digest.of_package()


@pytest.mark.parametrize(
    "name", ["recognizers/cards.py", "lexicon/given.txt", "reading.py", "recognizers/ids/packs/europe_west.py"]
)
def test_any_change_of_a_rule_or_a_list_is_another_digest(package: Path, name: str) -> None:
    with (package / name).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    assert digest.of_folder(package) != digest.of_package()


def test_the_name_of_a_file_counts_and_where_one_ends(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("two")
    before = digest.of_folder(tmp_path)
    (tmp_path / "a").rename(tmp_path / "c")
    assert digest.of_folder(tmp_path) != before
    (tmp_path / "c").rename(tmp_path / "a")
    assert digest.of_folder(tmp_path) == before
    (tmp_path / "a").write_text("onet")
    (tmp_path / "b").write_text("wo")
    assert digest.of_folder(tmp_path) != before


def test_versions_of_what_reads_a_text_are_named() -> None:
    found = digest.versions()
    assert {"python", "unicode", "spacy", "phonenumbers", "regex"} <= found.keys()
    assert all(found.values())
