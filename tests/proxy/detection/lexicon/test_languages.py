import pytest

from proxy.detection.lexicon.languages import ALL_FUNCTION_WORDS, function_words, language


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Could you write to the customer and ask for it?", "en"),
        ("Können Sie mir bitte sagen, wo das ist und wer es hat?", "de"),
        ("Est-ce que vous pouvez écrire à la cliente pour la facture ?", "fr"),
        ("¿Puede usted escribir al cliente para que nos pague la factura?", "es"),
        ("Può scrivere alla cliente che non ha pagato la fattura?", "it"),
        ("Kunt u aan de klant schrijven dat het niet betaald is?", "nl"),
        ("Pode escrever para a cliente que não pagou a fatura?", "pt"),
        ("Czy może pan napisać do klienta, że nie zapłacił?", "pl"),
        ("Kan du skriva till kunden att han inte har betalat?", "sv"),
        ("Merhaba, bu müşteri için bir mektup çok lütfen", "tr"),
        ("Tolong tulis surat untuk pelanggan ini dengan data yang ada", "id"),
    ],
)
def test_a_sentence_is_known_by_its_function_words(text: str, name: str) -> None:
    assert language(text) == name


@pytest.mark.parametrize("text", ["", "SELECT id FROM t", "x = 1", "Maria Gonzalez", "la", "2024-01-02 12:00:00 WARN"])
def test_what_says_nothing_counts_as_english(text: str) -> None:
    assert language(text) == "en"


def test_function_words_are_spelled_without_accents() -> None:
    assert "fur" in function_words("de")
    assert function_words("fr") <= ALL_FUNCTION_WORDS
