from django.apps import AppConfig


class ComputePledgesConfig(AppConfig):
    name = "compute_pledges"
    default_auto_field = "django.db.models.BigAutoField"
