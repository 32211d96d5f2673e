"""Steps whose content is a list: budget lines, milestones, sources of data, promised outputs, risks.

A row that is empty is left out; one that is half typed says what it lacks.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.fields import (
    AMOUNT,
    HoursField,
    LicenseField,
    LineField,
    LinkField,
    ShareField,
    format_hours,
    format_major,
    sentences,
)
from projects.milestones import MOST_MILESTONES
from projects.models import BudgetLine, DataSource, Milestone, Project, PromisedOutput, Risk
from values.money import MoneyError, parse_money
from values.typed import as_typed

MOST_ROWS = 20
DAY = {"type": "date"}


class Row(forms.Form):
    """`needed` are the fields that a row which is not empty has."""

    needed: tuple[str, ...] = ()

    def __init__(self, *args: Any, currency: str = "EUR", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean(self) -> dict[str, Any]:
        """Names what a half-typed row lacks."""
        data = super().clean() or {}
        for name in self.needed if self.is_filled(data) else ():
            if not data.get(name) and name not in self.errors:
                self.add_error(name, gettext("This is still missing. Empty the row to leave it out."))
        return data

    def is_filled(self, data: dict[str, Any]) -> bool:
        """Whether anything is typed beside what is chosen from a list."""
        chosen = [name for name, field in self.fields.items() if isinstance(field, forms.ChoiceField)]
        return any(value for name, value in data.items() if name not in (*chosen, "DELETE"))


class BudgetRow(Row):
    """What a part of the money or of the hours is for."""

    needed = ("title",)
    title = LineField(label=_("What it is for"), max_length=80, required=False)
    money = forms.CharField(
        label=_("Money"), max_length=20, required=False, widget=forms.TextInput(attrs=AMOUNT)
    )  # fmt: skip
    hours = HoursField(label=_("or GPU-hours"), max_length=20, required=False)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        """Money or hours."""
        data = super().clean()
        if text := (data.get("money") or "").strip():
            try:
                data["amount_minor"] = parse_money(text, self.currency).minor
            except MoneyError as error:
                self.add_error("money", str(error))
        if self.is_filled(data) and not self.errors and bool(data.get("amount_minor")) == bool(data.get("hours")):
            raise forms.ValidationError(gettext("A line is of money or of GPU-hours: write one."))
        return data


class MilestoneRow(Row):
    """A tranche of the money against evidence."""

    needed = ("title", "evidence_wanted", "share")
    title = LineField(label=_("Milestone"), max_length=80, required=False)
    evidence_wanted = forms.CharField(label=_("What will show that it is reached"), max_length=300, required=False)
    share = ShareField(label=_("Share in percent"), required=False)
    due_on = forms.DateField(
        label=_("Expected by"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    )  # fmt: skip


class SourceRow(Row):
    """A source of training data."""

    needed = ("name", "license")
    name = forms.CharField(label=_("Source"), max_length=120, required=False)
    url = LinkField(label=_("Address"), max_length=300, required=False)
    license = LicenseField(label=_("Its licence"), required=False)
    consent = forms.ChoiceField(
        label=_("Why it may be used"), choices=sentences(DataSource.Consent.choices), required=False
    )  # fmt: skip
    personal_data = forms.ChoiceField(
        label=_("Personal data in it"), choices=sentences(DataSource.PersonalData.choices), required=False
    )  # fmt: skip
    note = forms.CharField(label=_("Note"), max_length=300, required=False)


class OutputRow(Row):
    """What will be released, and when."""

    needed = ("description", "due_on")
    kind = forms.ChoiceField(label=_("Kind"), choices=sentences(PromisedOutput.Kind.choices), required=False)
    description = LineField(label=_("What exactly"), max_length=200, required=False)
    due_on = forms.DateField(
        label=_("Released by"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    )  # fmt: skip


class RiskRow(Row):
    """What could go wrong."""

    needed = ("title", "answer")
    title = LineField(label=_("What could go wrong"), max_length=120, required=False)
    answer = forms.CharField(
        label=_("What you do about it"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )  # fmt: skip


class RowSet(forms.BaseFormSet):  # type: ignore[type-arg]  # reason: not subscriptable at run time
    """Rows that are filled and not marked for removal."""

    def kept(self) -> list[dict[str, Any]]:
        """Cleaned rows; call it on a valid set."""
        rows = [form for form in self.forms if form.is_filled(form.cleaned_data)]
        return [form.cleaned_data for form in rows if not form.cleaned_data.get("DELETE")]


def rows_of(form: type[Row], most: int = MOST_ROWS) -> Any:
    """A set of such rows with one that is empty."""
    return forms.formset_factory(form, formset=RowSet, extra=1, can_delete=True, max_num=most, validate_max=True)


BudgetSet, SourceSet, OutputSet, RiskSet = (rows_of(row) for row in (BudgetRow, SourceRow, OutputRow, RiskRow))
MilestoneSet = rows_of(MilestoneRow, MOST_MILESTONES)


def load_budget(project: Project) -> list[dict[str, Any]]:
    """Lines as their rows show them."""
    return [
        {
            "title": line.title, "money": format_major(line.amount_minor, project.currency),
            "hours": format_hours(line.hours_us), "note": line.note,
        }
        for line in project.budget_lines.all()
    ]  # fmt: skip


def write_budget(project: Project, rows: list[dict[str, Any]]) -> None:
    """Replace the lines."""
    project.budget_lines.all().delete()
    BudgetLine.objects.bulk_create(
        BudgetLine(
            project=project, title=row["title"], amount_minor=row.get("amount_minor"), hours_us=row["hours"],
            note=row["note"],
        )
        for row in rows
    )  # fmt: skip


def load_milestones(project: Project) -> list[dict[str, Any]]:
    """Milestones as their rows show them."""
    return [
        {
            "title": step.title, "evidence_wanted": step.evidence_wanted, "share": as_typed(f"{step.share_bp / 100:g}"),
            "due_on": step.due_on,
        }
        for step in project.milestones.all()
    ]  # fmt: skip


def write_milestones(project: Project, rows: list[dict[str, Any]]) -> None:
    """Replace the milestones; that their shares make a whole is for the checklist."""
    project.milestones.all().delete()
    Milestone.objects.bulk_create(
        Milestone(
            project=project, number=number, title=row["title"], evidence_wanted=row["evidence_wanted"],
            share_bp=row["share"], due_on=row["due_on"],
        )
        for number, row in enumerate(rows, 1)
    )  # fmt: skip


SOURCE = ("name", "url", "license", "consent", "personal_data", "note")
OUTPUT = ("kind", "description", "due_on")
RISK = ("title", "answer")


def load_sources(project: Project) -> list[dict[str, Any]]:
    """Sources as their rows show them."""
    return list(project.data_sources.values(*SOURCE))


def write_sources(project: Project, rows: list[dict[str, Any]]) -> None:
    """Replace the sources; what is not chosen is not known."""
    project.data_sources.all().delete()
    DataSource.objects.bulk_create(
        DataSource(
            project=project,
            **{name: row[name] for name in SOURCE}
            | {
                "consent": row["consent"] or DataSource.Consent.UNCLEAR,
                "personal_data": row["personal_data"] or DataSource.PersonalData.UNKNOWN,
            },
        )
        for row in rows
    )


def load_outputs(project: Project) -> list[dict[str, Any]]:
    """Promised outputs as their rows show them."""
    return list(project.promised_outputs.values(*OUTPUT))


def write_outputs(project: Project, rows: list[dict[str, Any]]) -> None:
    """Replace the promises."""
    project.promised_outputs.all().delete()
    PromisedOutput.objects.bulk_create(
        PromisedOutput(
            project=project, kind=row["kind"] or PromisedOutput.Kind.WEIGHTS, description=row["description"],
            due_on=row["due_on"],
        )
        for row in rows
    )  # fmt: skip


def load_risks(project: Project) -> list[dict[str, Any]]:
    """Risks as their rows show them."""
    return list(project.risks.values(*RISK))


def write_risks(project: Project, rows: list[dict[str, Any]]) -> None:
    """Replace the risks."""
    project.risks.all().delete()
    Risk.objects.bulk_create(Risk(project=project, **{name: row[name] for name in RISK}) for row in rows)
