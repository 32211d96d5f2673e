"""A project: one campaign for a model and its life after, with its rewards and its history."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models.labels import QuickLabels
from values.money import CURRENCIES, Money
from values.numbers import share_words

# Memory of one machine in GiB; the last stands for more.
MEMORY_CLASSES = ((8, _("up to 8 GiB")), (12, _("up to 12 GiB")), (16, _("up to 16 GiB")), (24, _("up to 24 GiB")),
                  (48, _("up to 48 GiB")), (80, _("up to 80 GiB")), (999, _("over 80 GiB")))  # fmt: skip

LISTED = (
    "slug", "title", "promise", "model_kind", "weights_license", "currency", "funding_minimum", "funding_stretch",
    "compute_minimum_us", "compute_stretch_us", "sponsored_hours_us", "state", "deadline_at", "launched_at",
)  # fmt: skip


class ProjectQuerySet(models.QuerySet["Project"]):
    """Reusable reads."""

    def public(self) -> ProjectQuerySet:
        """What anyone may see."""
        return self.exclude(state__in=Project.PRIVATE_STATES)

    def handed_in(self) -> ProjectQuerySet:
        """What reviewers may read: a draft is its team's alone."""
        return self.exclude(state=Project.State.DRAFT)

    def listed(self) -> ProjectQuerySet:
        """With what lists show alone: no stories, which are long."""
        return self.only(*LISTED)

    def due(self, now: object) -> ProjectQuerySet:
        """Live and paused projects whose deadline is reached."""
        return self.filter(state__in=(Project.State.LIVE, Project.State.PAUSED), deadline_at__lte=now)


