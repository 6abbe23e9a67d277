"""No weights can be had here: these libraries are stand-ins that answer as the real ones do.

With the real ones (transformers 4.57, optimum-onnx 0.1, gliner 0.2.29, torch 2.13) the same code was run by hand on
models of a few kilobytes, from safetensors and from ONNX, before and after a fork.
"""

import os
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.detection.configured.file import Configuration
from proxy.detection.configured.neural import NEEDS, NEEDS_ONNX, OFFLINE, SIZE
from proxy.detection.detectors import load
from proxy.detection.recognizers.base import Recognizer
from proxy.errors import ConfigurationError
from proxy.files.diagnostics import FileRefused, Problems

ROOT = Path(__file__).resolve().parents[4]
Load = Callable[[str], Recognizer]
LIBRARIES = {
    "torch": """
        threads = None
        def set_num_threads(count):
            global threads
            threads = count
    """,
    "transformers": """
        import re
        from types import SimpleNamespace as Made
        asked = []
        class AutoTokenizer:
            @staticmethod
            def from_pretrained(folder, **options):
                asked.append(("tokenizer", options))
                return Made(model_max_length=10**30)
        class AutoModelForTokenClassification:
            @staticmethod
            def from_pretrained(folder, **options):
                asked.append(("model", options))
                return Made(config=Made(max_position_embeddings=514, model_type="roberta"))
        def pipeline(task, *, model, tokenizer, aggregation_strategy, stride):
            asked.append((task, tokenizer.model_max_length, stride))
            def predict(text):
                asked.append(text)
                return [
                    {"entity_group": label, "start": found.start(), "end": found.end(), "score": score}
                    for found in re.finditer(r"Maria \\w+", text)
                    for label, score in (("PER", 0.75), ("LOC", 0.9), ("ORG", 0.1))
                ]
            return predict
    """,
    "gliner": """
        import re
        from types import SimpleNamespace as Made
        asked = []
        class GLiNER:
            @staticmethod
            def from_pretrained(folder, **options):
                asked.append(options)
                def predict(text, labels, threshold):
                    asked.append((text, labels, threshold))
                    return [
                        {"start": found.start(), "end": found.end(), "label": labels[0], "score": 0.5}
                        for found in re.finditer("Maria|asthma", text)
                    ]
                return Made(predict_entities=predict)
    """,
    "onnxruntime": "class SessionOptions: pass",
}


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put stand-ins where Python finds them, and a model's folder beside the file."""
    for name, text in LIBRARIES.items():
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, value in OFFLINE.items():
        monkeypatch.setenv(name, f"not {value}")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(b"weights")


def entry(kind: str, types: str, more: str = "") -> str:
    return f"{kind}:\n  - {{name: clinical, model: model, types: {types}{more}}}\n"


def found(recognizer: Recognizer, text: str) -> list[tuple[str, str, float]]:
    return [(match.entity_type, text[match.start : match.end], match.score) for match in recognizer.find(text)]


@pytest.mark.usefixtures("libraries")
def test_a_transformer_reports_the_labels_that_are_mapped(recognizer: Load) -> None:
    model = recognizer(entry("transformers", "{PER: PERSON, ORG: ORGANIZATION}"))
    assert found(model, "for Maria Gonzalez here") == [("PERSON", "Maria Gonzalez", 0.75)]
    assert model.emits == {"PERSON": 0.3, "ORGANIZATION": 0.3}
    assert (model.folds, model.joins) == (False, False)


@pytest.mark.usefixtures("libraries")
def test_a_transformer_reads_all_of_a_text_on_one_thread_and_offline(recognizer: Load) -> None:
    model = recognizer(entry("transformers", "{PER: PERSON}"))
    text = "word " * 1000 + "for Maria Gonzalez " + "word " * 1000
    assert found(model, text) == [("PERSON", "Maria Gonzalez", 0.75)]
    asked = sys.modules["transformers"].asked
    assert asked[:3] == [
        ("tokenizer", {"local_files_only": True}),
        ("model", {"local_files_only": True, "use_safetensors": True}),
        ("token-classification", 512, 128),
    ]
    assert max(len(piece) for piece in asked[3:]) <= SIZE["transformers"]
    assert sys.modules["torch"].threads == 1
    assert {name: os.environ[name] for name in OFFLINE} == OFFLINE


