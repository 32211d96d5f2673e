"""Demo people and projects, once. Refused in production."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.pairing import WORKER_CLIENT_ID
from pages.demo.loading import load_projects
from pages.demo.training import pledge_demo_devices, start_demo_run

DEMO_PASSWORD = "commonweave-demo"  # noqa: S105  # reason: printed on the terminal; production refuses this command
PEOPLE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("creator@demo.example", "Lena Vogt", {}),
    ("backer@demo.example", "Backer", {}),
    ("volunteer@demo.example", "Volunteer", {}),
    ("reviewer1@demo.example", "Reviewer One", {"is_reviewer": True, "organization": "Open Models Union"}),
    ("reviewer2@demo.example", "Reviewer Two", {"is_reviewer": True, "organization": "Civic Compute Lab"}),
    ("admin@demo.example", "Admin", {"is_staff": True, "is_superuser": True}),
)


def load_people() -> None:
    """The demo's accounts with verified addresses; those that exist stay as they are."""
    for email, name, fields in PEOPLE:
        if not User.objects.filter(email=email).exists():
            user = User.objects.create_user(email, DEMO_PASSWORD, name=name, **fields)
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


def register_worker_client() -> None:
    """The volunteer's agent as a public client of the device grant."""
    Client.objects.update_or_create(
        id=WORKER_CLIENT_ID,
        defaults={
            "name": "Commonweave worker",
            "type": Client.Type.PUBLIC,
            "grant_types": Client.GrantType.DEVICE_CODE,
            "scopes": "openid\ndevices",
            "default_scopes": "openid\ndevices",
        },
    )


class Command(BaseCommand):
    help = __doc__

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("Demo data has known passwords; production refuses it.")
        load_people()
        register_worker_client()
        now = timezone.now()
        load_projects(now=now)
        start_demo_run(now=now)
        pledge_demo_devices()
