"""The page of the office's keys: which there are, since when, and whether each one opens what it seals.

No key is shown, nor anything made from one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET

from accounts import step_up
from accounts.http import StaffRequest
from audit import journal, keyfiles
from audit.gate import requires
from config.office.keys import KEY_FILES
from mynumber import actions, vault

#: What each key is for. A key-encryption key is one of several, told apart by its id.
PURPOSES: Mapping[str, Promise] = MappingProxyType(
    {
        "django-secret": gettext_lazy("画面の署名（サインイン中の印、フォームの印）"),
        "number-index": gettext_lazy("個人番号の重複と一致の照合"),
        "seed": gettext_lazy("確認コードの機器の種を封じる"),
        "reason": gettext_lazy("操作記録の理由を封じる"),
        "kept-input": gettext_lazy("席を離れている間の入力を封じる"),
        "review-signing": gettext_lazy("棚卸しの結果の署名"),
    },
)
_KEK = "number-kek-"


@dataclass(frozen=True, slots=True)
class Key:
    """One key file as the page shows it. ``problem`` is "" for one that was read and has passed its test."""

    name: str
    purpose: str
    made_at: datetime | None
    problem: str


@require_GET
@requires("mynumber.view_keys")
@step_up.required
def keys(request: StaffRequest) -> HttpResponse:
    """Show every key file of the office, and try each one out on random bytes."""
    found = [_looked_at(name) for name in _names(Path(settings.KYUFU_KEYS_DIR))]
    troubled = [key for key in found if key.problem]
    journal.record(
        actions.KEYS_VIEWED, by=request.user, details={"count": len(found), "code": "trouble" if troubled else "sound"}
    )
    return render(request, "mynumber/keys.html", {"keys": found, "troubled": troubled})


def _names(directory: Path) -> list[str]:
    """Return the keys that the office needs and the further ones that lie there, the numbers' own first."""
    needed = {Path(file).stem for file in KEY_FILES} | {f"{_KEK}{settings.MYNUMBER_KEK_ID}"}
    there = {path.stem for path in directory.glob("*.key")}
    return sorted(needed | there, key=lambda name: (not name.startswith("number-"), name))


def _looked_at(name: str) -> Key:
    path = Path(settings.KYUFU_KEYS_DIR) / f"{name}.key"
    try:
        made_at = datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone())
    except OSError:
        made_at = None
    return Key(name, _purpose(name), made_at, _problem(name))


def _purpose(name: str) -> str:
    if not name.startswith(_KEK):
        return str(PURPOSES.get(name, _("（このシステムでは使いません）")))
    if name == f"{_KEK}{settings.MYNUMBER_KEK_ID}":
        return _("個人番号を封じる（これから入力される番号はこの鍵で封じます）")
    return _("個人番号を開く（以前に封じた番号のための鍵）")


def _problem(name: str) -> str:
    try:
        vault.try_key(name)
    except keyfiles.KeyUnavailableError as unavailable:
        return str(unavailable)
    except vault.KeyBrokenError:
        return _("試しに封じたものが開きません。")
    return ""