@pytest.mark.usefixtures("libraries")
def test_a_name_that_a_cut_goes_through_is_found_whole_and_only_so(recognizer: Load) -> None:
    model = recognizer(entry("transformers", "{PER: PERSON}"))
    size = SIZE["transformers"]
    for shift in range(-30, 10):
        text = "x" * (size + shift - 1) + " Maria Gonzalez " + "y" * size
        assert {match.value for match in model.find(text)} == {"maria gonzalez"}, shift


@pytest.mark.usefixtures("libraries")
def test_gliner_is_asked_for_our_labels(recognizer: Load) -> None:
    model = recognizer(entry("gliner", "{medical condition: MEDICAL_CONDITION}", ", min_score: 0.4"))
    assert found(model, "she has asthma") == [("MEDICAL_CONDITION", "asthma", 0.5)]
    options, asked = sys.modules["gliner"].asked
    assert options == {"local_files_only": True, "map_location": "cpu"}
    assert asked == ("she has asthma", ["medical condition"], 0.4)


@pytest.mark.usefixtures("libraries")
def test_gliner_never_gets_more_than_it_reads(recognizer: Load) -> None:
    model = recognizer(entry("gliner", "{person: PERSON}"))
    assert found(model, "a , " * 300 + "Maria") == [("PERSON", "Maria", 0.5)]
    assert max(len(text) for text, _, _ in sys.modules["gliner"].asked[1:]) <= 350


@pytest.mark.usefixtures("libraries")
def test_onnx_runs_on_one_thread(recognizer: Load) -> None:
    recognizer(entry("gliner", "{person: PERSON}", ", onnx: true"))
    options = sys.modules["gliner"].asked[0]
    assert options["load_onnx_model"] is True
    assert (options["session_options"].intra_op_num_threads, options["session_options"].inter_op_num_threads) == (1, 1)


@pytest.mark.usefixtures("libraries")
def test_other_weights_are_another_version(recognizer: Load, tmp_path: Path) -> None:
    text = entry("gliner", "{person: PERSON}")
    before = recognizer(text).version
    (tmp_path / "model" / "model.safetensors").write_bytes(b"others")
    assert recognizer(text).version != before


PINNED = entry("gliner", "{person: PERSON}", f", sha256: '{64 * 'a'}'")
MANIFEST = r"""
find -L . -type f -not -path '*/.*' -not -path '*/__pycache__/*' -printf '%P\n' | LC_ALL=C sort |
while read -r file; do printf '%s\0%s\n' "$file" "$(sha256sum < "$file" | cut -d' ' -f1)"; done | sha256sum
"""
"""As the guide shows it."""


def digest(folder: Path) -> str:
    """Compute what pins a folder without any code of ours."""
    return subprocess.run(["bash", "-c", MANIFEST], cwd=folder, capture_output=True, text=True, check=True).stdout[:64]


