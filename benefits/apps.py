from django.apps import AppConfig


class BenefitsConfig(AppConfig):
    name = "benefits"
    verbose_name = "公費負担医療"

    def ready(self) -> None:
        from accounts import scopes  # the registry fills when every app is loaded
        from audit import vocabulary
        from benefits import choices, events

        vocabulary.declare(events.ACTIONS)
        scopes.declare(offices=dict(choices.AcceptedOffice.choices), programmes=dict(choices.Programme.choices))
