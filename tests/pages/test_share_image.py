"""Letters of the share image: each drawn by a typeface that has it, or not at all; never an empty box."""

import io

import pytest
from PIL import Image

from pages.sharing.drawing import Facts, MeterFacts, draw
from pages.sharing.lettering import SANS, SERIF, lettered

METER = MeterFacts("money", "42%", "of €40,000", 420, 0, 0)


@pytest.mark.parametrize(
    ("text", "drawn", "file", "from_right"),
    [
        ("Pocket Python", "Pocket Python", "newsreader", False),
        ("Žluťoučký kůň", "Žluťoučký kůň", "DejaVuSerif.ttf", False),
        ("Маленькая модель", "Маленькая модель", "DejaVuSerif.ttf", False),
        ("נמוך 7B", "נמוך 7B", "DejaVuSans.ttf", True),
        ("نموذج صغير", "نموذج صغير", "DejaVuSans.ttf", True),
        ("Cafe\u0301 \u202e\u200bopen", "Café open", "newsreader", False),
    ],
)
def test_a_text_is_drawn_in_a_typeface_that_has_its_letters(text, drawn, file, from_right):
    found = lettered(text, SERIF, 40)
    assert (found.text, found.is_right_to_left) == (drawn, from_right)
    assert file in str(found.font.path)


def test_signs_that_no_typeface_has_go_and_letters_do_not():
    assert lettered("Rocket \U0001f9ff ok", SANS, 24).text == "Rocket ok"
    for text in ("小さなモデル", "Model 小", "हिन्दी", "", " \u200b", "\U0001f9ff"):
        assert lettered(text, SERIF, 40) is None


def picture(**words):
    facts = {"title": "Title", "promise": "Promise", "creator": "Ada", "license": "MIT", "address": "a.example/b"}
    return Image.open(io.BytesIO(draw(Facts(**facts | words, meters=(METER,), cells=())))).convert("L")


def inked(image):
    """From where to where the title's rows are written on."""
    return image.crop((0, 40, 1200, 120)).point(lambda value: 255 if value < 120 else 0).getbbox()


def test_what_reads_from_the_right_begins_there():
    left, right = inked(picture(title="Model")), inked(picture(title="نموذج"))
    assert (left[0] < 80, left[2] < 600, right[0] > 600, right[2] > 1110) == (True, True, True, True)


def test_a_title_that_no_typeface_has_gives_way_to_the_address():
    assert inked(picture(title="小さなモデル", promise="誰でも", creator="山田")) == inked(
        picture(title="हिन्दी", promise="", creator="")
    )
