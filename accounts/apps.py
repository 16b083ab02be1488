from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "利用者"

    def ready(self) -> None:
        from accounts import actions, staff_list, step_up, watching  # the registry fills when every app is loaded
        from accounts.roles import HANDBOOK
        from audit import proof, vocabulary
        from audit.searching import registered
        from audit.trends import reach

        vocabulary.declare(actions.ACTIONS, roles={role.value: duty.label for role, duty in HANDBOOK.items()})
        reach.declare(staff_list.ids_of_section)
        registered.declare(sections=staff_list.sections)
        proof.declare(step_up.required)
        watching.register()
