"""What people keep of their searches, and what staff puts together."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project

# A unique index takes rows of at most some 2,700 bytes.
LONGEST_QUERY = 2500


class SavedSearch(models.Model):
    """A search by its address's query; its owner is told of projects that were launched since `looked_at`."""

    class Every(models.TextChoices):
        DAY = "day", _("once a day")
        WEEK = "week", _("once a week")
        NEVER = "never", _("not at all")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches")
    name = models.CharField(_("name"), max_length=80)
    query = models.CharField(max_length=LONGEST_QUERY)
    every = models.CharField(max_length=5, choices=Every, default=Every.WEEK)
    created_at = models.DateTimeField()
    looked_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "pk")
        constraints = [models.UniqueConstraint(fields=("owner", "query"), name="search_saved_once")]
        indexes = [models.Index(fields=("every", "looked_at"), name="saved_search_due")]

    def __str__(self) -> str:
        return self.name


class Collection(models.Model):
    """Projects that staff puts together, with words on why."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=80)
    text = models.TextField(_("text"), max_length=4000)
    text_html = models.TextField()
    is_shown = models.BooleanField(default=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-made_at", "-pk")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("projects:collection", args=[self.slug])


class CollectionEntry(models.Model):
    """A project's place in a collection."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="entries")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("place",)
        constraints = [models.UniqueConstraint(fields=("collection", "project"), name="collected_once")]

    def __str__(self) -> str:
        return f"{self.place} of {self.collection_id}"
