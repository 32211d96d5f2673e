"""What a person types of themselves."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from outward.addresses import shown_link
from outward.errors import AddressRefused
from projects.fields import ProseField
from projects.models.people import MOST_LINKS


class ProfileForm(forms.Form):
    """Name, words, links, and what others may see."""

    name = forms.CharField(
        max_length=80, required=False, label=_("Public name"),
        help_text=_("Empty: others see you as a numbered member."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )  # fmt: skip
    about = ProseField(
        max_length=2000, required=False, label=_("About you"), widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Markdown."),
    )  # fmt: skip
    links = forms.CharField(
        required=False, max_length=1200, label=_("Links"), widget=forms.Textarea(attrs={"rows": 3, "inputmode": "url"}),
        help_text=_("One address a line, with https:// before it. At most five."),
    )  # fmt: skip
    shows_backed = forms.BooleanField(
        required=False, label=_("Show the projects that I back"),
        help_text=_("Without amounts, and never those that you back without your name."),
    )  # fmt: skip
    may_be_found = forms.BooleanField(required=False, label=_("Let search engines find this page"))

    def clean_name(self) -> str:
        """One line without characters that turn text around or hide."""
        name = " ".join(self.cleaned_data["name"].split())
        if not name.isprintable():
            raise forms.ValidationError(gettext("This name has characters that cannot be shown."))
        return name

    def clean_links(self) -> list[str]:
        """Addresses of the web."""
        lines = [line.strip() for line in self.cleaned_data["links"].splitlines() if line.strip()]
        if len(lines) > MOST_LINKS:
            raise forms.ValidationError(gettext("At most five links."))
        for line in lines:
            if len(line) > 200:
                raise forms.ValidationError(gettext("%(line)s is too long.") % {"line": line[:60]})
            try:
                shown_link(line)
            except AddressRefused as error:
                raise forms.ValidationError(str(error)) from error
        return lines
