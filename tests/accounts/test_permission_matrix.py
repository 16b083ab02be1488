"""The matrix of rights that is committed is the one that the code holds (A1)."""

from io import StringIO

from django.core.management import call_command

from accounts.roles import CONFLICTS, HANDBOOK, PERMISSIONS, Role
from config.access import ACCESS
from tests.architecture.sources import ROOT

WRITTEN = ROOT / "docs" / "permissions.md"


def drawn() -> str:
    out = StringIO()
    call_command("draw_permissions", stdout=out)
    return out.getvalue()


def cells_of(text: str, beginning: str) -> list[str]:
    """Return the cells of the one row that begins with ``beginning``."""
    (row,) = (line for line in text.splitlines() if line.startswith(f"| {beginning}"))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_the_matrix_in_the_documents_is_what_the_tables_draw() -> None:
    assert WRITTEN.read_text(encoding="utf-8") == drawn(), (
        "draw it again: manage.py draw_permissions > docs/permissions.md"
    )


def test_every_permission_has_a_row_that_marks_exactly_the_roles_that_have_it() -> None:
    text = drawn()

    for permission, words in PERMISSIONS.items():
        _words, *marks = cells_of(text, f"{words} `{permission}`")
        assert marks == ["●" if permission in duty.permissions else "" for duty in HANDBOOK.values()]


def test_everything_that_a_role_permits_is_in_the_list_of_permissions_and_the_reverse() -> None:
    assert {name for duty in HANDBOOK.values() for name in duty.permissions} == set(PERMISSIONS)


def test_every_address_has_a_row_that_marks_exactly_the_roles_that_get_in() -> None:
    rows = [line for line in drawn().splitlines() if line.startswith("| `/")]

    assert len(rows) == len(ACCESS)
    for row, (name, access) in zip(rows, ACCESS.items(), strict=True):
        address, methods, *marks = (cell.strip() for cell in row.strip("|").split("|"))
        assert address.endswith(f" {name}")
        assert set(methods.split()) == access.methods
        if access.permissions:
            assert [bool(mark) for mark in marks] == [access.lets_in(role) for role in HANDBOOK]
        else:
            assert marks[0] in {"公開", "全職員"}


def test_every_pair_that_conflicts_is_crossed_twice() -> None:
    part = drawn().split("## 兼ねられない役割")[1].split("## 画面と役割")[0]

    assert part.count("×") == 2 * len(CONFLICTS)


def test_every_role_is_described_with_what_it_can_be_limited_to() -> None:
    text = drawn()

    for role in Role:
        _label, sentence, limits = cells_of(text, f"{HANDBOOK[role].label} `{role}`")
        assert sentence == str(HANDBOOK[role].sentence)
        assert (limits != "―") is (HANDBOOK[role].needs_office or HANDBOOK[role].is_for_number_segment)
