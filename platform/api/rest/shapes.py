"""What answers look like, for the OpenAPI document. Answers are made by plain functions, which are much faster."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers as s

from compute_pledges.models import ComputePledge, Device, TrainingRun
from payments.models import CashPledge
from projects.models import LabNote, Project, Reward


class Person(s.Serializer[Any]):
    id = s.IntegerField()
    name = s.CharField(help_text=_("The public name, never a mail address."))


class Licenses(s.Serializer[Any]):
    weights = s.CharField(help_text=_("SPDX expressions; licences of one's own are LicenseRef-…."))
    data = s.CharField()  # type: ignore[assignment]  # reason: the library's own attribute of that name is none of a shape's
    code = s.CharField()


class MoneyMeter(s.Serializer[Any]):
    currency = s.CharField()
    pledged_minor = s.IntegerField(help_text=_("Minor units, for example cents."))
    settled_minor = s.IntegerField()
    minimum_minor = s.IntegerField()
    stretch_minor = s.IntegerField(allow_null=True)
    pledges = s.IntegerField(help_text=_("How many pledges stand."))


class ComputeMeter(s.Serializer[Any]):
    pledged_us = s.IntegerField(help_text=_("H100-equivalent microseconds; 3,600,000,000 are an hour."))
    verified_us = s.IntegerField()
    rented_us = s.IntegerField(help_text=_("Part of what is verified that rented machines gave."))
    minimum_us = s.IntegerField()
    stretch_us = s.IntegerField(allow_null=True)
    pledges = s.IntegerField()


class Meters(s.Serializer[Any]):
    money = MoneyMeter()
    compute = ComputeMeter()


class ProjectRow(s.Serializer[Any]):
    slug = s.CharField()
    page = s.CharField(help_text=_("The project's page for people."))
    title = s.CharField()
    promise = s.CharField()
    kind = s.ChoiceField(Project.ModelKind.choices)
    state = s.ChoiceField(Project.State.choices)
    creator = Person()
    licenses = Licenses()
    tags = s.ListField(child=s.CharField())
    languages = s.ListField(child=s.CharField(), help_text=_("BCP 47 tags."))
    memory_gib = s.IntegerField(allow_null=True)
    funding_model = s.ChoiceField(Project.FundingModel.choices)
    meters = Meters()
    deadline_at = s.DateTimeField()
    compute_ends_at = s.DateTimeField()
    launched_at = s.DateTimeField(allow_null=True)
    created_at = s.DateTimeField()


class MilestoneShape(s.Serializer[Any]):
    number = s.IntegerField()
    title = s.CharField()
    evidence_wanted = s.CharField()
    share_bp = s.IntegerField(help_text=_("Hundredths of a percent of the money."))
    due_on = s.DateField(allow_null=True)


class StepShape(s.Serializer[Any]):
    source = s.CharField()  # type: ignore[assignment]  # reason: the library's own attribute of that name is none of a shape's
    target = s.CharField()
    happened_at = s.DateTimeField()


class ProjectWhole(ProjectRow):
    story = s.CharField(help_text=_("Markdown."))
    charge_rule = s.CharField(help_text=_("When a card is charged, in words."))
    shortfall_rule = s.CharField()
    compute_shortfall_rule = s.CharField()
    platform_fee_bp = s.IntegerField()
    reserve_bp = s.IntegerField()
    milestones = MilestoneShape(many=True)
    history = StepShape(many=True)


class Picture(s.Serializer[Any]):
    url = s.CharField(help_text=_("WebP. The address names its bytes, so it may be kept."))
    alt = s.CharField(help_text=_("What it shows, in words."))
    width = s.IntegerField()
    height = s.IntegerField()


class RewardShape(s.Serializer[Any]):
    id = s.IntegerField()
    title = s.CharField()
    description = s.CharField()
    threshold_minor = s.IntegerField(allow_null=True)
    threshold_gpu_us = s.IntegerField(allow_null=True, help_text=_("Verified H100-equivalent microseconds."))
    limit = s.IntegerField(allow_null=True)
    claimed = s.IntegerField()
    is_add_on = s.BooleanField()
    law_class = s.ChoiceField(Reward.LawClass.choices)
    available_until = s.DateTimeField(allow_null=True)
    delivers_on = s.DateField(allow_null=True, help_text=_("The month in which it is promised."))
    needs_address = s.BooleanField()
    benefits = s.ListField(child=s.ChoiceField(Reward.Benefit.choices), help_text=_("Granted by itself."))
    pool = s.IntegerField(allow_null=True, help_text=_("Stock that it shares with others."))
    picture = Picture(allow_null=True)


class NoteShape(s.Serializer[Any]):
    id = s.IntegerField()
    title = s.CharField()
    body = s.CharField(help_text=_("Markdown."))
    body_html = s.CharField()
    author = Person()
    published_at = s.DateTimeField()
    number = s.IntegerField(help_text=_("Counts the project's notes; it and the address never change."))
    audience = s.ChoiceField(LabNote.Audience.choices)
    page = s.CharField()


class AmountShape(s.Serializer[Any]):
    label = s.CharField()  # type: ignore[assignment]  # reason: the library's own attribute of that name is none of a shape's
    minor = s.IntegerField()
    currency = s.CharField()


class MoneyShape(s.Serializer[Any]):
    minor = s.IntegerField()
    currency = s.CharField()


class LedgerTotal(s.Serializer[Any]):
    label = s.CharField()  # type: ignore[assignment]  # reason: the library's own attribute of that name is none of a shape's
    explains = s.CharField()
    amounts = MoneyShape(many=True)


class LedgerTotals(s.Serializer[Any]):
    totals = LedgerTotal(many=True)


class LedgerLine(s.Serializer[Any]):
    at = s.DateTimeField()
    what = s.CharField()
    who = s.CharField()
    change_minor = s.IntegerField(help_text=_("What it did to what is held for the project."))
    currency = s.CharField()
    parts = AmountShape(many=True)


class FileShape(s.Serializer[Any]):
    name = s.CharField()
    size = s.IntegerField()
    sha256 = s.CharField()
    url = s.CharField()


class RunRow(s.Serializer[Any]):
    id = s.UUIDField()
    page = s.CharField()
    project = s.CharField(help_text=_("The project's slug."))
    name = s.CharField()
    state = s.ChoiceField(TrainingRun.State.choices)
    task = s.CharField()
    parameters = s.IntegerField()
    closed_rounds = s.IntegerField()
    held_out_loss = s.FloatField(allow_null=True, help_text=_("Of the newest closed round."))
    released_at = s.DateTimeField(allow_null=True)
    created_at = s.DateTimeField()


class RunWhole(RunRow):
    config = s.DictField()
    hyper = s.DictField()
    data = s.DictField()  # type: ignore[assignment]  # reason: the library's own attribute of that name is none of a shape's
    planned_samples = s.IntegerField(allow_null=True)
    forked_from = s.UUIDField(allow_null=True)
    error = s.CharField(help_text=_("Why the run does not go on, or empty."))


class RoundShape(s.Serializer[Any]):
    index = s.IntegerField()
    opened_at = s.DateTimeField()
    closed_at = s.DateTimeField(allow_null=True)
    theta_sha256 = s.CharField()
    held_out_loss = s.FloatField(allow_null=True)
    tokens = s.IntegerField()
    is_rolled_back = s.BooleanField()


class ReleaseShape(s.Serializer[Any]):
    run = s.UUIDField()
    page = s.CharField()
    license = s.CharField()
    round = s.IntegerField()
    intended_use = s.CharField()
    limitations = s.CharField()
    card = s.CharField(help_text=_("A model card with front matter, in Hugging Face's form."))
    released_at = s.DateTimeField(allow_null=True)
    files = FileShape(many=True)


class Me(s.Serializer[Any]):
    id = s.IntegerField()
    name = s.CharField()
    scopes = s.ListField(child=s.CharField())
    token = s.CharField()


class CashPledgeShape(s.Serializer[Any]):
    id = s.UUIDField()
    page = s.CharField()
    project = s.CharField()
    state = s.ChoiceField(CashPledge.State.choices)
    amount_minor = s.IntegerField()
    tip_minor = s.IntegerField()
    refunded_minor = s.IntegerField()
    currency = s.CharField()
    reward = s.IntegerField(allow_null=True)
    card = s.CharField()
    is_anonymous = s.BooleanField()
    created_at = s.DateTimeField()
    collected_at = s.DateTimeField(allow_null=True)


class GpuPledgeShape(s.Serializer[Any]):
    id = s.UUIDField()
    page = s.CharField()
    project = s.CharField()
    state = s.ChoiceField(ComputePledge.State.choices)
    gpu = s.CharField(help_text=_("A slug of the catalog."))
    device = s.UUIDField(allow_null=True)
    pledged_us = s.IntegerField(help_text=_("Device microseconds."))
    hours_per_week = s.IntegerField()
    counted_h100_us = s.IntegerField(help_text=_("What counts towards the goal, H100-equivalent."))
    reported_us = s.IntegerField()
    verified_us = s.IntegerField()
    settled_us = s.IntegerField()
    rejected_us = s.IntegerField()
    reversed_us = s.IntegerField()
    reward = s.IntegerField(allow_null=True)
    created_at = s.DateTimeField()
    ended_at = s.DateTimeField(allow_null=True)
    end_reason = s.CharField()


class DeviceShape(s.Serializer[Any]):
    id = s.UUIDField()
    page = s.CharField()
    name = s.CharField()
    gpu = s.CharField()
    state = s.ChoiceField(Device.State.choices)
    quarantine_reason = s.CharField()
    is_calibrated = s.BooleanField()
    has_record = s.BooleanField()
    paired_at = s.DateTimeField()
    last_seen_at = s.DateTimeField(allow_null=True)


class NoticeShape(s.Serializer[Any]):
    id = s.IntegerField()
    kind = s.CharField()
    title = s.CharField()
    body = s.CharField()
    page = s.CharField(help_text=_("Where it leads, or empty."))
    created_at = s.DateTimeField()
    read_at = s.DateTimeField(allow_null=True)


class CountShape(s.Serializer[Any]):
    count = s.IntegerField()


class FollowShape(s.Serializer[Any]):
    project = s.CharField()
    is_followed = s.BooleanField()


class FieldProblem(s.Serializer[Any]):
    field = s.CharField()
    message = s.CharField()


class Problem(s.Serializer[Any]):
    """RFC 9457."""

    type = s.CharField()
    title = s.CharField()
    status = s.IntegerField()
    code = s.CharField()
    detail = s.CharField()
    saved = s.DictField(required=False, help_text=_("Of a `conflict`: what stands now."))
    sent = s.DictField(required=False, help_text=_("Of a `conflict`: what you sent. Nothing of it was written."))
    version = s.CharField(required=False, help_text=_("Of a `conflict`: send it with the two merged."))
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]  # reason: the library's own attribute of that name is none of a shape's


@cache
def listed(shape: type[s.Serializer[Any]]) -> s.Serializer[Any]:
    """A page of `shape`."""
    fields = {
        "items": shape(many=True),
        "next": s.CharField(allow_null=True, help_text=gettext("The next page, or null.")),
    }
    return type(f"{shape.__name__}Page", (s.Serializer,), fields)()
