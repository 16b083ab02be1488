from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "利用者"

    def ready(self) -> None:
        from accounts import actions  # noqa: PLC0415  (the registry fills when every app is loaded)
        from audit import vocabulary  # noqa: PLC0415

        vocabulary.declare(actions.ACTIONS)
