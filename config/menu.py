"""The main navigation, one line per entry: what it says, where it leads, and what one must be allowed to see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.watch_pages.hits import open_hits


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the navigation, for whoever has one of ``permissions``.

    ``section`` names the URL names that count as being there; ``counted`` says how much waits there for somebody.
    """

    label: Promise | str
    url_name: str
    permissions: tuple[str, ...]
    section: tuple[str, ...] = ()
    counted: Callable[[Any], int | None] | None = None


#: The pages of the watching, which count as being at the record.
_WATCHING = (
    "audit:hits",
    "audit:hit",
    "audit:samples",
    "audit:sample",
    "watch-rule",
    "watch-rules",
    "watch-rule-change",
    "watch-change",
    "watch-reports",
    "watch-report",
    "benefits:made-up",
)
#: Those of its keeping.
_KEEPING = ("audit:ledger", "pruning", "pruning-ask", "pruning-request")

#: Of entries that say the same, somebody sees the first that they may follow.
ENTRIES: tuple[Entry, ...] = (
    Entry(_("今日の仕事"), "benefits:home", ("benefits.view_application",)),
    Entry(
        _("申請の入力"),
        "benefits:application-new",
        ("benefits.enter_application",),
        ("benefits:application-edit", "benefits:application-confirm"),
    ),
    Entry(
        _("申請"),
        "benefits:applications",
        ("benefits.view_application", "benefits.view_own_application"),
        ("benefits:application",),
    ),
    Entry(
        _("確認待ち"),
        "benefits:review-queue",
        ("benefits.decide_application",),
        ("benefits:review", "benefits:approve"),
    ),
    Entry(
        _("受給者"),
        "benefits:people",
        ("benefits.view_person",),
        (
            "benefits:person",
            "benefits:number",
            "benefits:household-number",
            "benefits:number-release",
            "benefits:person-protection",
            "benefits:person-accesses",
            "benefits:access-statement",
        ),
    ),
    Entry(
        _("番号の訂正"),
        "benefits:corrections",
        ("mynumber.correct_number", "mynumber.retype_number"),
        ("benefits:correction", "benefits:correction-new"),
    ),
    Entry(_("番号で探す"), "benefits:person-by-number", ("mynumber.find_number",)),
    Entry(_("保有状況"), "benefits:holdings", ("mynumber.view_holdings",)),
    Entry(
        _("保護"),
        "benefits:protections",
        ("benefits.protect_person", "benefits.decide_protection"),
        ("benefits:protection",),
    ),
    Entry(_("番号の解除"), "benefits:releases", ("mynumber.release_number",), ("benefits:release",)),
    Entry(_("表示の確認"), "benefits:reveal-reviews", ("audit.review_reveals",), ("benefits:reveal-review",)),
    Entry(
        _("書類"),
        "benefits:papers",
        ("benefits.view_paper",),
        (
            "benefits:paper",
            "benefits:paper-act",
            "benefits:application-papers",
            "benefits:places",
            "benefits:place-new",
            "benefits:place",
            "benefits:box",
            "benefits:box-hand-over",
            "benefits:stocktakes",
            "benefits:stocktake",
            "benefits:destructions",
            "benefits:destruction-new",
            "benefits:destruction",
        ),
    ),
    Entry(
        _("住基ネット"),
        "benefits:juki",
        ("benefits.import_numbers", "benefits.apply_import"),
        (
            "benefits:juki-new",
            "benefits:juki-request",
            "benefits:juki-batch",
            "benefits:juki-lines",
            "benefits:juki-line",
            "benefits:juki-sample",
            "benefits:juki-sample-line",
        ),
    ),
    Entry(
        _("住基ネットの様式"),
        "benefits:juki-layouts",
        ("benefits.keep_import_layouts",),
        ("benefits:juki-layout", "benefits:juki-layout-change"),
    ),
    Entry(_("時間外の登録"), "benefits:overtime", ("audit.view_section_event",)),
    Entry(_("基準額"), "benefits:figures", ("benefits.view_application",)),
    Entry(
        _("操作記録"),
        "audit:log",
        ("audit.view_event", "audit.view_section_event"),
        (
            "audit:entry",
            "audit:trends",
            "audit:searches",
            "audit:search-save",
            "audit:exports",
            "audit:export-new",
            "audit:export",
            *_KEEPING,
            *_WATCHING,
        ),
    ),
    Entry(_("操作記録"), "watch-rules", ("audit.change_rule",), (*_KEEPING, *_WATCHING)),
    Entry(
        _("利用者"),
        "accounts:staff",
        ("accounts.view_user",),
        (
            "accounts:person",
            "accounts:staff-new",
            "accounts:person-grant",
            "accounts:person-right-end",
            "accounts:person-move",
            "accounts:person-stop",
            "accounts:person-resume",
            "accounts:person-reset",
        ),
    ),
    Entry(_("権限の申請"), "accounts:proposals", ("accounts.change_rights",), ("accounts:proposal",)),
    Entry(_("一括登録"), "accounts:batches", ("accounts.change_rights",), ("accounts:batch",)),
    Entry(_("役割と権限"), "accounts:roles", ("accounts.view_role",)),
    Entry(
        _("権限の棚卸し"),
        "accounts:access-reviews",
        ("accounts.answer_review", "accounts.change_rights"),
        ("accounts:access-review",),
    ),
    Entry(
        _("保存と削除"),
        "benefits:retention",
        ("benefits.view_retention",),
        ("benefits:retention-period-new", "benefits:deletion-list", "benefits:deletion-row-exclude"),
    ),
    Entry(_("削除の停止"), "benefits:deletion-holds", ("benefits.hold_deletion",), ("benefits:deletion-hold-end",)),
    Entry(_("鍵"), "keys", ("mynumber.view_keys",), ("keys-rotate", "keys-retire", "keys-operation")),
)

