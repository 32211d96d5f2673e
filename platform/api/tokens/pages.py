"""A person's tokens: made, shown once, revoked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.current import signed_in
from accounts.models import User
from api.errors import TokenRefused
from api.scopes import SCOPES, STAFF
from api.tokens.services import make_token, revoke_token, standing_tokens
from projects.trust.reporting import may_triage

LIFETIMES = ((30, gettext_lazy("30 days")), (90, gettext_lazy("90 days")), (365, gettext_lazy("One year")))


class TokenForm(forms.Form):
    """What is asked before a token is made."""

    name = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=60, help_text=gettext_lazy("For example: notebook at work.")
    )
    days = forms.TypedChoiceField(label=gettext_lazy("Stands for"), choices=LIFETIMES, coerce=int, initial=90)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("It may"), choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        if not may_triage(owner):
            scopes.choices = [(scope, words) for scope, words in SCOPES.items() if scope != STAFF]


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The list, and the form. A secret is in the answer to its making, and nowhere else."""
    owner = signed_in(request)
    form, context, status = TokenForm(request.POST or None, owner=owner), dict[str, Any](), 200
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = make_token(owner=owner, now=timezone.now(), **form.cleaned_data)
        except TokenRefused as error:
            form.add_error(None, str(error))
        else:
            context, form = {"made": token, "secret": secret}, TokenForm(owner=owner)
    if form.errors:
        status = 422
    listed = standing_tokens(owner)
    return render(
        request, "api/tokens.html", {**context, "form": form, "tokens": listed, "now": timezone.now()}, status=status
    )


@login_required
@require_POST
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """The token opens nothing any more."""
    if not revoke_token(owner=signed_in(request), token_id=token_id, now=timezone.now()):
        raise Http404
    messages.success(request, _("The token is revoked."))
    return redirect("api:tokens")
