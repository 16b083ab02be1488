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
        "keys-rotate": only(ASKS, "mynumber.work_keys"),
        "keys-retire": only(ASKS, "mynumber.work_keys"),
        "keys-operation": only(SHOWS, "mynumber.view_keys"),
        "keys-operation-progress": only(SHOWS, "mynumber.view_keys"),
        "keys-operation-approve": only(ACTS, "mynumber.work_keys"),
        "keys-operation-reject": only(ACTS, "mynumber.work_keys"),
        "keys-operation-withdraw": only(ACTS, "mynumber.work_keys"),
        "keys-operation-pause": only(ACTS, "mynumber.work_keys"),
        "keys-operation-resume": only(ACTS, "mynumber.work_keys"),
        # the record
        "audit:log": only(ASKS, "audit.view_event", "audit.view_section_event"),
        "audit:own": only(ASKS, "audit.view_own_event"),
        "audit:columns": only(ACTS, "audit.view_event", "audit.view_section_event", "audit.view_own_event"),
        "audit:searches": only(SHOWS, "audit.view_event", "audit.view_section_event"),
        "audit:search-save": only(ASKS, "audit.view_event", "audit.view_section_event"),
        "audit:search-open": only(SHOWS, "audit.view_event", "audit.view_section_event"),
        "audit:search-done": only(ACTS, "audit.view_event", "audit.view_section_event"),
        "audit:search-remove": only(ACTS, "audit.view_event", "audit.view_section_event"),
        "audit:exports": only(SHOWS, "audit.export_event"),
        "audit:export-new": only(ASKS, "audit.export_event"),
        "audit:export": only(SHOWS, "audit.export_event"),
        "audit:export-progress": only(SHOWS, "audit.export_event"),
        "audit:export-cancel": only(ACTS, "audit.export_event"),
        "audit:export-file": only(SHOWS, "audit.export_event"),
        "audit:trends": only(SHOWS, "audit.watch"),
        "audit:trend-rows": only(SHOWS, "audit.watch"),
        "audit:hits": only(SHOWS, "audit.watch"),
        "audit:hit": only(ASKS, "audit.watch"),
        "audit:samples": only(SHOWS, "audit.watch"),
        "audit:sample": only(ASKS, "audit.watch"),
        "watch-rules": only(SHOWS, "audit.watch", "audit.change_rule"),
        "watch-rule": only(SHOWS, "audit.watch", "audit.change_rule"),
        "watch-rule-change": only(ASKS, "audit.change_rule"),
        "watch-change": only(ASKS, "audit.change_rule"),
        "watch-reports": only(SHOWS, "audit.change_rule"),
        "watch-report": only(ASKS, "audit.change_rule"),
        "watch-report-document": only(SHOWS, "audit.change_rule"),
        "pruning": only(SHOWS, "audit.prune_event", "audit.view_ledger"),
        "pruning-ask": only(ASKS, "audit.prune_event"),
        "pruning-request": only(ASKS, "audit.prune_event", "audit.view_ledger"),
        "audit:ledger": only(SHOWS, "audit.view_ledger"),
        "audit:ledger-verify": only(ACTS, "audit.view_ledger"),
        "audit:ledger-progress": only(SHOWS, "audit.view_ledger"),
        "audit:ledger-sheet": only(SHOWS, "audit.view_ledger"),
        "audit:proof": only(SHOWS, "audit.view_event"),
        "audit:entry": only(SHOWS, "audit.view_event", "audit.view_section_event", "audit.view_own_event"),
        # the work
        "benefits:home": all_staff(SHOWS),
        "benefits:relations": all_staff(ASKS),
        "benefits:overtime": only(ASKS, "audit.view_section_event"),
        "benefits:made-up": only(ASKS, "audit.change_rule"),
        "benefits:figures": only(SHOWS, "benefits.view_application", "benefits.view_person"),
        "benefits:diseases": only(SHOWS, "benefits.enter_application", "benefits.view_application"),
        "benefits:applications": only(SHOWS, "benefits.view_application", "benefits.view_own_application"),
        "benefits:application-new": only(SHOWS, "benefits.enter_application"),
        "benefits:application-holders": only(ACTS, "benefits.enter_application"),
        "benefits:application": only(SHOWS, "benefits.view_application", "benefits.view_own_application"),
        "benefits:application-edit": only(ASKS, "benefits.enter_application"),
        "benefits:application-autosave": only(ACTS, "benefits.enter_application"),
        "benefits:application-confirm": only(SHOWS, "benefits.submit_application"),
        "benefits:application-submit": only(ACTS, "benefits.submit_application"),
        "benefits:application-pull-back": only(ACTS, "benefits.submit_application"),
        "benefits:application-withdraw": only(ASKS, "benefits.submit_application"),
        "benefits:review-queue": only(SHOWS, "benefits.decide_application"),
        "benefits:review": only(ASKS, "benefits.decide_application"),
        "benefits:third-comparison": only(ASKS, "benefits.decide_application"),
        "benefits:approve": only(ASKS, "benefits.decide_application"),
        "benefits:people": only(ASKS, "benefits.view_person"),
        "benefits:person-by-number": only(ASKS, "mynumber.find_number"),
        "benefits:correction-new": only(ASKS, "benefits.view_person"),
        "benefits:corrections": only(
            SHOWS, "benefits.view_person", "mynumber.correct_number", "mynumber.retype_number"
        ),
        "benefits:correction": only(ASKS, "benefits.view_person"),
        "benefits:holdings": only(SHOWS, "mynumber.view_holdings"),
        "benefits:holdings-export": only(ACTS, "mynumber.view_holdings"),
        "benefits:person": only(SHOWS, "benefits.view_person"),
        "benefits:number": only(ASKS, "mynumber.reveal_number"),
        "benefits:household-number": only(ASKS, "mynumber.reveal_number"),
        "benefits:number-release": only(ACTS, "mynumber.reveal_number"),
        "benefits:releases": only(SHOWS, "mynumber.release_number"),
        "benefits:release": only(ASKS, "mynumber.release_number"),
        "benefits:reveal-reviews": only(SHOWS, "audit.review_reveals"),
        "benefits:reveal-review": only(ASKS, "audit.review_reveals"),
        "benefits:person-protection": only(ASKS, "benefits.protect_person"),
        "benefits:protections": only(SHOWS, "benefits.protect_person", "benefits.decide_protection"),
        "benefits:protection": only(ASKS, "benefits.protect_person", "benefits.decide_protection"),
        "benefits:person-accesses": only(SHOWS, "benefits.view_person"),
        "benefits:contact-record": only(ACTS, "benefits.view_person"),
        "benefits:access-statement": only(ASKS, "benefits.print_access_statement"),
        # the custody register
        "benefits:application-papers": only(ASKS, "benefits.move_paper"),
        "benefits:papers": only(SHOWS, "benefits.view_paper"),
        "benefits:paper-labels": only(SHOWS, "benefits.view_paper"),
        "benefits:paper": only(SHOWS, "benefits.view_paper"),
        "benefits:paper-confirm": only(ACTS, "benefits.view_paper"),
        "benefits:paper-take-back": only(ACTS, "benefits.view_paper"),
        "benefits:paper-act": only(ASKS, "benefits.move_paper"),
        "benefits:places": only(SHOWS, "benefits.view_paper"),
        "benefits:place-new": only(ASKS, "benefits.keep_places"),
        "benefits:place": only(SHOWS, "benefits.view_paper"),
        "benefits:place-close": only(ACTS, "benefits.keep_places"),
        "benefits:box-new": only(ACTS, "benefits.keep_places"),
        "benefits:box": only(SHOWS, "benefits.view_paper"),
        "benefits:box-hand-over": only(ASKS, "benefits.move_paper", "benefits.keep_places"),
        "benefits:box-confirm": only(ACTS, "benefits.view_paper"),
        "benefits:box-take-back": only(ACTS, "benefits.view_paper"),
        "benefits:box-close": only(ACTS, "benefits.keep_places"),
        "benefits:stocktakes": only(ASKS, "benefits.move_paper", "benefits.keep_places"),
        "benefits:stocktake": only(ASKS, "benefits.move_paper", "benefits.keep_places"),
        "benefits:stocktake-finish": only(ACTS, "benefits.move_paper", "benefits.keep_places"),
        "benefits:stocktake-cancel": only(ACTS, "benefits.move_paper", "benefits.keep_places"),
        "benefits:destructions": only(SHOWS, "benefits.destroy_paper"),
        "benefits:destruction-new": only(ASKS, "benefits.destroy_paper"),
        "benefits:destruction": only(SHOWS, "benefits.destroy_paper"),
        "benefits:destruction-decide": only(ACTS, "benefits.destroy_paper"),
        "benefits:certificate": only(SHOWS, "benefits.view_certificate"),
        # letting go
        "benefits:retention": only(SHOWS, "benefits.view_retention"),
        "benefits:retention-period-new": only(ASKS, "mynumber.delete_numbers"),
        "benefits:retention-period-decide": only(ACTS, "mynumber.delete_numbers"),
        "benefits:deletion-holds": only(ASKS, "benefits.hold_deletion"),
        "benefits:deletion-hold-end": only(ASKS, "benefits.hold_deletion"),
        "benefits:deletion-list-make": only(ACTS, "mynumber.delete_numbers"),
        "benefits:deletion-list": only(SHOWS, "benefits.view_retention"),
        "benefits:deletion-list-progress": only(SHOWS, "benefits.view_retention"),
        "benefits:deletion-row-exclude": only(ASKS, "mynumber.delete_numbers"),
        "benefits:deletion-list-propose": only(ACTS, "mynumber.delete_numbers"),
        "benefits:deletion-list-withdraw": only(ACTS, "mynumber.delete_numbers"),
        "benefits:deletion-list-approve": only(ACTS, "mynumber.delete_numbers"),
        "benefits:deletion-list-reject": only(ACTS, "mynumber.delete_numbers"),
        "benefits:deletion-list-certificates": only(SHOWS, "benefits.view_retention"),
        "benefits:deletion-certificate": only(SHOWS, "benefits.view_retention"),
        # files from Juki-net
        "benefits:juki": only(SHOWS, "benefits.import_numbers", "benefits.apply_import"),
        "benefits:juki-new": only(ASKS, "benefits.import_numbers"),
        "benefits:juki-request": only(ASKS, "benefits.import_numbers"),
        "benefits:juki-layouts": only(SHOWS, "benefits.keep_import_layouts"),
        "benefits:juki-layout": only(SHOWS, "benefits.keep_import_layouts"),
        "benefits:juki-layout-change": only(ASKS, "benefits.keep_import_layouts"),
        "benefits:juki-layout-decide": only(ACTS, "benefits.keep_import_layouts"),
        "benefits:juki-batch": only(SHOWS, "benefits.import_numbers", "benefits.apply_import"),
        "benefits:juki-progress": only(SHOWS, "benefits.import_numbers", "benefits.apply_import"),
        "benefits:juki-start": only(ACTS, "benefits.import_numbers"),
        "benefits:juki-skip-errors": only(ACTS, "benefits.import_numbers"),
        "benefits:juki-cancel": only(ACTS, "benefits.import_numbers", "benefits.apply_import"),
        "benefits:juki-errors": only(SHOWS, "benefits.import_numbers"),
        "benefits:juki-lines": only(SHOWS, "benefits.import_numbers", "benefits.apply_import"),
        "benefits:juki-reject-nobodys": only(ACTS, "benefits.import_numbers"),
        "benefits:juki-line": only(SHOWS, "benefits.import_numbers"),
        "benefits:juki-link": only(ACTS, "benefits.import_numbers"),
        "benefits:juki-reject": only(ACTS, "benefits.import_numbers"),
        "benefits:juki-sample": only(SHOWS, "benefits.apply_import"),
        "benefits:juki-sample-line": only(ASKS, "benefits.apply_import"),
        "benefits:juki-apply": only(ACTS, "benefits.apply_import"),
        "benefits:juki-undo": only(ACTS, "benefits.import_numbers"),
        "benefits:juki-undo-approve": only(ACTS, "benefits.apply_import"),
    },
)
