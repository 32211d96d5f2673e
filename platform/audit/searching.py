"""Finding deeds of staff: by whom, what, on what, why and when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from audit.models import StaffAction


class ActionSearch(forms.Form):
    """Who, what, on what, between which UTC days; all optional."""

    actor = forms.CharField(
        label=_("Who"), required=False, max_length=254, help_text=_("Part of the mail address or name.")
    )
    action = forms.CharField(label=_("What"), required=False, max_length=40)
    subject = forms.CharField(
        label=_("On"), required=False, max_length=120, help_text=_("As project:12, or its beginning.")
    )
    words = forms.CharField(label=_("Why"), required=False, max_length=100, help_text=_("Words of the reason."))
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def found(self) -> QuerySet[StaffAction]:
        """The newest first."""
        rows = StaffAction.objects.select_related("actor")
        data = self.cleaned_data
        if actor := data["actor"]:
            rows = rows.filter(Q(actor__email__icontains=actor) | Q(actor__name__icontains=actor))
        if action := data["action"]:
            rows = rows.filter(action=action)
        if subject := data["subject"]:
            rows = rows.filter(subject__startswith=subject)
        if words := data["words"]:
            rows = rows.filter(reason__icontains=words)
        if since := data["since"]:
            rows = rows.filter(happened_at__gte=datetime.combine(since, time(), UTC))
        if until := data["until"]:
            rows = rows.filter(happened_at__lt=datetime.combine(until, time(), UTC) + timedelta(days=1))
        return rows
