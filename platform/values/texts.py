"""Words that people read: a string, or one that is translated only when it is shown."""

from __future__ import annotations

from typing import TypeAlias

from django.utils.functional import Promise

Text: TypeAlias = str | Promise
