"""The event stream's process: `uvicorn config.asgi:application`. Pages and API are served by config.wsgi."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from pages.event_stream import build_application  # noqa: E402  # reason: Django must be set up before its apps load

application = build_application()
