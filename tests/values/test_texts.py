"""What can be read, in every script, and what nobody could read as it is meant."""

import pytest

from values.texts import unreadable


@pytest.mark.parametrize(
    "text",
    [
        "Pocket Python", "Žluťoučký kůň", "نموذج لغوي\u200f", "نمی\u200cشود", "\u05e9\u05b8\u05dc", "हिन्दी मॉडल",
        "ภาษา\u200bไทย", "小さなモデル", "👩\u200d🔬 \u2764\ufe0f", "🏴\U000e0067\U000e0062\U000e007f",
        "Two\nlines\tand a tab", "e\u0301\u0323", "\ufeffPasted", "soft\u00adhyphen", "", "  ", "\U0001fae8",
    ],
)  # fmt: skip
def test_words_of_every_script_can_be_read(text):
    assert unreadable(text) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("\u202eevil", "turns the text around (U+202E)"), ("\u2066iso", "U+2066"), ("a\x07b", "U+0007"),
        ("a\x00b", "U+0000"), ("\x1b[31m", "U+001B"), ("\U000e0041tag", "U+E0041"), ("x\ufffe", "U+FFFE"),
        ("\ud800", "U+D800"), ("\ue000", "U+E000"), ("\u200b \u200b", "Nothing of it can be seen"),
        ("\u200f\ufeff", "Nothing of it"), ("Z" + "\u0351" * 9, "too many marks"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_as_it_is_meant_is_said(text, why):
    assert why in unreadable(text)
