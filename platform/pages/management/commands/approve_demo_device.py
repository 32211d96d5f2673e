"""Approve the code of a machine of the demo's volunteer, as its person would in the browser. Refused in production."""

from typing import Any

from allauth.idp.oidc.internal.oauthlib import device_codes
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.pairing import grant_lock


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("A device is approved by its owner in the browser.")
        volunteer = User.objects.get(email="volunteer@demo.example")
        try:
            device_code, _ = device_codes.validate_user_code(options["code"])
        except ValidationError as error:
            raise CommandError(f"The code {options['code']} is unknown or expired.") from error
        with grant_lock(device_code):
            device_codes.confirm_or_deny_device_code(volunteer, device_code, confirm=True)
