"""What a mail says beside its words, kept raw until it is written: each reader gets it in their own language.

A fact is a text that is the same for everyone, or one figure, day or text of ours, named by its only kind.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, override

from values.gpu_time import format_gpu_time
from values.money import Money

Fact = str | dict[str, Any]


def hours(microseconds: int) -> Fact:
    """GPU time."""
    return {"gpu_us": microseconds}


def day(moment: datetime) -> Fact:
    """A day in UTC."""
    return {"day": moment.astimezone(UTC).isoformat()}


def instant(moment: datetime) -> Fact:
    """A day with its hour in UTC."""
    return {"instant": moment.astimezone(UTC).isoformat()}


def money(amount: Money) -> Fact:
    """An amount."""
    return {"minor": amount.minor, "currency": amount.currency}


def blocks(count: int) -> Fact:
    """So many blocks."""
    return {"blocks": count}


def ours(text: str | Promise, **facts: Fact) -> Fact:
    """A text of ours, kept in English; `%(name)s` in it are facts."""
    with override("en"):
        return {"text": str(text), "facts": facts}


def said(fact: Fact) -> str:
    """The fact in the language that is spoken now."""
    if isinstance(fact, str):
        return fact
    if "gpu_us" in fact:
        return format_gpu_time(fact["gpu_us"])
    if "minor" in fact:
        return str(Money(fact["minor"], fact["currency"]))
    if "blocks" in fact:
        return ngettext("%(count)s block", "%(count)s blocks", fact["blocks"]) % {"count": fact["blocks"]}
    if "text" in fact:
        facts = {name: said(one) for name, one in fact["facts"].items()}
        return gettext(fact["text"]) % facts if facts else gettext(fact["text"])
    return _moment(fact)


def _moment(fact: dict[str, Any]) -> str:
    if "day" in fact:
        return date_format(datetime.fromisoformat(fact["day"]), "DATE_FORMAT")
    return f"{date_format(datetime.fromisoformat(fact['instant']), 'DATETIME_FORMAT')} UTC"
