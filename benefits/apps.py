from uuid import UUID

from django.apps import AppConfig


class BenefitsConfig(AppConfig):
    name = "benefits"
    verbose_name = "公費負担医療"

    def ready(self) -> None:
        from accounts import scopes  # the registry fills when every app is loaded
        from audit import vocabulary
        from audit.searching import registered
        from benefits import choices, events, watching

        vocabulary.declare(events.ACTIONS, views=events.VIEWS)
        scopes.declare(offices=dict(choices.AcceptedOffice.choices), programmes=dict(choices.Programme.choices))
        registered.declare(people=numbered)
        watching.register()


def numbered(number: str) -> list[UUID]:
    """Return who has this recipient number, for the search of the record."""
    from benefits.models import Person  # models are there once every app is loaded

    return list(Person.objects.filter(recipient_number=number).values_list("pk", flat=True))
