from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from notices.attachments import register_attachment
        from projects.fulfilment.thanks_paper import thanks_attachment
        from projects.life.consequences import register_consequences
        from projects.life.own_words import promise_words

        register_attachment("thanks", thanks_attachment)
        register_consequences(promise_words)
