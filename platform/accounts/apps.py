from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allauth.account.signals import user_logged_in, user_signed_up

        from accounts.languages import learn_language, speak_to

        user_signed_up.connect(learn_language, dispatch_uid="accounts.learn_language")
        user_logged_in.connect(speak_to, dispatch_uid="accounts.speak_to")
