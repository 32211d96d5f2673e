import pytest

from values.languages import MOST_LANGUAGES, LanguageError, language_words, parse_languages


@pytest.mark.parametrize(
    ("typed", "kept", "words"),
    [
        ("", "", ""),
        ("EN", "en", "English"),
        ("pt-br, de,DE", "pt-BR, de", "Portuguese (Brazil), German"),
        ("zh-hans-cn", "zh-Hans-CN", "Chinese (Simplified, China)"),
        ("tlh", "tlh", "Klingon"),
        ("zxx", "zxx", "no language, such as code or images"),
    ],
)
def test_tags_are_kept_in_their_spelling_and_read_in_words(typed, kept, words):
    assert (parse_languages(typed), language_words(kept)) == (kept, words)


@pytest.mark.parametrize("typed", ["English", "xx", "en de", "<b>", "e", ",".join(["aa"] + ["en"] * MOST_LANGUAGES)])
def test_what_is_no_tag_is_refused_with_examples(typed):
    with pytest.raises(LanguageError, match=r"Write en, de or pt-BR|at most"):
        parse_languages(typed)
