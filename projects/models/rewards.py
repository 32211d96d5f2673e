"""What belongs to a reward beside its threshold: stock that tiers share, its picture, and what its backer is asked."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project, Reward


class RewardImage(models.Model):
    """A picture that was decoded and written anew: nothing of the upload but its pixels is kept."""

    reward = models.OneToOneField(Reward, models.CASCADE, primary_key=True, related_name="image")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    alt = models.CharField(max_length=160)

    def __str__(self) -> str:
        return f"image of reward {self.reward_id}"


class RewardQuestion(models.Model):
    """Something that only the backer can say, asked once the project is funded."""

    class Kind(models.TextChoices):
        TEXT = "text", _("a text")
        CHOICE = "choice", _("one of several")

    reward = models.ForeignKey(Reward, models.CASCADE, related_name="questions")
    text = models.CharField(max_length=200)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.TEXT)
    choices = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    is_required = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.text


class Delivery(models.Model):
    """One reward that is owed to one person, from the funding to both sides' word that it is there.

    `source` names the pledge, so that each is owed once; a pledge that is taken back revokes what it earned.
    """

    class State(models.TextChoices):
        TODO = "todo", _("to do")
        IN_WORK = "in_work", _("in work")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        REVOKED = "revoked", _("taken back")

    class Word(models.TextChoices):
        NONE = "", _("not said yet")
        GOT = "got", _("it is here")
        MISSING = "missing", _("it has not arrived")

    OWED = (State.TODO, State.IN_WORK, State.SENT)

    project = models.ForeignKey(Project, models.PROTECT, related_name="deliveries")
    reward = models.ForeignKey(Reward, models.PROTECT, related_name="deliveries")
    person = models.ForeignKey("accounts.User", models.PROTECT, related_name="deliveries")
    source = models.CharField(max_length=120, unique=True)
    quantity = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.TODO)
    note = models.CharField(max_length=300, blank=True)
    promised_on = models.DateField(null=True)
    opened_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    word = models.CharField(max_length=8, choices=Word, default=Word.NONE, blank=True)
    word_at = models.DateTimeField(null=True)
    answers = models.JSONField(default=dict)
    answered_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    remind_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        indexes = [
            models.Index(fields=("project", "state"), name="delivery_by_project"),
            models.Index(fields=("person", "-id"), name="delivery_by_person"),
            models.Index(fields=("remind_at",), condition=Q(remind_at__isnull=False), name="delivery_to_remind"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def is_owed(self) -> bool:
        """Whether the team still has something to do."""
        return self.state in self.OWED


class DeliveryStep(models.Model):
    """One change of a delivery, by whom and why; an undo is a further step."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="steps")
    source = models.CharField(max_length=10)
    target = models.CharField(max_length=10)
    actor = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.source} to {self.target}"

    @property
    def words(self) -> str:
        """Why; words of ours, which nobody typed, are kept in English."""
        return self.note if self.actor_id is not None or not self.note else gettext(self.note)

    @property
    def target_label(self) -> str:
        """What it came to, in words."""
        known = dict(Delivery.State.choices) | dict(Delivery.Word.choices)
        return str(known.get(self.target, self.target))


class DeliveryAddress(models.Model):
    """Where something is to be sent: given after the funding, erased some time after it arrived."""

    delivery = models.OneToOneField(Delivery, models.CASCADE, primary_key=True, related_name="address")
    name = models.CharField(max_length=120)
    lines = models.CharField(max_length=300)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100)
    country = models.CharField(max_length=2)
    given_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"address of delivery {self.delivery_id}"


class Benefit(models.Model):
    """Something digital that was granted by itself with a delivery, once of each kind."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="benefits")
    kind = models.CharField(max_length=12)
    granted_at = models.DateTimeField()
    # Of an inference token: only its digest is kept, and what of its quota is used.
    digest = models.CharField(max_length=64, blank=True)
    quota = models.PositiveBigIntegerField(default=0)
    used = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ("kind",)
        constraints = [
            models.UniqueConstraint(fields=("delivery", "kind"), name="benefit_once"),
            models.UniqueConstraint(fields=("digest",), condition=~Q(digest=""), name="token_once"),
            models.CheckConstraint(condition=Q(used__lte=models.F("quota")), name="quota_is_kept"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of delivery {self.delivery_id}"