@pytest.mark.usefixtures("libraries")
def test_a_model_whose_files_are_not_those_of_its_digest_is_not_read_at_all(
    configure: Callable[[str], Configuration], tmp_path: Path
) -> None:
    (tmp_path / "gliner.py").write_text("raise OSError('it was read')")
    (complaint,) = said(configure(PINNED))
    assert complaint == (
        "detectors.yaml:2:29: error[other-model] its files are not those of this sha256: theirs is "
        f"{digest(tmp_path / 'model')}; nothing of them was loaded"
    )


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("change", ["weights", "another file", "another name"])
def test_a_model_that_is_pinned_loads_until_any_file_of_it_changes(
    recognizer: Load, configure: Callable[[str], Configuration], tmp_path: Path, change: str
) -> None:
    folder = tmp_path / "model"
    (folder / "deeper").mkdir()
    (folder / "deeper" / "configuration with spaces.json").write_text("{}")
    (folder / "linked.json").symlink_to(tmp_path / "gliner.py")
    pinned = PINNED.replace(64 * "a", digest(folder))
    assert recognizer(pinned).version == digest(folder)
    if change == "weights":
        (folder / "model.safetensors").write_bytes(b"weighty")
    elif change == "another file":
        (folder / "tokenizer.json").write_text("{}")
    else:
        (folder / "model.safetensors").rename(folder / "other.safetensors")
    assert "error[other-model]" in said(configure(pinned))[0]


@pytest.mark.usefixtures("libraries")
def test_a_digest_of_another_form_is_a_mistake(configure: Callable[[str], Configuration]) -> None:
    with pytest.raises(FileRefused, match="expected 64 hexadecimal digits"):
        configure(PINNED.replace(64 * "a", "sha256:abc"))


def said(configuration: Configuration) -> list[str]:
    problems = Problems()
    (spec,) = configuration.specs
    assert spec.load(problems) is None
    return [str(problem) for problem in problems.found]


@pytest.mark.usefixtures("libraries")
def test_a_missing_library_is_told_with_the_command_that_installs_it(
    configure: Callable[[str], Configuration], tmp_path: Path
) -> None:
    (tmp_path / "gliner.py").unlink()
    assert said(configure(entry("gliner", "{person: PERSON}"))) == [
        'detectors.yaml:2:29: error[not-installed] gliner cannot be imported: pip install "ringfence[gliner]"'
    ]
    (problem,) = said(configure(entry("transformers", "{PER: PERSON}", ", onnx: true")))
    assert problem.endswith('optimum cannot be imported: pip install "ringfence[transformers,onnx]"')


@pytest.mark.parametrize("kind", ["transformers", "gliner"])
def test_without_any_library_loading_fails_with_the_command(
    kind: str, configure: Callable[[str], Configuration], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=rf'pip install "ringfence\[{kind}\]"'):
        load("none", configuration=configure(entry(kind, "{person: PERSON}")))


def test_each_extra_has_what_its_detectors_import_and_no_lock_has_it() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    brings = {kind: {re.split(r"[\[><=]", need)[0] for need in extras[kind]} for kind in (*NEEDS, "onnx")}
    for kind, libraries in NEEDS.items():
        assert brings[kind] == set(libraries)
        assert set(NEEDS_ONNX[kind]) <= {
            name.replace("optimum-onnx", "optimum") for name in brings[kind] | brings["onnx"]
        }
    locked = {
        line.split("==")[0]
        for lock in (ROOT / "requirements.lock", ROOT / "deploy" / "requirements.lock")
        for line in lock.read_text().splitlines()
    }
    assert "numpy" in locked
    assert not locked & set().union(*brings.values())


@pytest.mark.usefixtures("libraries")
def test_a_missing_model_is_never_downloaded(configure: Callable[[str], Configuration], tmp_path: Path) -> None:
    text = entry("transformers", "{PER: PERSON}")
    (tmp_path / "model" / "model.safetensors").rename(tmp_path / "model" / "pytorch_model.bin")
    assert "no weights in it that hold numbers only" in said(configure(text))[0]
    assert "no such folder; models are never downloaded" in said(configure(text.replace("model: m", "model: no/m")))[0]


@pytest.mark.usefixtures("libraries")
def test_a_model_that_does_not_load_is_told_without_its_words(
    configure: Callable[[str], Configuration], tmp_path: Path
) -> None:
    (tmp_path / "gliner.py").write_text("raise OSError('a secret')")
    assert said(configure(entry("gliner", "{person: PERSON}"))) == [
        "detectors.yaml:2:29: error[not-made] the model cannot be loaded: OSError"
    ]
