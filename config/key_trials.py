"""The office's keys, each tried out: those of My Numbers with their provider, the others as files.

No key is handed on from here, nor anything made from one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from audit import keyfiles
from config.office.keys import KEY_FILES
from mynumber import key_operations, key_trials, keys
from mynumber.key_operations import Kek, KekState

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
_KEK_PURPOSES: Mapping[KekState, Promise] = MappingProxyType(
    {
        KekState.CURRENT: gettext_lazy("個人番号を封じる（これから入力される番号はこの鍵で封じます）"),
        KekState.OLD: gettext_lazy("個人番号を開く（以前に封じた番号のための鍵）"),
        KekState.RETIRED: gettext_lazy("破棄したはずの鍵（もう使いません。控えから戻っていたら消してください）"),
    }
)
_OF_NUMBERS = "number-"


@dataclass(frozen=True, slots=True)
class Key:
    """One key as the page shows it. ``problem`` is "" for one that has passed its test a moment ago.

    ``kek`` is what the database knows of a key-encryption key; it has none for one that never sealed anything.
    """

    name: str
    purpose: str
    made_at: datetime | None
    problem: str
    kek_id: int | None = None
    kek: Kek | None = None

    @property
    def days(self) -> int | None:
        """Return how old it is."""
        return (timezone.now() - self.made_at).days if self.made_at else None

    @property
    def is_too_old(self) -> bool:
        """Say whether another key should seal by now."""
        is_sealing = self.kek is not None and self.kek.state is KekState.CURRENT
        return is_sealing and 0 < settings.KYUFU_KEK_DAYS < (self.days or 0)


def try_all() -> list[Key]:
    """Try out every key of the office, keep what came of it, and return them, the numbers' own first."""
    found = [*_of_numbers(), *_files()]
    for key in found:
        key_trials.note(key.name, key.problem)
    return found


def try_daily() -> bool:
    """Try out every key once a day, and return whether the day had come. A labour of ``config.worker``."""
    return key_trials.try_daily(lambda: [key.name for key in try_all() if key.problem])


def _of_numbers() -> list[Key]:
    keks = {kek.id: kek for kek in key_operations.keks()}
    return [_of_number(key, keks.get(key.kek_id or 0)) for key in key_trials.health()]


def _of_number(key: keys.Key, kek: Kek | None) -> Key:
    if key.kek_id is None:
        purpose = str(PURPOSES[key.name])
    elif kek is None:
        purpose = _("使っていない鍵（何も封じていません）")
    else:
        purpose = str(_KEK_PURPOSES[kek.state])
    # a file that was put back from a copy looks younger than the key is
    dates = [day for day in (key.made_at, kek.made_at if kek else None) if day is not None]
    return Key(key.name, purpose, min(dates, default=None), key.problem, key.kek_id, kek)


def _files() -> list[Key]:
    """Look at the key files that the office needs besides, and at further ones that lie there."""
    directory = Path(settings.KYUFU_KEYS_DIR)
    needed = {Path(file).stem for file in KEY_FILES if not file.startswith(_OF_NUMBERS)}
    there = {path.stem for path in directory.glob("*.key")}
    if keys.keeps_files():
        there = {name for name in there if not name.startswith(_OF_NUMBERS)}
    return [_file(directory / f"{name}.key") for name in sorted(needed | there)]


def _file(path: Path) -> Key:
    try:
        made_at = datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone())
    except OSError:
        made_at = None
    purpose = str(PURPOSES.get(path.stem, _("（このシステムでは使いません）")))
    return Key(path.stem, purpose, made_at, _problem(path.stem))


def _problem(name: str) -> str:
    try:
        return "" if keyfiles.is_sound(name) else _("試しに封じたものが開きません。")
    except keyfiles.KeyUnavailableError as unavailable:
        return str(unavailable)
