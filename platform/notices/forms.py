"""The choices of how to be told, one select a kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise

from accounts.models import User
from notices.kinds import FIXED, GROUPS, Delivery, Kind


class PreferencesForm(forms.Form):
    """A field for every kind that is not fixed."""

    def __init__(self, *args: Any, person: User, choices: Mapping[Kind, Delivery], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_staff = person.is_reviewer or person.is_admin
        for group in (group for group in GROUPS if is_staff or not group.is_for_staff):
            for kind in group.kinds:
                if kind not in FIXED:
                    self.fields[kind.value] = forms.ChoiceField(
                        label=kind.label, choices=Delivery.choices, initial=choices[kind]
                    )

    def groups(self) -> list[tuple[Promise, list[forms.BoundField]]]:
        """Fields under their headings."""
        parted = [(group.title, [self[k.value] for k in group.kinds if k.value in self.fields]) for group in GROUPS]
        return [(title, fields) for title, fields in parted if fields]

    def chosen(self) -> dict[Kind, Delivery]:
        """What was chosen."""
        return {Kind(name): Delivery(value) for name, value in self.cleaned_data.items()}
