"""What a backer types: an amount in major units of the project's currency, a reward, add-ons, a tip."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clock.services import business_now
from payments.models import CashPledge
from payments.services.pledging import MOST_OF_AN_ADD_ON, Choice, takes_late, takes_monthly
from projects.models import Project, Reward
from values.money import Money, MoneyError, exponent, parse_money
from values.typed import as_typed

DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}
PRESETS = (10, 25, 50, 100)


def presets_of(currency: str) -> list[tuple[str, Money]]:
    """Amounts to choose from, as typed and as Money; round ones in currencies without cents."""
    scale = 100 if exponent(currency) == 0 else 1
    amounts = [Money(amount * scale * 10 ** exponent(currency), currency) for amount in PRESETS]
    return [(str(money.decimal), money) for money in amounts]


def price_words(reward: Reward, currency: str) -> str:
    """`Title (€5, 3 left)`."""
    left = (
        ""
        if reward.limit is None
        else gettext(", %(left)s of %(limit)s left") % {"left": reward.left, "limit": reward.limit}
    )
    return f"{reward.title} ({Money(reward.threshold_minor or 0, currency)}{left})"


class RewardChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # reason: not subscriptable at run time
    """Rewards with their threshold and stock."""

    def label_from_instance(self, obj: Reward) -> str:
        """Title, from how much, how many are left."""
        least = Money(obj.threshold_minor or 0, obj.project.currency)
        left = (
            ""
            if obj.limit is None
            else gettext(", %(left)s of %(limit)s left") % {"left": obj.left, "limit": obj.limit}
        )
        return gettext("%(title)s (from %(least)s%(left)s)") % {"title": obj.title, "least": least, "left": left}


class MoneyText(forms.CharField):
    """An amount as people type it; cleaned to Money of `currency`, or None when empty."""

    def __init__(self, *, currency: str = "EUR", **kwargs: Any) -> None:
        super().__init__(max_length=20, widget=forms.TextInput(attrs=DECIMAL), **kwargs)
        self.currency = currency

    def clean(self, value: Any) -> Money | None:
        """The amount."""
        text = super().clean(value)
        if not text or (not self.required and text.strip(" 0.,") == ""):
            return None
        try:
            return parse_money(text, self.currency)
        except MoneyError as error:
            raise forms.ValidationError(str(error)) from error


def _offered(project: Project, pledge: CashPledge | None) -> QuerySet[Reward]:
    """Rewards for money whose window is open, and what this pledge has already."""
    is_open = Q(available_until=None) | Q(available_until__gt=business_now())
    has = Q(cash_pledges=pledge) | Q(pk__in=pledge.add_ons.values("reward")) if pledge is not None else Q(pk=None)
    rows = project.rewards.filter(is_open | has, threshold_minor__isnull=False)
    return rows.select_related("project", "pool").distinct()


class PledgeForm(forms.Form):
    """`choice()` gives what was chosen; the fields depend on what the project offers."""

    amount = MoneyText()
    currency = forms.CharField(max_length=3, widget=forms.HiddenInput)
    reward = RewardChoice(
        Reward.objects.none(), required=False, label=_("Reward"), empty_label=_("No reward, just support")
    )
    is_monthly = forms.BooleanField(required=False, label=_("Every month, until I pause or cancel"))
    tip = MoneyText(required=False)
    shows_name = forms.BooleanField(required=False, label=_("Show my name in the project's public ledger"))
    client_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, project: Project, pledge: CashPledge | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        self.initial.setdefault("client_token", uuid4())
        self.initial.setdefault("currency", project.currency)
        for name in ("amount", "tip"):
            field = self.fields[name]
            assert isinstance(field, MoneyText)
            field.currency = project.currency
        self.fields["amount"].label = gettext("Amount in %(currency)s") % {"currency": project.currency}
        self.fields["tip"].label = gettext("Tip to Commonweave in %(currency)s") % {"currency": project.currency}
        self.fields["tip"].help_text = gettext("Goes to the platform, not to the project. Off unless you write one.")
        if pledge is not None or not takes_monthly(project):
            del self.fields["is_monthly"]
        self._offer_rewards(pledge)

    def _offer_rewards(self, pledge: CashPledge | None) -> None:
        offered = list(_offered(self.project, pledge))
        rewards = self.fields["reward"]
        assert isinstance(rewards, RewardChoice)
        rewards.queryset = _offered(self.project, pledge).filter(is_add_on=False)
        self.add_on_rewards = {f"add_on_{reward.pk}": reward for reward in offered if reward.is_add_on}
        for name, reward in self.add_on_rewards.items():
            self.fields[name] = forms.IntegerField(
                label=price_words(reward, self.project.currency), required=False, min_value=0,
                max_value=MOST_OF_AN_ADD_ON, widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
                help_text=reward.description,
            )  # fmt: skip

    @property
    def add_on_fields(self) -> list[forms.BoundField]:
        """The add-ons' fields, to be drawn together."""
        return [self[name] for name in self.add_on_rewards]

    def clean_currency(self) -> str:
        """The project's currency."""
        if self.cleaned_data["currency"] != self.project.currency:
            raise forms.ValidationError(
                gettext("This project takes %(currency)s.") % {"currency": self.project.currency}
            )
        return self.project.currency

    def choice(self, origin: str = "") -> Choice:
        """What was chosen; call it on a valid form."""
        data = self.cleaned_data
        add_ons = {reward: data[name] for name, reward in self.add_on_rewards.items() if data.get(name)}
        return Choice(
            amount=data["amount"], reward=data["reward"], tip=data["tip"], add_ons=add_ons,
            is_anonymous=not data["shows_name"], is_monthly=data.get("is_monthly", False), origin=origin,
        )  # fmt: skip


def typed_pledge(pledge: CashPledge) -> dict[str, Any]:
    """A pledge as its form shows it: the support without its add-ons."""
    add_ons = {add_on.reward_id: add_on for add_on in pledge.add_ons.all()}
    support = pledge.amount_minor - sum(add_on.quantity * add_on.price_minor for add_on in add_ons.values())
    return {
        "amount": as_typed(str(Money(support, pledge.currency).decimal)),
        "reward": pledge.reward_id,
        "tip": as_typed(str(pledge.tip.decimal)) if pledge.tip_minor else "",
        "shows_name": not pledge.is_anonymous,
        **{f"add_on_{reward_id}": add_on.quantity for reward_id, add_on in add_ons.items()},
    }


def charges_at_once(project: Project) -> bool:
    """Whether a new pledge is charged now instead of at the deadline."""
    return takes_late(project) or not project.is_all_or_nothing
