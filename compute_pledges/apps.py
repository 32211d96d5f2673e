from django.apps import AppConfig


class ComputePledgesConfig(AppConfig):
    name = "compute_pledges"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from compute_pledges.releasing.early import early_links
        from compute_pledges.services.counting import freeze_count
        from compute_pledges.services.course_words import compute_words
        from compute_pledges.standing.showing import credit_link, shown_pledges, standing_pledges
        from projects.backing import register_backing
        from projects.closing import register_freeze
        from projects.community.profiles import register_profile_link
        from projects.fulfilment.extras import register_reward_links
        from projects.life.consequences import register_consequences

        register_consequences(compute_words)
        register_freeze(freeze_count)
        register_backing("compute", standing_pledges, shown=shown_pledges)
        register_profile_link("credit", credit_link)
        register_reward_links("checkpoints", early_links)
