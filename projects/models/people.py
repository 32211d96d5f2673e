"""What a person says of themselves in public, and what others may see of them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

MOST_LINKS = 5


class Profile(models.Model):
    """A person's choices. Without a row nothing is shown beyond what they published themselves."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="profile")
    about = models.TextField(max_length=2000, blank=True)
    about_html = models.TextField(blank=True)
    links = ArrayField(models.URLField(max_length=200), size=MOST_LINKS, default=list, blank=True)
    shows_backed = models.BooleanField(default=False)
    may_be_found = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"profile of {self.user_id}"
