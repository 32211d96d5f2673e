"""Mail about an account, such as codes to sign in, in the form of every other mail."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage

from notices.mail import Letter, compose


class AccountMail(DefaultAccountAdapter):
    """The library's words, as text and as HTML. What belongs to an account cannot be switched off."""

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """The mail, not sent yet."""
        said = super().render_mail(template_prefix, email, context, headers)
        mail = compose(letter=Letter(str(said.subject), str(said.body).strip()), address=said.to[0])
        mail.to = said.to
        return mail
