from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "利用者"

    def ready(self) -> None:
        from accounts import actions  # the registry fills when every app is loaded
        from audit import vocabulary

        vocabulary.declare(actions.ACTIONS)
