"""The Celery application. The database is the queue of record; a message is only a hint."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("commonweave")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
