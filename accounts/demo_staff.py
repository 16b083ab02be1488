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

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import one_time_codes, scopes, staff
from accounts.models import User
from accounts.roles import HANDBOOK, Role


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the demo staff. ``office`` is the health centre that the duty is limited to ("" = none)."""

    role: Role
    login_id: str
    name: str
    section: str
    office: str = ""


_CASEWORK = "地域保健課 難病認定グループ"
#: One for each role, and a second of those of whom one proposes and the other approves. The section's head
#: answers for the maker and the checker.
MEMBERS: tuple[Member, ...] = (
    Member(Role.INTAKE, "intake", "渡辺 直子", "中央保健所 健康支援課", office="CHUO"),
    Member(Role.MAKER, "maker", "山田 美咲", _CASEWORK),
    Member(Role.CONTRACT_MAKER, "contract", "小川 亮", "委託先（入力センター）"),
    Member(Role.CHECKER, "checker", "佐藤 健一", _CASEWORK),
    Member(Role.ISSUER, "issuer", "小林 真由", "地域保健課 発行担当"),
    Member(Role.NUMBER_VIEWER, "viewer", "高橋 由紀", "地域保健課 番号管理担当"),
    Member(Role.AUDITOR, "auditor", "伊藤 誠", "総務課 監査担当"),
    Member(Role.SECTION_HEAD, "head", "加藤 正", _CASEWORK),
    Member(Role.USER_ADMINISTRATOR, "admin", "中村 恵子", "総務課 システム担当"),
    Member(Role.USER_ADMINISTRATOR, "admin2", "松本 浩", "総務課 システム担当"),
    Member(Role.RECORDS_KEEPER, "keeper", "吉田 隆", "総務課 文書担当"),
    Member(Role.RECORDS_KEEPER, "keeper2", "井上 由美", "総務課 文書担当"),
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
    """Add the members of staff who are missing, each with a fresh password and code device; return one of each role.

    The passwords are as good as changed already: the demo shows them and does not ask for others at once.
    """
    _require_demo()
    passwords = _read()
    people: dict[Role, User] = {}
    for member in MEMBERS:
        user = User.objects.filter(login_id=member.login_id).first()
        if user is None:
            password = _password()
            user = staff.add(
                login_id=member.login_id,
                display_name=member.name,
                section=member.section,
                roles=[member.role],
                password=password,
                office=member.office,
            )
            one_time_codes.enrol(user)
            passwords[member.login_id] = password
        people.setdefault(member.role, user)
    _write(passwords)
    return people


def accounts() -> list[Account]:
    """Return how to sign in as each member of the demo staff, with a one-time code that is not used up yet."""
    _require_demo()
    passwords = _read()
    found = []
    for member in MEMBERS:
        user = User.objects.filter(login_id=member.login_id).first()
        if user is None:
            continue
        code, wait = one_time_codes.next_usable(user)
        duty = HANDBOOK[member.role]
        office = scopes.office_name(member.office)
        found.append(
            Account(
                role=member.role.value,
                role_label=f"{duty.label}（{office}）" if office else str(duty.label),
                login_id=member.login_id,
                name=member.name,
                password=passwords.get(member.login_id, _("（不明）")),
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
