"""Draw who may do what as a document: ``manage.py draw_permissions > docs/permissions.md``."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from accounts.roles import CONFLICTS, HANDBOOK, PERMISSIONS, Role
from config.access import ACCESS

HEAD = """\
# 役割と権限 / Roles and permissions

この文書は `accounts/roles.py`（役割）と `config/access.py`（画面）の表から作られています
（`manage.py draw_permissions > docs/permissions.md`）。
だれがどの役割を持つかはデータで、「役割と権限」の画面に出ます。

This document is drawn from the tables in `accounts/roles.py` and `config/access.py`. Who holds which role is data: the
page 役割と権限 shows it. A role can be given for one health centre, one programme, one network and a period; behind a
gate, each person meets only what their rights reach, and what is hidden answers 404, on record as refused.
"""

ROLES = """
## 役割 / Roles

| 役割 / Role | 仕事 / Duty | 範囲 / Limits |
| --- | --- | --- |
"""

MATRIX = """
## できること / What each role may do

"""

CONFLICT = """
## 兼ねられない役割 / Roles that nobody holds together

データベースも同じ表を持ち、兼務を拒みます。 / The database holds the same table and refuses them.

"""

PAGES = """
## 画面と役割 / Addresses and roles

「●」の役割だけが、書いてある操作（GET は見る、POST は送る）をできます。ほかの操作には405、ほかの役割には403を返し、
拒んだことを記録します。「公開」はサインインの前の画面、「全職員」は自分のものだけを扱う画面です。

Only a role marked ● gets in, with the methods written; another method is answered with 405, another role with 403 and
an entry in the record. 公開 needs no sign-in; 全職員 is for whoever is signed in and shows what is their own.

"""


class Command(BaseCommand):
    help = "役割と権限の表を文書にして書き出す"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")


def document() -> str:
    """Return the handbook, the conflicts and the address space as tables."""
    with translation.override("ja"):
        parts = [HEAD, ROLES, *_roles(), MATRIX, *_matrix(), CONFLICT, *_conflicts(), PAGES, *_pages()]
    return "".join(parts)


def _roles() -> Iterator[str]:
    for role, duty in HANDBOOK.items():
        limits = [
            *(["1つの保健所 / one health centre"] if duty.needs_office else []),
            *(["個人番号を扱うネットワーク / the number-use networks"] if duty.is_for_number_segment else []),
        ]
        yield _row([f"{duty.label} `{role}`", str(duty.sentence), "、".join(limits) or "―"])


def _matrix() -> Iterator[str]:
    yield from _head(["できること / Permission", *_labels()])
    for permission, words in PERMISSIONS.items():
        marks = ["●" if permission in duty.permissions else "" for duty in HANDBOOK.values()]
        yield _row([f"{words} `{permission}`", *marks])


def _conflicts() -> Iterator[str]:
    labels = _labels()
    order = list(HANDBOOK)
    yield from _head(["", *labels])
    for role, label in zip(order, labels, strict=True):
        yield _row([label, *("×" if frozenset({role, other}) in CONFLICTS else "" for other in order)])


def _pages() -> Iterator[str]:
    routes = dict(_routes(get_resolver().url_patterns))
    yield from _head(["画面 / Address", "操作 / Methods", *_labels()])
    for name, access in ACCESS.items():
        if access.is_public:
            marks = ["公開", *[""] * (len(Role) - 1)]
        elif access.is_for_all_staff:
            marks = ["全職員", *[""] * (len(Role) - 1)]
        else:
            marks = ["●" if access.lets_in(role) else "" for role in HANDBOOK]
        yield _row([f"`/{routes[name]}` {name}", " ".join(sorted(access.methods)), *marks])


def _routes(patterns: Iterable[URLPattern | URLResolver], space: str = "", at: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = f"{at}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space, route)
        else:
            yield f"{space}{pattern.name}", route


def _labels() -> list[str]:
    return [str(duty.label) for duty in HANDBOOK.values()]


def _head(cells: list[str]) -> Iterator[str]:
    yield _row(cells)
    yield _row(["---"] * len(cells))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
