"""An account made while pledging: a mail address, a code that proves it, and the choice goes on where it was."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django import forms
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from payments.errors import PledgeRefused
from projects.models import Project


class AddressForm(forms.Form):
    """Where the code goes."""

    email = forms.EmailField(
        label=_("Your mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We send a code to it; with the code you are signed in, and have an account if "
"you had none."),
    )  # fmt: skip

    def clean_email(self) -> str:
        """As accounts are kept: in lower case."""
        return str(self.cleaned_data["email"]).lower()


def _key(project: Project) -> str:
    return f"pledge:{project.pk}"


def keep_choice(request: HttpRequest, project: Project) -> None:
    """What was chosen stays in the visitor's own session until the code is typed."""
    chosen = request.POST.copy()
    for name in ("csrfmiddlewaretoken", "proof", "email"):
        chosen.pop(name, None)
    request.session[_key(project)] = chosen.urlencode()


def kept_choice(request: HttpRequest, project: Project) -> QueryDict | None:
    """The choice of a visitor who has an account now; given once."""
    if not request.user.is_authenticated or _key(project) not in request.session:
        return None
    return QueryDict(request.session.pop(_key(project)))


def account_of(email: str) -> User:
    """The account of this address, made without a password when there is none."""
    user = User.objects.filter(email__iexact=email).first()
    try:
        with transaction.atomic():
            user = user or User.objects.create_user(email)
            # The code proves the address; without a row there would be nothing to mark as proven.
            EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True})
    except IntegrityError:
        return User.objects.get(email__iexact=email)
    return user


def send_code(request: HttpRequest, email: str) -> HttpResponse:
    """Mail the code and go to where it is typed; the same for known and unknown addresses. Raises PledgeRefused."""
    if not ratelimit.consume(request, action="request_login_code", key=email):
        raise PledgeRefused(
            gettext("Several codes were sent to this address just now. Wait a minute; your choice is kept.")
        )
    process: Any = LoginCodeVerificationProcess
    process.initiate(request=request, user=account_of(email), email=email)
    # With what the address says of where they came from.
    onward = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('account_confirm_login_code')}?{onward}")
