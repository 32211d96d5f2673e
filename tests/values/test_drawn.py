"""Pieces that are drawn once: by their values, in each language, and blind to all else."""

import pytest
from django.template import Context, Template
from django.utils import translation

from projects.discovering import Card
from projects.meters import Meter
from values.drawn import _drawn

CARD = Card(
    address="/projects/a/", title="A <b>", promise="Small.", state="live", state_words="Live", kind_words="Language",
    license="MIT", time_left="", meters=(Meter("money", "€5", "pledged", 100, 500, 0, "50%", "of €10"),),
)  # fmt: skip


def draw(card, **around):
    source = '{% load drawn %}{% drawn "projects/_card.html" card=card %}'
    return Template(source).render(Context({"card": card, **around}))


def test_equal_values_are_drawn_once_and_others_anew():
    _drawn.cache_clear()
    first = draw(CARD)
    assert draw(CARD, tile=True, user="somebody") == first, "a piece saw what is around it"
    assert _drawn.cache_info().misses == 1
    assert "of €12" in draw(
        Card(*[getattr(CARD, name) for name in Card.__slots__[:-1]],
             meters=(Meter("money", "€5", "pledged", 100, 500, 0, "41%", "of €12"),))
    )  # fmt: skip
    assert _drawn.cache_info().misses == 2


def test_what_people_wrote_is_escaped_once():
    assert "A &lt;b&gt;" in draw(CARD)


def test_each_language_has_its_own():
    source = Template('{% load drawn %}{% drawn "components/meter_key.html" %}')
    english = source.render(Context())
    with translation.override("de"):
        assert source.render(Context()) != english
    assert source.render(Context()) == english


def test_what_may_change_is_refused():
    with pytest.raises(TypeError, match="unhashable"):
        draw(["a", "list"])
