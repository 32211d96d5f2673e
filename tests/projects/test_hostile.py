"""What is sent to do harm: Markdown by a grammar of its own, and pictures that bomb whoever decodes them."""

import io
import random

import pytest
from PIL import Image, PngImagePlugin

from bench.hostile import addresses
from bench.hostile.measuring import cost_of
from bench.hostile.pictures import bombs
from bench.hostile.words import faults_of, texts
from projects.fulfilment.images import NotShown, read_picture
from projects.licenses import LicenseError, parse_license
from projects.markdown import plain_words, render_markdown

BOMBS = bombs()
INPUTS = 3000


def test_no_address_leads_inside_however_it_is_spelled():
    with addresses.without_a_network():
        faults = [(text, found) for text in addresses.addresses(INPUTS, seed=7) if (found := addresses.faults_of(text))]
        assert faults == []


def test_the_judge_sees_an_address_that_leads_inside(monkeypatch):
    monkeypatch.setattr("outward.addresses.is_public", lambda address: True)
    with addresses.without_a_network():
        assert addresses.faults_of("https://0x7f.1/") == ["goes to 127.0.0.1"]
        assert addresses.faults_of("https://10.0.0.1/")[1] == "shown as a link to 10.0.0.1"


def test_no_input_renders_to_more_than_is_allowed():
    for text in texts(INPUTS, seed=7):
        html = render_markdown(text)
        assert faults_of(html) == [], text
        assert faults_of(plain_words(html).replace("<", "&lt;")) == []


@pytest.mark.parametrize(
    "html",
    ["<script>", "<a onclick=x>", '<a href="javascript:x">', '<a href=" java\nscript:x">', "<img src=x>", "<!--x-->"],
)
def test_the_judge_sees_what_is_not_allowed(html):
    assert faults_of(html)


def test_no_text_in_the_place_of_a_licence_is_an_error_of_ours():
    draw, refused = random.Random(1), 0
    parts = [
        *map(chr, range(1, 0x250, 7)),
        *"()+ANDORWITH-. ,/:" * 5,
        *(["MIT", " AND ", " OR ", " WITH ", "GPL-2.0"] * 9),
    ]
    for _ in range(4000):
        try:
            parse_license("".join(draw.choice(parts) for _ in range(draw.randint(1, 9))))
        except LicenseError:
            refused += 1
    assert refused > 3000


@pytest.mark.parametrize(
    "text", ["()", "( AND MIT", "(MIT", "\x98\x9c\xfc", "MIT é", "AND", "+", "MIT AND", "\U0001f600"]
)
def test_an_odd_licence_is_refused_in_words(text):
    with pytest.raises(LicenseError, match="no SPDX licence"):
        parse_license(text)


def test_there_are_forty_bombs():
    assert len(BOMBS) >= 40


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_two_seconds_and_100_mib_at_most(name):
    cost = cost_of(lambda: f"{read_picture(BOMBS[name]).width} wide", refusal=NotShown)
    assert not cost.outcome.startswith("!"), cost
    assert (cost.seconds <= 2 or cost, cost.mib <= 100 or cost) == (True, True)


def test_the_measure_sees_a_bomb():
    cost = cost_of(lambda: str(len(bytearray(b"x" * 200 * 2**20))), refusal=NotShown)
    assert cost.mib > 150
    assert cost_of(lambda: 1 // 0, refusal=NotShown).outcome.startswith("! ZeroDivisionError")


def saved(kind, **how):
    exif = Image.Exif()
    exif[0x8825], exif[0x010F] = {1: "N", 2: (48.0, 8.0, 0.0)}, "Camera of Ana"
    out = io.BytesIO()
    Image.new("RGB", (60, 40)).save(out, kind, exif=exif.tobytes(), icc_profile=b"secret profile", **how)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_where_how_and_by_whom_is_left(kind):
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Ana of Berlin")
    words.add_itxt("XML:com.adobe.xmp", "<x>Ana</x>")
    more = {
        "PNG": {"pnginfo": words},
        "WEBP": {"xmp": b"<x>Ana</x>"},
        "JPEG": {"comment": b"Ana", "xmp": b"<x>Ana</x>"},
    }
    content = saved(kind, **more[kind])
    assert b"Ana" in content
    made = read_picture(content).content
    assert not any(part in made for part in (b"Ana", b"secret", b"EXIF", b"XMP ", b"ICCP", b"exif"))
    assert set(Image.open(io.BytesIO(made)).info) <= {"loop", "background", "timestamp", "duration"}


@pytest.mark.parametrize(
    ("size", "kind", "how"),
    [
        ((8000, 6000), "JPEG", {}), ((4000, 3000), "JPEG", {"progressive": True}), ((3000, 3000), "PNG", {}),
        ((2000, 2000), "WEBP", {}),
    ],
)  # fmt: skip
def test_a_photograph_of_a_telephone_is_taken(size, kind, how):
    out = io.BytesIO()
    Image.new("RGB", size, (9, 99, 199)).save(out, kind, **how)
    assert max(read_picture(out.getvalue()).width, 1) == 1200
