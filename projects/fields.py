"""What creators type, cleaned to the units of the database."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.functional import lazy
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outward.addresses import shown_link
from outward.errors import AddressRefused
from projects.licenses import SUGGESTED, LicenseError, parse_license
from projects.models import WHOLE_BP
from values.gpu_time import MICROSECONDS_PER_HOUR, GpuTimeError, parse_hours
from values.money import Money
from values.texts import unreadable
from values.typed import as_typed, plain_number

LICENSE_HINT = format_lazy(gettext_lazy("SPDX, for example {join}."), join=", ".join(SUGGESTED[:4]))
TIME_ZONES = tuple(sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"))
AMOUNT = {"inputmode": "decimal", "autocomplete": "off"}
_COUNT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*([kKmMbBgGtT]?)\Z")
_SCALES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "g": 10**9, "t": 10**12}


_capital = lazy(capfirst, str)


def sentences(choices: Any) -> list[tuple[str, Any]]:
    """Choices whose labels begin with a capital, in the language of whoever reads them."""
    return [(value, _capital(label)) for value, label in choices]


def readable(text: str) -> None:
    """A validator for whatever people write to be read. Raises ValidationError."""
    if words := unreadable(text):
        raise forms.ValidationError(words)


class ProseField(forms.CharField):
    """Words on many lines."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[readable], **kwargs)


class LineField(ProseField):
    """Words on one line; a break in them is a space."""

    def to_python(self, value: Any) -> str:
        """With single spaces."""
        return " ".join(str(super().to_python(value) or "").split())


class LicenseField(forms.CharField):
    """An SPDX expression; empty stays empty where it is not required."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"list": "licenses", "autocomplete": "off"})
        super().__init__(max_length=120, help_text=LICENSE_HINT, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        """The expression as SPDX writes it."""
        text = str(super().clean(value))
        if not text and not self.required:
            return ""
        try:
            return parse_license(text)
        except LicenseError as error:
            raise forms.ValidationError(str(error)) from error


class HoursField(forms.CharField):
    """H100-equivalent hours as text; cleaned to microseconds, or None when empty."""

    widget = forms.TextInput(attrs=AMOUNT)

    def clean(self, value: Any) -> int | None:
        """Microseconds."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_hours(text)
        except GpuTimeError as error:
            raise forms.ValidationError(str(error)) from error


class LinkField(forms.URLField):
    """A link that others can open, too: none into a private network."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(assume_scheme="https", **kwargs)

    def clean(self, value: Any) -> str:
        """As it was typed, with https:// before it."""
        text = str(super().clean(value))
        try:
            return shown_link(text) if text else ""
        except AddressRefused as error:
            raise forms.ValidationError(str(error)) from error


class ShareField(forms.CharField):
    """A percentage as people type it; cleaned to basis points, or None when empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=8, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs)

    def clean(self, value: Any) -> int | None:
        """Basis points."""
        text = super().clean(value).strip(" %\xa0\u202f")
        if not text:
            return None
        try:
            points = Decimal(plain_number(text)) * 100
        except ValueError as error:
            raise forms.ValidationError(_("Write the share as a percentage, for example 40.")) from error
        if not 0 < points <= WHOLE_BP or points != points.to_integral_value():
            raise forms.ValidationError(_("A share is more than 0 and at most 100 percent, with two digits at most."))
        return int(points)


class CountField(forms.CharField):
    """A large number as people write it, such as 125M or 2.5B; cleaned to an integer, or None when empty."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        self.most = most
        super().__init__(max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs)

    def clean(self, value: Any) -> int | None:
        """The whole number."""
        text = super().clean(value).strip().replace(",", "")
        if not text:
            return None
        found = _COUNT.match(text) if not text.isdecimal() else None
        if found is None and not (text.isdecimal() and len(text) <= 18):
            raise forms.ValidationError(_("Write a number such as 125M, 2.5B or 300000."))
        count = int(Decimal(found[1]) * _SCALES[found[2].lower()]) if found else int(text)
        if not 0 < count <= self.most:
            raise forms.ValidationError(_("Write a number from 1 to %(most)s.") % {"most": format_count(self.most)})
        return count


def format_count(count: int | None) -> str:
    """A number as CountField reads it: 125M, 2.5B; exact where no letter is."""
    if not count:
        return ""
    for letter in ("t", "b", "m", "k"):
        scaled = Decimal(count) / _SCALES[letter]
        if scaled >= 1 and scaled == scaled.quantize(Decimal("0.001")):
            return f"{scaled.normalize():f}{letter.upper()}"
    return str(count)


def format_major(minor: int | None, currency: str) -> str:
    """An amount as its field shows it; empty for none."""
    return as_typed(str(Money(minor, currency).decimal)) if minor else ""


def format_hours(microseconds: int | None) -> str:
    """Hours as their field shows them; empty for none."""
    if not microseconds:
        return ""
    return as_typed(f"{microseconds / MICROSECONDS_PER_HOUR:.10f}".rstrip("0").rstrip("."))
