"""Who may ask for what: every address of the product, with its methods and who gets past its gate.

The gates themselves stand at the views (``audit.gate.requires``); ``tests/architecture/test_access.py`` asks every
address as every role with every method, and fails where a gate and this table differ or an address is in no row.
A permission opens the gate; what lies behind is still only what the person's rights reach (offices, programmes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accounts.roles import HANDBOOK, Role


@dataclass(frozen=True, slots=True)
class Access:
    """One address: the methods it answers, and who may ask. ``permissions`` says who, where not everybody may."""

    methods: frozenset[str]
    permissions: frozenset[str] = frozenset()
    is_public: bool = False

    @property
    def is_for_all_staff(self) -> bool:
        """Say whether everybody who is signed in may ask: it shows what is theirs."""
        return not self.is_public and not self.permissions

    def lets_in(self, role: Role) -> bool:
        """Say whether holding ``role`` is enough."""
        return self.is_public or self.is_for_all_staff or not self.permissions.isdisjoint(HANDBOOK[role].permissions)


SHOWS = frozenset({"GET"})
ACTS = frozenset({"POST"})
ASKS = SHOWS | ACTS


def public(methods: frozenset[str]) -> Access:
    """Let everybody in, signed in or not."""
    return Access(methods, is_public=True)


def all_staff(methods: frozenset[str]) -> Access:
    """Let everybody in who is signed in."""
    return Access(methods)


def only(methods: frozenset[str], *permissions: str) -> Access:
    """Let in whoever has one of ``permissions``."""
    return Access(methods, frozenset(permissions))


#: By the name of the address. In the order of the address space.
ACCESS: Mapping[str, Access] = MappingProxyType(
    {
        "healthz": public(SHOWS),
        # signing in and out
        "accounts:sign-in": public(ASKS),
        "accounts:code": public(ASKS),
        "accounts:sign-in-key": public(ASKS),
        "accounts:sign-in-recovery": public(ASKS),
        "accounts:sign-in-enrol": public(ASKS),
        "accounts:sign-out": public(ACTS),
        # stepping away, and proving again who one is
        "accounts:lock": all_staff(ASKS),
        "accounts:unlock": all_staff(ACTS),
        "accounts:unlock-key": all_staff(ASKS),
        "accounts:session-state": all_staff(SHOWS),
        "accounts:session-use": all_staff(ACTS),
        "accounts:kept-input": all_staff(ASKS),
        "accounts:confirm": all_staff(ASKS),
        "accounts:confirm-key": all_staff(ASKS),
        # one's own account
        "accounts:account": all_staff(SHOWS),
        "accounts:session-end": all_staff(ACTS),
        "accounts:change-password": all_staff(ASKS),
        "accounts:factor-code": all_staff(ASKS),
        "accounts:factor-key-add": all_staff(ASKS),
        "accounts:factor-key-remove": all_staff(ASKS),
        "accounts:factor-recovery": all_staff(ASKS),
        # the staff and their rights
        "accounts:staff": only(SHOWS, "accounts.view_user"),
        "accounts:staff-new": only(ASKS, "accounts.change_rights"),
        "accounts:person": only(SHOWS, "accounts.view_user"),
        "accounts:person-grant": only(ASKS, "accounts.change_rights"),
        "accounts:person-right-end": only(ASKS, "accounts.change_rights"),
        "accounts:person-move": only(ASKS, "accounts.change_rights"),
        "accounts:person-stop": only(ASKS, "accounts.change_rights"),
        "accounts:person-stop-now": only(ASKS, "accounts.change_rights"),
        "accounts:person-resume": only(ASKS, "accounts.change_rights"),
        "accounts:person-reset": only(ASKS, "accounts.change_rights"),
        "accounts:person-let-in": only(ACTS, "accounts.change_rights"),
        "accounts:person-compromised": only(ACTS, "accounts.change_rights"),
        "accounts:person-sessions-end": only(ACTS, "accounts.change_rights"),
        "accounts:proposals": only(SHOWS, "accounts.change_rights"),
        "accounts:proposal": only(SHOWS, "accounts.change_rights"),
        "accounts:proposal-approve": only(ACTS, "accounts.change_rights"),
        "accounts:proposal-reject": only(ACTS, "accounts.change_rights"),
        "accounts:proposal-withdraw": only(ACTS, "accounts.change_rights"),
        "accounts:proposal-slip": only(ACTS, "accounts.change_rights"),
        "accounts:batches": only(ASKS, "accounts.change_rights"),
        "accounts:batch-template": only(SHOWS, "accounts.change_rights"),
        "accounts:batch": only(SHOWS, "accounts.change_rights"),
        "accounts:batch-apply": only(ACTS, "accounts.change_rights"),
        "accounts:batch-reject": only(ACTS, "accounts.change_rights"),
        "accounts:batch-slips": only(ASKS, "accounts.change_rights"),
        "accounts:roles": only(SHOWS, "accounts.view_role"),
        "accounts:roles-csv": only(SHOWS, "accounts.view_role"),
        "accounts:access-reviews": only(ASKS, "accounts.answer_review", "accounts.change_rights"),
        "accounts:access-review": only(SHOWS, "accounts.answer_review", "accounts.change_rights"),
        "accounts:access-review-answer": only(ASKS, "accounts.answer_review", "accounts.change_rights"),
        "accounts:access-review-close": only(ACTS, "accounts.change_rights"),
        "accounts:access-review-result": only(SHOWS, "accounts.change_rights"),
        # keys
        "keys": only(SHOWS, "mynumber.view_keys"),
        # the record
        "audit:log": only(ASKS, "audit.view_event"),
        "audit:entry": only(SHOWS, "audit.view_event"),
        # the work
        "benefits:home": all_staff(SHOWS),
        "benefits:figures": only(SHOWS, "benefits.view_application", "benefits.view_person"),
        "benefits:diseases": only(SHOWS, "benefits.enter_application", "benefits.view_application"),
        "benefits:applications": only(SHOWS, "benefits.view_application", "benefits.view_own_application"),
        "benefits:application-new": only(SHOWS, "benefits.enter_application"),
        "benefits:application": only(SHOWS, "benefits.view_application", "benefits.view_own_application"),
        "benefits:application-edit": only(ASKS, "benefits.enter_application"),
        "benefits:application-autosave": only(ACTS, "benefits.enter_application"),
        "benefits:application-confirm": only(SHOWS, "benefits.submit_application"),
        "benefits:application-submit": only(ACTS, "benefits.submit_application"),
        "benefits:application-pull-back": only(ACTS, "benefits.submit_application"),
        "benefits:application-withdraw": only(ASKS, "benefits.submit_application"),
        "benefits:review-queue": only(SHOWS, "benefits.decide_application"),
        "benefits:review": only(ASKS, "benefits.decide_application"),
        "benefits:approve": only(ASKS, "benefits.decide_application"),
        "benefits:people": only(ASKS, "benefits.view_person"),
        "benefits:person": only(SHOWS, "benefits.view_person"),
        "benefits:number": only(ASKS, "mynumber.reveal_number"),
        "benefits:certificate": only(SHOWS, "benefits.view_certificate"),
    },
)
