"""A verifier in the page that lacks one of its steps is noticed: some forgery is not found, or found differently."""

from collections.abc import Iterator, Mapping

import pytest
from chromium import Chromium, Page
from log_attacks import Case, attacks
from log_claims import claims
from verified import by_page, codes, opened

MUTANTS: Mapping[str, tuple[str, str]] = {
    "records.Records.prototype.hasHash = () => true": ("one record anew", "BODY_HASH"),
    "records.Records.prototype.judgeLink = () => {}": ("another number", "LINK"),
    "records.Records.prototype.judgeBody = () => {}": ("one field more", "SCHEMA"),
    "records.Records.prototype.judgePlace = () => {}": ("a record skipped by its writer", "WRITER_GAP"),
    "records.Records.prototype.judgeFirst = () => {}": ("a genesis of another log", "GENESIS"),
    "schema.Registry.prototype.bornWith = () => null": ("honest", ""),
    "absences.Absences.prototype.mayBeLeftOut = () => true": ("a body left out", "LEFT_OUT"),
    "absences.Absences.prototype.counts = () => false": ("a prefix pruned of more than was said", "PRUNED"),
    "absences.isOfRequest = () => true": ("a failed test erased", "ERASED"),
    "absences.Absences.prototype.judge = () => {}": ("a body erased by nobody", "ERASED"),
    "absences.Absences.prototype.account = () => {}": ("a body erased", ""),
    "approvals.Approvals.prototype.judge = () => {}": ("an approval of nothing", "APPROVAL"),
    "keyring.Keyring.prototype.end = () => null": ("a retired key beside its heir", "KEY_RANGE"),
    "keyring.Keyring.prototype.add = () => null": ("honest", ""),
    "marks.Marks.prototype.askForm = () => {}": ("another origin", "CHECKPOINT"),
    "marks.Marks.prototype.goOn = () => {}": ("honest", ""),
    "marks.Marks.prototype.judgeHead = async function () { this.heads.pop(); }": ("a longer head", "TRUNCATED"),
    "trust.Trust.prototype.met = () => true": ("one witness of two", ""),
    "ed25519.verify = async () => true": ("a wrong signature", "CHECKPOINT_SIG"),
    "verify.Verifying.prototype.judgeTexts = async () => {}": ("another text", "BUNDLE_TEXT"),
    "verify.Verifying.prototype.judgeNote = async () => {}": ("nothing", "PACK"),
    "log.Log.prototype.fault = () => {}": ("a longer end", "EXPORT"),
}


@pytest.fixture(scope="module")
def known() -> Mapping[str, Case]:
    return {case.name: case for case in (*attacks(), *claims())}


@pytest.fixture(scope="module")
def page(browser: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened(browser, tmp_path_factory.mktemp("page")) as shown:
        yield shown


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_step_of_the_verifier_in_the_page_is_needed(page: Page, mutant: str, known: Mapping[str, Case]) -> None:
    name, code = MUTANTS[mutant]
    case, (place, _, _) = known[name], mutant.partition(" = ")
    asked = (case.pack, case.trust, case.receipts)
    whole = by_page(page, *asked)
    assert code == "" or code in codes(whole)
    page.evaluate(f"void (globalThis.kept = Ringfence.{place}, Ringfence.{mutant})")
    try:
        lacking = by_page(page, *asked)
    finally:
        page.evaluate(f"void (Ringfence.{place} = globalThis.kept)")
    assert lacking != whole
    assert by_page(page, *asked) == whole
