from django.apps import AppConfig


class ComputePledgesConfig(AppConfig):
    name = "compute_pledges"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from compute_pledges.models import ComputePledge
        from compute_pledges.services.counting import freeze_count
        from projects.backing import register_backing
        from projects.closing import register_freeze

        register_freeze(freeze_count)
        register_backing("compute", lambda: ComputePledge.objects.filter(state__in=ComputePledge.STANDING_STATES))
