"""The licences of what is released, and what the money plan takes beside its milestones."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.fields import LicenseField
from projects.models import Project

LICENSES = ("weights_license", "data_license", "code_license")
TAKES = ("takes_late_pledges", "takes_monthly_support")


class LicensesForm(forms.Form):
    """SPDX expressions."""

    weights_license = LicenseField(label=_("Licence of the weights"), required=False)
    data_license = LicenseField(label=_("Licence of the data"), required=False)
    code_license = LicenseField(label=_("Licence of the code"), required=False)


class TakesForm(forms.Form):
    """What is taken after the funding."""

    takes_late_pledges = forms.BooleanField(
        required=False, label=_("Take late pledges after the funding, charged at once")
    )
    takes_monthly_support = forms.BooleanField(required=False, label=_("Take monthly support while we deliver"))


def load_licenses(project: Project) -> dict[str, Any]:
    """As the form shows them."""
    return {name: getattr(project, name) for name in LICENSES}


def load_takes(project: Project) -> dict[str, Any]:
    """As the form shows them."""
    return {name: getattr(project, name) for name in TAKES}


def write_columns(project: Project, data: dict[str, Any]) -> None:
    """Onto the locked row: the form's fields are its columns."""
    for name, value in data.items():
        setattr(project, name, value)
    project.save(update_fields=list(data))
