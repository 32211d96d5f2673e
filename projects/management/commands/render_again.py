"""Render everything that people wrote again, after a change of the renderer. May run at any time."""

from typing import Any

from django.core.management.base import BaseCommand

from projects.rendering import render_again


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        for kind, count in render_again().items():
            self.stdout.write(f"{kind}: {count} shown anew")
