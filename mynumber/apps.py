from django.apps import AppConfig


class MyNumberConfig(AppConfig):
    name = "mynumber"
    verbose_name = "個人番号"

    def ready(self) -> None:
        from audit import vocabulary  # the registry fills when every app is loaded
        from mynumber import actions, purposes

        vocabulary.declare(actions.ACTIONS, purposes=dict(purposes.Purpose.choices))
