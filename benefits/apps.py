from django.apps import AppConfig


class BenefitsConfig(AppConfig):
    name = "benefits"
    verbose_name = "公費負担医療"

    def ready(self) -> None:
        from audit import vocabulary  # the registry fills when every app is loaded
        from benefits import events

        vocabulary.declare(events.ACTIONS)
