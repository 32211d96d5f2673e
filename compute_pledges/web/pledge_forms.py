"""What a volunteer types into the GPU pledge: hours in all, hours of the week, machine, what happens on failure."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from compute_pledges.catalog import CATALOG
from compute_pledges.models import ComputePledge, Device
from compute_pledges.schedule.slots import (
    EXAMPLE,
    WEEK,
    ScheduleError,
    grid_rows,
    hours_in_words,
    parse_hours_of_week,
)
from compute_pledges.services.pledges import Week
from projects.fields import TIME_ZONES, HoursField
from projects.models import Project, Reward
from values.gpu_time import format_gpu_time

# Evenings and nights: when most machines are on and idle.
USUAL_HOURS = "Mon-Fri 18-24; Sat-Sun 10-24"
SLOTS = [(str(slot), str(slot)) for slot in range(WEEK)]


class RewardField(forms.ModelChoiceField):  # type: ignore[type-arg]  # reason: not subscriptable at run time
    """Rewards with their threshold and stock."""

    def label_from_instance(self, obj: Reward) -> str:
        """Title, threshold and whether any is left."""
        stock = gettext(", sold out") if obj.is_sold_out else ""
        return gettext("%(title)s (from %(or)s H100-equivalent%(stock)s)") % {
            "title": obj.title,
            "or": format_gpu_time(obj.threshold_gpu_us or 0),
            "stock": stock,
        }


class MachineField(forms.ModelChoiceField):  # type: ignore[type-arg]  # reason: not subscriptable at run time
    """Machines with the hours that back other projects."""

    taken: dict[object, str] = {}

    def label_from_instance(self, obj: Device) -> str:
        """Name, and what is taken."""
        taken = self.taken.get(obj.pk)
        return (
            gettext("%(name)s (%(taken)s back another project)") % {"name": obj.name, "taken": taken}
            if taken
            else obj.name
        )


class WeekForm(forms.Form):
    """Hours of the week: boxes of a grid, or written out. What is written wins."""

    slots = forms.MultipleChoiceField(label=_("Slots"), choices=SLOTS, required=False)
    hours_text = forms.CharField(
        label=_("Or write the hours"),
        required=False,
        max_length=400,
        help_text=format_lazy(_("Taken instead of the grid, for example: {example}."), example=EXAMPLE),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone of the machine"), choices=[(zone, zone) for zone in TIME_ZONES], initial="UTC"
    )

    @property
    def chosen(self) -> frozenset[int]:
        """Slots that the grid shows as chosen."""
        if not self.is_bound:
            return frozenset(self.initial.get("slots", parse_hours_of_week(USUAL_HOURS)))
        given = self.data.getlist("slots")  # type: ignore[attr-defined]  # reason: data of a request is a QueryDict
        return frozenset(int(slot) for slot in given if slot.isdecimal() and int(slot) < WEEK)

    @property
    def grid(self) -> list[tuple[int, list[tuple[int, str, bool]]]]:
        """Rows of the grid."""
        return grid_rows(self.chosen)

    @property
    def in_words(self) -> str:
        """What is chosen."""
        return hours_in_words(self.chosen)

    def clean(self) -> dict[str, Any]:
        """`week` in place of the three fields."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        text, slots, zone = (data.pop(name, None) for name in ("hours_text", "slots", "time_zone"))
        try:
            chosen = parse_hours_of_week(text) if text else frozenset(int(slot) for slot in slots or ())
        except ScheduleError as error:
            self.add_error("hours_text", str(error))
            return data
        if not chosen and "slots" not in self.errors:
            self.add_error("hours_text", gettext("Choose at least one hour of the week."))
        return data | {"week": Week(chosen, zone or "UTC"), "hours_per_week": len(chosen)}


class GpuPledgeForm(WeekForm):
    """An offer of hours of one GPU model, backed by a machine now or later."""

    catalog_slug = forms.ChoiceField(label=_("Your GPU"), choices=[(m.slug, m.name) for m in CATALOG.values()])
    pledged_us = HoursField(label=_("Hours to give"), help_text=_("In all, for example 40 or 0.5."), max_length=20)
    device = MachineField(
        Device.objects.none(), label=_("Machine"), required=False, empty_label=_("I will pair one later")
    )
    reward = RewardField(Reward.objects.none(), label=_("Reward"), required=False, empty_label=_("No reward"))
    on_failure = forms.ChoiceField(
        label=_("If the project fails or ends early"),
        choices=[(value, str(label).capitalize()) for value, label in ComputePledge.OnFailure.choices],
        required=False,
        help_text=_("What is verified stays yours either way. You can change this until then."),
    )
    client_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, project: Project, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("client_token", uuid4())
        devices = self.fields["device"]
        assert isinstance(devices, MachineField)
        devices.queryset = Device.objects.filter(owner=user, state=Device.State.ACTIVE, sponsored=None)
        devices.taken = taken_hours(user)
        rewards = self.fields["reward"]
        assert isinstance(rewards, RewardField)
        rewards.queryset = Reward.objects.filter(project=project, threshold_gpu_us__isnull=False).select_related("pool")

    def clean_on_failure(self) -> str:
        """The chosen end, or hours given back."""
        return self.cleaned_data["on_failure"] or ComputePledge.OnFailure.RETURN


def taken_hours(user: User) -> dict[object, str]:
    """Hours of an account's machines that back something, in words, in one query."""
    found: dict[object, list[int]] = {}
    devices = Device.objects.filter(owner=user, state=Device.State.ACTIVE)
    for pk, slot in ComputePledge.objects.filter(hours__device__in=devices).values_list("hours__device", "hours__slot"):
        found.setdefault(pk, []).append(slot)
    return {pk: hours_in_words(slots) for pk, slots in found.items()}
