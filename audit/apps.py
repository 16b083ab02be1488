from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "監査記録"

    def ready(self) -> None:
        from audit import actions, vocabulary  # the registry fills when every app is loaded

        vocabulary.declare(actions.ACTIONS)
