"""Telling people, reading what they were told, and keeping their choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from accounts.languages import speaking
from accounts.models import User
from notices.kinds import DEFAULTS, FIXED, Delivery, Kind
from notices.models import Notice, Preference

LONGEST_TITLE, LONGEST_BODY, LONGEST_KEY = 200, 2000, 120


# Either as it is in every language (somebody's own words), or made anew in each reader's.
Words = str | Callable[[], str]


def tell(
    *, kind: Kind, people: Iterable[int], key: str, title: Words, body: Words = "", path: str = "", now: datetime
) -> int:
    """One row per person and key, in the caller's transaction; a repeat changes nothing. Returns how many are new.

    `body` is plain text, `path` an address of ours. Whoever wants nothing of this kind gets no row. Words of ours are
    given as a function, which is called in the language of each reader.
    """
    languages = dict(User.objects.filter(pk__in=list(people), is_active=True).values_list("pk", "language"))
    wanted = _deliveries_of(list(languages), kind)
    said = {code: _say(code, title, body) for code in {languages[person] for person in wanted}}
    known = set(Notice.objects.filter(person__in=wanted, key=key[:LONGEST_KEY]).values_list("person_id", flat=True))
    rows = [
        Notice(
            person_id=person, kind=kind, key=key[:LONGEST_KEY], title=said[languages[person]][0],
            body=said[languages[person]][1], path=path, delivery=delivery, created_at=now,
        )
        for person, delivery in wanted.items()
        if delivery != Delivery.OFF and person not in known
    ]  # fmt: skip
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def _say(language: str, title: Words, body: Words) -> tuple[str, str]:
    """Title and body in one language; a long body says that it is a beginning."""
    with speaking(language):
        head, text = (words if isinstance(words, str) else words() for words in (title, body))
        if len(text) > LONGEST_BODY:
            rest = gettext("This is the beginning. The rest is on the page.")
            text = f"{shortened(text, LONGEST_BODY - len(rest) - 2)}\n\n{rest}"
    return shortened(head, LONGEST_TITLE), text


def shortened(text: str, longest: int) -> str:
    """Cut between two words, never in one, unless one alone is longer than that."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    whole = cut if text[longest - 1].isspace() else re.sub(r"\s+\S*$", "", cut)
    return whole.rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _deliveries_of(ids: list[int], kind: Kind) -> dict[int, Delivery]:
    """How each of these active accounts wants to be told."""
    if kind in FIXED:
        return dict.fromkeys(ids, DEFAULTS[kind])
    chosen = dict(Preference.objects.filter(person__in=ids, kind=kind).values_list("person_id", "delivery"))
    return {person: Delivery(chosen.get(person, DEFAULTS[kind])) for person in ids}


def choices_of(person: User) -> dict[Kind, Delivery]:
    """The person's choice for every kind."""
    chosen = dict(Preference.objects.filter(person=person).values_list("kind", "delivery"))
    return {kind: Delivery(chosen.get(kind, default)) for kind, default in DEFAULTS.items()}


@transaction.atomic
def choose(*, person: User, choices: Mapping[Kind, Delivery]) -> None:
    """Keep what was chosen; what waits to be mailed follows. A fixed kind stays as it is."""
    for kind, delivery in choices.items():
        if kind in FIXED:
            continue
        Preference.objects.update_or_create(person=person, kind=kind, defaults={"delivery": delivery})
        waiting = Notice.objects.filter(person=person, kind=kind, mailed_at=None)
        waiting.update(delivery=Delivery.PAGE if delivery == Delivery.OFF else delivery)


def stop_mail(*, person: User, what: str) -> None:
    """No more mail of a kind, or of a digest ("daily", "weekly"); it still shows on the page."""
    if what in Kind.values:
        choose(person=person, choices={Kind(what): Delivery.PAGE})
        return
    digested = {kind: Delivery.PAGE for kind, delivery in choices_of(person).items() if delivery == what}
    choose(person=person, choices=digested)


def unread_count(person: User, most: int = 100) -> int:
    """How many are unread; never more than `most`."""
    return Notice.objects.filter(person=person).unread()[:most].count()


def mark_read(*, person: User, now: datetime, notice_id: int | None = None) -> int:
    """One notice, or all. Returns how many were unread."""
    rows = Notice.objects.filter(person=person).unread()
    return (rows if notice_id is None else rows.filter(pk=notice_id)).update(read_at=now)


def forget_person(*, person: User) -> None:
    """Nothing that a person was told stays after them."""
    Notice.objects.filter(person=person).delete()
    Preference.objects.filter(person=person).delete()
