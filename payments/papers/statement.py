"""The yearly statement: what a backer's cards were charged and got back, by currency."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from payments.papers.movements import Movement, Sums, movements_of, sums_of
from payments.papers.paper import Paper, Row, Table
from payments.papers.receipt import day

CSV_LABELS = ("date (UTC)", "what", "project", _("pledge number"), "currency", "amount", _("of it tip"))
COLUMNS = (_("Project"), _("Amount"), _("What"), _("Date"), _("Of it tip"))


def statement_of(user: User, year: int, *, now: datetime) -> Paper:
    """Sums and movements of each currency; no table where nothing moved. Two queries."""
    found = list(movements_of(user, year))
    facts = [
        (gettext("Year"), f"{year}, in UTC"),
        (gettext("Of"), f"{user.name}, {user.email}" if user.name else user.email),
        (gettext("Platform"), settings.PLATFORM_NAME),
        (gettext("Written on"), day(now)),
    ]
    if now.year == year:
        facts.append((gettext("Note"), gettext("The year is not over: more may come.")))
    tables = [table for sums in sums_of(found) for table in (_sums(sums), _movements(sums.currency, found))]
    return Paper(gettext("Statement of %(year)s") % {"year": year}, facts, tables, [settings.RECEIPT_TAX_SENTENCE])


def _sums(sums: Sums) -> Table:
    parts = [("Charged", sums.charged), ("Refunded", -sums.refunded)]
    if sums.lost_minor:
        parts.append((gettext("Taken back by your bank"), -sums.lost))
    kept = [(gettext("Stays paid"), sums.kept), (gettext("Of it tips to the platform"), sums.tips)]
    rows, foot = ([Row((label, str(amount))) for label, amount in lines] for lines in (parts, kept))
    return Table(
        gettext("In %(currency)s") % {"currency": sums.currency}, (gettext("Sum"), gettext("Amount")), rows, foot
    )


def _movements(currency: str, movements: list[Movement]) -> Table:
    rows = [_row(movement) for movement in movements if movement.amount.currency == currency]
    return Table(gettext("Every movement in %(currency)s") % {"currency": currency}, COLUMNS, rows, figures=(1, 4))


def _row(movement: Movement) -> Row:
    tip = str(movement.tip) if movement.tip.minor else ""
    url = reverse("payments:receipt", args=[movement.pledge_id])
    return Row((movement.project, str(movement.amount), movement.words, f"{movement.at:%Y-%m-%d}", tip), url)


def csv_row(movement: Movement) -> tuple[object, ...]:
    """Amounts in major units, negative where money went back."""
    return (
        movement.at.isoformat(timespec="seconds"), movement.words, movement.project, str(movement.pledge_id),
        movement.amount.currency, movement.amount.decimal, movement.tip.decimal,
    )  # fmt: skip
