from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "監査記録"

    def ready(self) -> None:
        from audit import actions, seal_events, vocabulary  # the registry fills when every app is loaded
        from audit.sealing import telling

        vocabulary.declare(actions.ACTIONS)
        telling.declare(seal_events)
