"""What a team types of a reward and its backers of themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.fields import LineField
from projects.fulfilment.countries import countries
from projects.fulfilment.offering import Details
from projects.models import Delivery, Reward, RewardQuestion, StockPool


class MonthField(forms.CharField):
    """A month as browsers write it; cleaned to its first day."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2027-03"})

    def clean(self, value: Any) -> date | None:
        """The first of the month."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return datetime.strptime(text + "-01", "%Y-%m-%d").date()  # noqa: DTZ007  # reason: a day has no zone
        except ValueError as error:
            raise forms.ValidationError(gettext("Write the month as 2027-03.")) from error


class DetailsForm(forms.Form):
    """Everything of a reward beside its threshold, picture and questions."""

    available_until = forms.DateTimeField(
        label=_("Offered until"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("For early pledges. Together with a limit: until then, or for the first so many."),
    )  # fmt: skip
    pool: forms.ModelChoiceField[StockPool] = forms.ModelChoiceField(
        label=_("Shares its stock with others"),
        queryset=StockPool.objects.none(),
        required=False,
        empty_label=_("No, it has its own"),
    )
    delivers_on = MonthField(label=_("Month of delivery"), required=False, max_length=7)
    needs_address = forms.BooleanField(
        label=_("It is sent by post: ask for the address after the funding"), required=False
    )
    benefits = forms.MultipleChoiceField(
        label=_("Granted by itself"),
        choices=Reward.Benefit.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    inference_quota = forms.IntegerField(
        label=_("Quota of the token"), required=False, min_value=1, max_value=10**9,
        help_text=_(
            "In units of yours, such as tokens. Say in the reward what one is and where your endpoint is, which counts "
            "them at our API."
        ),
    )  # fmt: skip
    thanks_text = forms.CharField(
        label=_("Thank-you note"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "{name} becomes the public name of the backer. Mailed as text and as a PDF, which draws Latin, Greek, "
            "Cyrillic, Armenian and Georgian letters. With others it is mailed as text alone, and prints from its page."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, reward: Reward, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(reward.project.time_zone)
        pool = self.fields["pool"]
        assert isinstance(pool, forms.ModelChoiceField)
        pool.queryset = reward.project.stock_pools.all()

    def clean_available_until(self) -> datetime | None:
        """In the project's own zone."""
        moment = self.cleaned_data["available_until"]
        return moment.replace(tzinfo=self.zone) if moment else None

    def details(self) -> Details:
        """What was typed; call it on a valid form."""
        data = self.cleaned_data
        return Details(
            available_until=data["available_until"], delivers_on=data["delivers_on"],
            needs_address=data["needs_address"], benefits=data["benefits"],
            inference_quota=data["inference_quota"] or 0, thanks_text=data["thanks_text"],
            pool_id=data["pool"].pk if data["pool"] else None,
        )  # fmt: skip


class PictureForm(forms.Form):
    """A picture with its words."""

    picture = forms.FileField(
        label=_("Picture"), widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_("JPEG, PNG or WebP, at most 5 MB. Where and how it was taken is removed."),
    )  # fmt: skip
    alt = LineField(label=_("What it shows, in words"), max_length=160)


class QuestionForm(forms.Form):
    """One question."""

    pk = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = LineField(label=_("Question"), max_length=200)
    choices = forms.CharField(
        label=_("Answers to choose from"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line; empty for an answer in own words."),
    )  # fmt: skip
    is_optional = forms.BooleanField(label=_("It may stay without an answer"), required=False)

    def clean_choices(self) -> list[str]:
        """Two or more, each once."""
        lines = dict.fromkeys(line.strip() for line in self.cleaned_data["choices"].splitlines() if line.strip())
        if len(lines) == 1 or len(lines) > 20:
            raise forms.ValidationError(gettext("Write two to twenty answers, or none."))
        if any(len(line) > 80 for line in lines):
            raise forms.ValidationError(gettext("An answer has at most 80 characters."))
        return list(lines)


QuestionFormSet = forms.formset_factory(QuestionForm, extra=1, can_delete=True, max_num=10, validate_max=True)


class PoolForm(forms.Form):
    """Stock that rewards share."""

    name = LineField(label=_("Name"), max_length=80)
    limit = forms.IntegerField(label=_("How many there are"), min_value=1, max_value=1_000_000)


class AnswersForm(forms.Form):
    """The questions of everything that one pledge earned."""

    def __init__(self, *args: Any, deliveries: Iterable[Delivery], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asked: list[tuple[str, list[str]]] = []
        for delivery in deliveries:
            questions = {f"q{question.pk}": question for question in delivery.reward.questions.all()}
            for name, question in questions.items():
                self.fields[name] = _field(question, delivery.answers.get(str(question.pk), ""))
            if questions:
                self._asked.append((delivery.reward.title, list(questions)))

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Questions under the reward that asks them."""
        return [(title, [self[name] for name in names]) for title, names in self._asked]

    def answers(self) -> dict[str, str]:
        """By the question's key; call it on a valid form."""
        return {name.removeprefix("q"): value for name, value in self.cleaned_data.items()}


def _field(question: RewardQuestion, said: str) -> forms.Field:
    facts: dict[str, Any] = {"label": question.text, "required": question.is_required, "initial": said}
    if question.kind == RewardQuestion.Kind.CHOICE:
        offered = [("", gettext("Choose"))] + [(choice, choice) for choice in question.choices]
        return forms.ChoiceField(choices=offered, **facts)
    return forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}), **facts)


class AddressForm(forms.Form):
    """Where to send something."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "shipping name"})
    )
    lines = forms.CharField(
        label=_("Street and number"), max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "shipping street-address"}),
    )  # fmt: skip
    postcode = forms.CharField(
        label=_("Postcode"), max_length=20, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "shipping postal-code"}),
    )  # fmt: skip
    city = forms.CharField(
        label=_("Town"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "shipping address-level2"})
    )
    country = forms.ChoiceField(
        label=_("Country"), choices=lambda: [("", _("Choose")), *countries()],
        widget=forms.Select(attrs={"autocomplete": "shipping country"}),
    )  # fmt: skip


class MoveForm(forms.Form):
    """What the team says of deliveries."""

    target = forms.ChoiceField(
        label=_("They are"),
        choices=[
            ("", _("Choose")),
            *((state, Delivery.State(state).label) for state in ("todo", "in_work", "sent", "delivered")),
        ],
    )
    note = forms.CharField(
        label=_("A word to the backers"), max_length=300, required=False,
        help_text=_("A link, a tracking number, a date."),
    )  # fmt: skip
