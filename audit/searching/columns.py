"""The columns that a list may show and a file may hold, and which of them somebody has chosen."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from audit.ledger.facets import JAPAN
from audit.searching.finding import Row
from audit.words import EXPLANATIONS

#: In the order in which they stand. The first one always does.
ON_SCREEN: Mapping[str, Promise] = MappingProxyType(
    {
        "at": gettext_lazy("日時"),
        "actor": gettext_lazy("利用者"),
        "section": gettext_lazy("所属"),
        "roles": gettext_lazy("役割"),
        "action": gettext_lazy("操作"),
        "subject": gettext_lazy("対象"),
        "purpose": gettext_lazy("目的"),
        "explanation": gettext_lazy("閲覧の背景"),
        "client": gettext_lazy("端末"),
        "result": gettext_lazy("結果"),
        "seal": gettext_lazy("封印"),
    },
)
AT_FIRST: Final = ("at", "actor", "action", "subject", "purpose", "client", "result", "seal")
_KEPT_AS: Final = "audit_columns"

#: What a file may hold, beside those of the screen: the whole of what is not sealed.
IN_FILE: Mapping[str, tuple[Promise, Callable[[Row], str]]] = MappingProxyType(
    {
        "at": (gettext_lazy("日時"), lambda row: row.event.at.astimezone(JAPAN).isoformat(timespec="milliseconds")),
        "actor": (gettext_lazy("利用者"), lambda row: row.event.actor_name),
        "actor_id": (gettext_lazy("利用者番号"), lambda row: _text(row.event.actor_id)),
        "section": (gettext_lazy("所属"), lambda row: row.event.actor_section),
        "roles": (gettext_lazy("役割"), lambda row: row.event.role_labels),
        "action": (gettext_lazy("操作"), lambda row: row.event.action_label),
        "action_code": (gettext_lazy("操作コード"), lambda row: row.event.action),
        "result": (gettext_lazy("結果"), lambda row: row.event.get_result_display()),
        "subject": (gettext_lazy("対象"), lambda row: row.event.subject_label),
        "person": (gettext_lazy("受給者"), lambda row: row.person_name),
        "purpose": (gettext_lazy("目的"), lambda row: row.event.purpose_label),
        "explanation": (gettext_lazy("閲覧の背景"), lambda row: explanation(row.event.explanation)),
        "details": (
            gettext_lazy("詳細"),
            lambda row: "; ".join(f"{name}={value}" for name, value in row.event.detail_rows),
        ),
        "client": (gettext_lazy("端末"), lambda row: _text(row.event.client)),
        "session": (gettext_lazy("セッション"), lambda row: row.event.session),
        "request": (gettext_lazy("要求番号"), lambda row: _text(row.event.request_id)),
        "id": (gettext_lazy("記録番号"), lambda row: str(row.event.pk)),
        "position": (gettext_lazy("台帳の位置"), lambda row: _text(row.position)),
    },
)
#: What a file holds unless something else is chosen.
IN_FILE_AT_FIRST: Final = tuple(name for name in IN_FILE if name not in {"actor_id", "action_code", "details"})


def chosen(request: HttpRequest) -> list[str]:
    """Return the columns that this person looks at."""
    kept = request.session.get(_KEPT_AS)
    names = kept if isinstance(kept, list) else AT_FIRST
    return [name for name in ON_SCREEN if name in names or name == "at"]


def choose(request: HttpRequest, names: Iterable[str]) -> None:
    """Show these columns from now on; none of them is the choice of before anybody chose."""
    known = [name for name in ON_SCREEN if name in set(names)]
    if known:
        request.session[_KEPT_AS] = known
    else:
        request.session.pop(_KEPT_AS, None)


def explanation(code: str) -> str:
    """Return why a view is explained, in words."""
    return str(EXPLANATIONS.get(code, code))


def seal_words(row: Row) -> str:
    """Say how far an entry is sealed."""
    if row.position is None:
        return _("未封印")
    return (_("署名済み") if row.is_signed else _("封印済み")) + f" #{row.position}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