#: The pages of the record beside each other (templates/audit/_tabs.html).
RECORD_TABS: tuple[Entry, ...] = (
    Entry(
        _("検索"),
        "audit:log",
        ("audit.view_event", "audit.view_section_event"),
        ("audit:entry",),
    ),
    Entry(
        _("保存した検索"), "audit:searches", ("audit.view_event", "audit.view_section_event"), ("audit:search-save",)
    ),
    Entry(_("書き出し"), "audit:exports", ("audit.export_event",), ("audit:export", "audit:export-new")),
    Entry(_("傾向"), "audit:trends", ("audit.watch",)),
    Entry(
        _("気になる操作"),
        "audit:hits",
        ("audit.watch",),
        ("audit:hit", "audit:samples", "audit:sample"),
        counted=open_hits,
    ),
    Entry(
        _("規則と月次報告"),
        "watch-rules",
        ("audit.change_rule",),
        ("watch-rule", "watch-rule-change", "watch-change", "watch-reports", "watch-report", "benefits:made-up"),
    ),
    Entry(_("記録の検証"), "audit:ledger", ("audit.view_ledger",)),
    Entry(_("保存期間"), "pruning", ("audit.prune_event", "audit.view_ledger"), ("pruning-ask", "pruning-request")),
    Entry(_("自分の操作記録"), "audit:own", ("audit.view_own_event",)),
)

#: The pages around what was found (templates/audit/_watch_links.html).
WATCH_LINKS: tuple[Entry, ...] = (
    Entry(_("知らせたもの"), "audit:hits", ("audit.watch",)),
    Entry(_("閲覧の抜取り"), "audit:samples", ("audit.watch",)),
    Entry(_("規則"), "watch-rules", ("audit.watch", "audit.change_rule")),
    Entry(_("月次報告"), "watch-reports", ("audit.change_rule",)),
    Entry(_("架空の受給者"), "benefits:made-up", ("audit.change_rule",)),
)