class Project(QuickLabels, models.Model):
    """Goals are a minimum (zero holds always) and an optional stretch, in minor units and H100-equivalent time."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_REVIEW = "in_review", _("in review")
        CHANGES_REQUESTED = "changes_requested", _("changes requested")
        APPROVED = "approved", _("approved")
        LIVE = "live", _("live")
        PAUSED = "paused", _("paused")
        COLLECTING = "collecting", _("collecting")
        FUNDED = "funded", _("funded")
        FAILED = "failed", _("failed")
        DELIVERING = "delivering", _("delivering")
        COMPLETED = "completed", _("completed")
        ABANDONED = "abandoned", _("abandoned")
        CANCELED = "canceled", _("canceled")
        SUSPENDED = "suspended", _("suspended")

    class ModelKind(models.TextChoices):
        LANGUAGE = "language", _("language")
        VISION = "vision", _("vision")
        AUDIO = "audio", _("audio")
        MULTIMODAL = "multimodal", _("multimodal")
        OTHER = "other", _("other")

    class FundingModel(models.TextChoices):
        ALL_OR_NOTHING = "all_or_nothing", _("all or nothing")
        KEEP_WHAT_YOU_RAISE = "keep_what_you_raise", _("keep what you raise")

    class ShortfallRule(models.TextChoices):
        STAY_FUNDED = "stay_funded", _("stay funded")
        FAIL_AND_REFUND = "fail_and_refund", _("fail and refund everyone")

    class ComputeShortfallRule(models.TextChoices):
        TRAIN_LESS = "train_less", _("the run ends with what was delivered")
        RENT = "rent", _("rented machines make up for it, as far as the plan goes")

    PRIVATE_STATES = ("draft", "in_review", "changes_requested", "suspended")
    EDITABLE_STATES = ("draft", "changes_requested")

    slug = models.SlugField(max_length=80, unique=True)
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="projects")
    title = models.CharField(max_length=80)
    promise = models.CharField(max_length=160)
    story = models.TextField(max_length=40_000)
    story_html = models.TextField(blank=True)
    renderer_version = models.PositiveSmallIntegerField(default=0)
    model_kind = models.CharField(max_length=12, choices=ModelKind)
    weights_license = models.CharField(max_length=120)
    data_license = models.CharField(max_length=120)
    code_license = models.CharField(max_length=120)
    # What lists find it by, beside its words: tags as `python, education`, BCP 47 tags as `en, pt-BR`, and the memory
    # that one machine needs. Where the creator leaves the last two open, the first run says them.
    tags = models.CharField(max_length=200, blank=True, default="")
    languages = models.CharField(max_length=200, blank=True, default="")
    memory_gib = models.PositiveSmallIntegerField(choices=MEMORY_CLASSES, null=True, blank=True)
    # How large the model is to be, and on how many tokens it trains: what the estimate of the goals comes from.
    planned_parameters = models.BigIntegerField(null=True, blank=True)
    planned_tokens = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, choices=[(code, code) for code in CURRENCIES])
    funding_minimum = models.BigIntegerField(default=0)
    funding_stretch = models.BigIntegerField(null=True, blank=True)
    compute_minimum_us = models.BigIntegerField(default=0)
    compute_stretch_us = models.BigIntegerField(null=True, blank=True)
    funding_model = models.CharField(max_length=20, choices=FundingModel)
    shortfall_rule = models.CharField(max_length=16, choices=ShortfallRule, default=ShortfallRule.STAY_FUNDED)
    time_zone = models.CharField(max_length=64, default="UTC")
    deadline_at = models.DateTimeField()
    compute_ends_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    # The money plan: frozen at launch like the shortfall rule, and shown before anyone pledges.
    platform_fee_bp = models.PositiveSmallIntegerField(default=500)
    reserve_bp = models.PositiveSmallIntegerField(default=1000)
    takes_late_pledges = models.BooleanField(default=False)
    takes_monthly_support = models.BooleanField(default=False)
    # The compute plan, frozen at launch too: how much of the minimum rented machines may cover, for how much money.
    sponsored_hours_us = models.BigIntegerField(default=0)
    sponsored_budget_minor = models.BigIntegerField(default=0)
    # What happens with hours that nobody else takes over after the funding.
    compute_shortfall_rule = models.CharField(
        max_length=12, choices=ComputeShortfallRule, default=ComputeShortfallRule.TRAIN_LESS
    )
    accepts_by_hand = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    launched_at = models.DateTimeField(null=True, blank=True)
    # The deadline of the launch, once it was extended, and why.
    first_deadline_at = models.DateTimeField(null=True, blank=True)
    extension_reason = models.CharField(max_length=1000, blank=True, default="")

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ("-launched_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(funding_minimum__gte=0, compute_minimum_us__gte=0), name="project_goals_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(compute_ends_at__gte=models.F("deadline_at")), name="project_compute_end"
            ),
            models.CheckConstraint(
                condition=Q(platform_fee_bp__lte=3000, reserve_bp__lte=5000), name="project_deductions_bounded"
            ),
            models.CheckConstraint(
                condition=Q(sponsored_hours_us__gte=0, sponsored_budget_minor__gte=0),
                name="project_sponsoring_not_negative",
            ),
        ]
        indexes = [models.Index(fields=("state", "deadline_at"), name="project_state_deadline")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The project's page."""
        return reverse("projects:detail", args=[self.slug])

    @property
    def minimum(self) -> Money:
        """The money minimum."""
        return Money(self.funding_minimum, self.currency)

    @property
    def takes_money_after_funding(self) -> bool:
        """Whether late pledges or monthly support are taken now."""
        wants = self.takes_late_pledges or self.takes_monthly_support
        return wants and self.state in (self.State.FUNDED, self.State.DELIVERING)

    @property
    def platform_fee_percent(self) -> str:
        """The platform's share as people write it."""
        return share_words(self.platform_fee_bp)

    @property
    def reserve_percent(self) -> str:
        """The reserve's share as people write it."""
        return share_words(self.reserve_bp)

    @property
    def is_all_or_nothing(self) -> bool:
        """Whether cards are charged only if the minimums are met."""
        return self.funding_model == self.FundingModel.ALL_OR_NOTHING


