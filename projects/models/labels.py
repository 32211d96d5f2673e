"""Choices in words, for models that lists show many of."""

from __future__ import annotations

from typing import Any

from django.db import models


class QuickLabels:
    """`get_…_display` without Django's dictionary of every translated choice, which it makes anew at each call."""

    def _get_FIELD_display(self, field: models.Field[Any, Any]) -> str:  # noqa: N802  # reason: Django's name
        value = getattr(self, field.attname)
        return str(next((label for known, label in field.flatchoices if known == value), value))
