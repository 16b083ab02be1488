"""The demo office's members of staff: one for each role, with passwords that can be shown again.

Only a demo keeps a readable password, in ``KYUFU_HOME/demo/accounts.json`` (0600); everything here refuses to run
elsewhere.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import one_time_codes, staff
from accounts.models import User
from accounts.roles import HANDBOOK, Role

#: Sign-in id, name and section of the member of staff who has a role.
MEMBERS: Mapping[Role, tuple[str, str, str]] = MappingProxyType(
    {
        Role.MAKER: ("maker", "山田 美咲", "地域保健課 難病認定グループ"),
        Role.CONTRACT_MAKER: ("contract", "小川 亮", "委託先（入力センター）"),
        Role.CHECKER: ("checker", "佐藤 健一", "地域保健課 難病認定グループ"),
        Role.NUMBER_VIEWER: ("viewer", "高橋 由紀", "地域保健課 番号管理担当"),
        Role.AUDITOR: ("auditor", "伊藤 誠", "総務課 監査担当"),
        Role.USER_ADMINISTRATOR: ("admin", "中村 恵子", "総務課 システム担当"),
    },
)
_PASSWORD_WORDS = ("kawa", "yama", "sora", "hana", "umi", "mori", "kaze", "tori", "hoshi", "yuki", "ame", "tsuki")


class NotADemoError(RuntimeError):
    """The office is not a demo: it has no passwords to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How to sign in as one member of the demo staff. ``code`` works in ``wait`` seconds (0 = now)."""

    role: str
    role_label: str
    login_id: str
    name: str
    password: str
    code: str
    wait: int
    try_first: str


def hire() -> dict[Role, User]:
    """Add the members of staff who are missing, each with a fresh password and code device; return all by role."""
    _require_demo()
    passwords = _read()
    people = {}
    for role, (login_id, name, section) in MEMBERS.items():
        user = User.objects.filter(login_id=login_id).first()
        if user is None:
            password = _password()
            user = staff.add(login_id=login_id, display_name=name, section=section, roles=[role], password=password)
            one_time_codes.enrol(user)
            passwords[login_id] = password
        people[role] = user
    _write(passwords)
    return people


def accounts() -> list[Account]:
    """Return how to sign in as each member of the demo staff, with a one-time code that is not used up yet."""
    _require_demo()
    passwords = _read()
    found = []
    for role, (login_id, name, _section) in MEMBERS.items():
        user = User.objects.filter(login_id=login_id).first()
        if user is None:
            continue
        code, wait = one_time_codes.next_usable(user)
        duty = HANDBOOK[role]
        found.append(
            Account(
                role=role.value,
                role_label=str(duty.label),
                login_id=login_id,
                name=name,
                password=passwords.get(login_id, _("（不明）")),
                code=code,
                wait=wait,
                try_first=str(duty.first_step),
            )
        )
    return found


def _require_demo() -> None:
    if not settings.DEMO:
        raise NotADemoError(_("デモ環境ではないため、実行できません。"))


def _password() -> str:
    """Return a password of about 60 bits that is easy to type: four words and two numbers."""
    words = "-".join(secrets.choice(_PASSWORD_WORDS) for _word in range(4))
    return f"{words}-{secrets.randbelow(10**7):07d}-{secrets.randbelow(10**7):07d}"


def _file() -> Path:
    return Path(settings.KYUFU_HOME) / "demo" / "accounts.json"


def _read() -> dict[str, str]:
    try:
        passwords: dict[str, str] = json.loads(_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return passwords


def _write(passwords: Mapping[str, str]) -> None:
    _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(dict(passwords), file, ensure_ascii=False, indent=1)
