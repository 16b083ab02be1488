from django.apps import AppConfig


class MyNumberConfig(AppConfig):
    name = "mynumber"
    verbose_name = "個人番号"

    def ready(self) -> None:
        from audit import vocabulary  # the registry fills when every app is loaded
        from audit.verifying import references
        from mynumber import actions, purposes

        vocabulary.declare(actions.ACTIONS, purposes=dict(purposes.Purpose.choices), reveals=(actions.REVEALED,))
        references.declare(
            "tickets",
            words="個人番号の引換券が使われていますが、その記録がありません（削除されています）",
            function="vault.tickets_used_without_entry()",
        )