class StockPool(models.Model):
    """Stock that several rewards of a project share. `claimed` is guarded by a row lock, as that of a reward is."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="stock_pools")
    name = models.CharField(max_length=80)
    limit = models.PositiveIntegerField()
    claimed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(condition=Q(claimed__lte=models.F("limit")), name="pool_is_not_oversold"),
            models.UniqueConstraint(fields=("project", "name"), name="pool_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def left(self) -> int:
        """Stock that is not claimed."""
        return self.limit - self.claimed


class Reward(models.Model):
    """A tier with a threshold in money or in verified H100-equivalent time. `claimed` is guarded by a row lock.

    An add-on is chosen beside a tier; its threshold is its price. `law_class` says which right of withdrawal it has.
    """

    class LawClass(models.TextChoices):
        GIFT = "gift", _("a thank-you, not a sale")
        DIGITAL = "digital", _("digital content")
        GOODS = "goods", _("goods that are sent")

    class Benefit(models.TextChoices):
        CHECKPOINTS = "checkpoints", _("early access to the weights")
        INFERENCE = "inference", _("a token for inference, with a quota")
        CARD_NAME = "card_name", _("the backer's name on the model card")
        THANKS = "thanks", _("a thank-you note with the backer's name")

    project = models.ForeignKey(Project, models.CASCADE, related_name="rewards")
    title = models.CharField(max_length=80)
    description = models.CharField(max_length=500, blank=True)
    threshold_minor = models.BigIntegerField(null=True, blank=True)
    threshold_gpu_us = models.BigIntegerField(null=True, blank=True)
    limit = models.PositiveIntegerField(null=True, blank=True)
    claimed = models.PositiveIntegerField(default=0)
    is_add_on = models.BooleanField(default=False)
    law_class = models.CharField(max_length=8, choices=LawClass, default=LawClass.GIFT)
    # An early bird's window: until then and, with a limit, for the first that many.
    available_until = models.DateTimeField(null=True, blank=True)
    pool = models.ForeignKey(StockPool, models.PROTECT, null=True, blank=True, related_name="rewards")
    # The first day of the month in which it is promised.
    delivers_on = models.DateField(null=True, blank=True)
    needs_address = models.BooleanField(default=False)
    # What is granted by itself, see `projects.fulfilment.benefits`.
    benefits = ArrayField(models.CharField(max_length=12, choices=Benefit), default=list, blank=True)
    inference_quota = models.PositiveIntegerField(default=0)
    thanks_text = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("threshold_minor", "threshold_gpu_us", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold_minor__gt=0, threshold_gpu_us=None)
                | Q(threshold_minor=None, threshold_gpu_us__gt=0),
                name="reward_has_one_threshold",
            ),
            models.CheckConstraint(
                condition=Q(limit=None) | Q(claimed__lte=models.F("limit")), name="reward_is_not_oversold"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def threshold(self) -> Money:
        """From how much money; zero for a reward for GPU time."""
        return Money(self.threshold_minor or 0, self.project.currency)

    @property
    def left(self) -> int:
        """Stock that is not claimed; zero without a limit."""
        return max((self.limit or 0) - self.claimed, 0)

    @property
    def is_sold_out(self) -> bool:
        """Whether its stock, or the stock that it shares, is claimed."""
        is_pool_empty = self.pool is not None and self.pool.left <= 0
        return is_pool_empty or (self.limit is not None and self.claimed >= self.limit)

    def is_open(self, now: datetime) -> bool:
        """Whether its window is open and something is left."""
        return not self.is_sold_out and (self.available_until is None or now < self.available_until)


class ProjectTransition(models.Model):
    """One change of state, written in the transaction that made it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="transitions")
    source = models.CharField(max_length=20)
    target = models.CharField(max_length=20)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=1000, blank=True)
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.source} to {self.target}"

    @property
    def public_reason(self) -> str:
        """Why, where everyone may read it: what a review or a suspension said is between the platform and the team."""
        private = (*Project.PRIVATE_STATES, Project.State.APPROVED)
        if self.target in private or self.source == Project.State.SUSPENDED or not self.reason:
            return ""
        # Words of ours, which nobody typed, are kept in English.
        return self.reason if self.actor_id is not None else gettext(self.reason)

    @property
    def source_label(self) -> str:
        """The state it left, in words."""
        return str(Project.State(self.source).label)

    @property
    def target_label(self) -> str:
        """The state it reached, in words."""
        return str(Project.State(self.target).label)
