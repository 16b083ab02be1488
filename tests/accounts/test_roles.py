"""Who may do what stands in one table; nothing lifts it, and nobody watches themselves (A1, A3, V2, V7)."""

import ast
import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.contrib.auth.management.commands.createsuperuser import Command as CreateSuperuser
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts import staff
from accounts.models import CodeDevice, RoleAssignment, User
from accounts.roles import CONFLICTS, HANDBOOK, Role, conflict_within, permissions_of
from accounts.scopes import Reach
from audit.models import ActorLabel
from mynumber import vault
from tests.architecture.sources import modules
from tests.factories import PASSWORD, staff_member
from tests.rights import give

APPS = ("accounts", "audit", "benefits", "mynumber", "config")
ALLOWED = frozenset(name for duty in HANDBOOK.values() for name in duty.permissions)
NUMBERS = {vault.REVEAL_PERMISSION, vault.TYPE_PERMISSION, vault.RETYPE_PERMISSION}


def views(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[Any]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns)
        else:
            yield pattern.callback


def words_of_the_code() -> set[str]:
    """Return every string that the product's code and templates hold, the handbook left out."""
    found = set()
    for path, tree in modules().items():
        if not path.endswith("roles.py"):
            found |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {word for word in found if isinstance(word, str)}


# ── the handbook ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_role_has_a_duty_in_words() -> None:
    assert set(HANDBOOK) == set(Role)
    for duty in HANDBOOK.values():
        assert duty.permissions
        assert str(duty.label)
        assert str(duty.sentence).endswith("。")
        assert str(duty.first_step)
    assert len({str(duty.label) for duty in HANDBOOK.values()}) == len(Role)


def test_every_permission_that_a_page_asks_for_is_in_the_handbook() -> None:
    asked = {name for view in views() for name in getattr(view, "required_permissions", ())}

    assert asked
    assert asked <= ALLOWED


def test_every_permission_in_the_handbook_is_asked_for_somewhere() -> None:
    assert words_of_the_code() >= ALLOWED


def test_every_word_of_the_code_that_looks_like_a_permission_is_in_the_handbook() -> None:
    prefixes = (
        "enter_",
        "export_",
        "prune_event",
        "watch",
        "submit_",
        "decide_",
        "view_",
        "reveal_",
        "type_",
        "retype_",
        "change_",
        "answer_",
        "move_",
        "keep_",
        "destroy_",
        "apply_",
        "correct_",
        "delete_",
        "find_",
        "hold_",
        "import_",
        "print_",
        "protect_",
        "release_",
        "review_",
        "work_",
    )
    looks_like_one = {
        word
        for word in words_of_the_code()
        if word.count(".") == 1 and word.split(".")[0] in APPS and word.split(".")[1].startswith(prefixes)
    }

    assert looks_like_one == ALLOWED


def test_nobody_has_more_than_one_hand_on_a_number() -> None:
    for duty in HANDBOOK.values():
        assert len(duty.permissions & NUMBERS) <= 1
    assert {role for role, duty in HANDBOOK.items() if vault.REVEAL_PERMISSION in duty.permissions} == {
        Role.NUMBER_VIEWER
    }


def test_a_contractor_meets_no_number_and_submits_nothing() -> None:
    permissions = HANDBOOK[Role.CONTRACT_MAKER].permissions

    assert not permissions & NUMBERS
    assert permissions == {"audit.view_own_event", "benefits.enter_application", "benefits.view_own_application"}


def test_the_record_is_read_by_auditors_alone() -> None:
    assert {role for role, duty in HANDBOOK.items() if "audit.view_event" in duty.permissions} == {Role.AUDITOR}


# ── what somebody may ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_somebody_may_what_their_role_says_and_nothing_else(role: Role) -> None:
    somebody = staff_member(role)

    assert {name for name in ALLOWED if somebody.has_perm(name)} == HANDBOOK[role].permissions
    assert somebody.has_perms(HANDBOOK[role].permissions)
    assert not somebody.has_perms(ALLOWED)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["", "benefits", "benefits.*", "benefits.anything", "accounts.add_user", "*", "admin"]
)
def test_a_permission_that_no_role_has_is_nobodys(name: str) -> None:
    assert not any(staff_member(role).has_perm(name) for role in Role)


@pytest.mark.django_db
def test_several_roles_allow_what_each_of_them_allows() -> None:
    both = staff_member(Role.MAKER, Role.CHECKER)

    assert permissions_of(both.roles) == HANDBOOK[Role.MAKER].permissions | HANDBOOK[Role.CHECKER].permissions
    assert both.role_labels == "入力担当者・確認者"


@pytest.mark.django_db
def test_somebody_without_a_role_may_nothing() -> None:
    somebody = staff_member()

    assert not any(somebody.has_perm(name) for name in ALLOWED)
    assert somebody.role_labels == ""


@pytest.mark.django_db
def test_somebody_who_was_stopped_may_nothing(superuser_connection: psycopg.Connection[Any]) -> None:
    for role in Role:
        somebody = staff_member(role)
        superuser_connection.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [somebody.pk])

        stopped = User.objects.get(pk=somebody.pk)

        assert not any(stopped.has_perm(name) for name in ALLOWED)


@pytest.mark.django_db
def test_somebody_past_their_last_day_may_nothing(superuser_connection: psycopg.Connection[Any]) -> None:
    today = timezone.localdate()
    somebody = staff_member(Role.MAKER)
    for last_day, may in ((today, True), (today - timedelta(1), False)):
        superuser_connection.execute(
            "UPDATE accounts_user SET valid_until = %s WHERE id = %s", [last_day, somebody.pk]
        )

        assert User.objects.get(pk=somebody.pk).has_perm("benefits.enter_application") is may


@pytest.mark.django_db
def test_a_right_says_how_far_it_goes() -> None:
    somebody = give(staff_member(Role.CHECKER, office="CHUO"), Role.ISSUER, office="KITA", programme="NANBYO")

    assert somebody.reach("benefits.decide_application") == [Reach("CHUO", "")]
    assert set(somebody.reach("benefits.view_certificate")) == {Reach("CHUO", ""), Reach("KITA", "NANBYO")}
    assert somebody.reach("audit.view_event") == []


@pytest.mark.django_db
def test_roles_are_looked_up_once_per_request(django_assert_num_queries: Any) -> None:
    somebody = staff_member(Role.MAKER)

    with django_assert_num_queries(1):
        for name in ALLOWED:
            somebody.has_perm(name)


# ── nobody is all-powerful ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_there_is_no_superuser_no_staff_flag_and_no_permission_of_ones_own() -> None:
    columns = {field.name for field in User._meta.get_fields()}

    assert not columns & {"is_superuser", "is_staff", "is_admin", "groups", "user_permissions"}
    for name in ("is_superuser", "is_staff", "user_permissions", "groups"):
        assert not hasattr(User(), name)
    for name in ("create_superuser", "create_user", "acreate_superuser", "with_perm"):
        assert not hasattr(User.objects, name)
    somebody = staff_member()
    for name in ("is_superuser", "is_staff"):
        setattr(somebody, name, True)
    assert not any(somebody.has_perm(name) for name in ALLOWED)


@pytest.mark.django_db
def test_djangos_command_for_superusers_makes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    monkeypatch.setattr(CreateSuperuser, "requires_system_checks", [])

    with pytest.raises((AttributeError, TypeError)):
        call_command("createsuperuser", interactive=False, login_id="root.user", display_name="root", verbosity=0)

    assert not User.objects.filter(login_id="root.user").exists()


def test_no_backend_grants_anything() -> None:
    from django.contrib.auth import get_backends

    for backend in get_backends():
        granted = getattr(backend, "get_all_permissions", None)
        assert granted is None or granted(User()) == set()
        assert not getattr(backend, "has_perm", lambda *_: False)(User(), "benefits.decide_application")


#: What the role that serves might say, and what stops it. ``{me}`` is somebody with a duty, ``{other}`` a colleague.
FORBIDDEN = [
    (
        "INSERT INTO accounts_user (password, login_id, display_name, section, is_active)"
        " VALUES ('!', 'xxx', 'x', '', true)",
        "person_is_hired_by_proposal",
    ),
    (
        "INSERT INTO accounts_roleassignment (user_id, role) VALUES ({me}, 'SECTION_HEAD')",
        "right_follows_a_proposal",
    ),
    (
        "INSERT INTO accounts_roleassignment (user_id, role) VALUES ({me}, 'NUMBER_VIEWER')",
        "roles_of_one_person_do_not_conflict",
    ),
    (
        "UPDATE accounts_roleassignment SET role = 'ISSUER' WHERE user_id = {me}",
        "right_is_ended_and_never_changed",
    ),
    ("UPDATE accounts_roleassignment SET user_id = {other} WHERE user_id = {me}", "right_is_ended_and_never_changed"),
    ("UPDATE accounts_roleassignment SET office = 'KITA' WHERE user_id = {me}", "right_is_ended_and_never_changed"),
    (
        "UPDATE accounts_roleassignment SET suspended_at = now() WHERE user_id = {me}",
        "right_is_suspended_by_an_unanswered_review",
    ),
    ("DELETE FROM accounts_roleassignment", "permission denied"),
    ("UPDATE accounts_user SET is_active = true WHERE id = {stopped}", "person_returns_by_proposal"),
    ("UPDATE accounts_user SET is_active = false WHERE id = {me}", "person_change_is_on_record"),
    ("UPDATE accounts_user SET valid_until = '2099-12-31' WHERE id = {me}", "person_returns_by_proposal"),
    ("UPDATE accounts_user SET password = 'x' WHERE id = {me}", "person_change_is_on_record"),
    ("UPDATE accounts_user SET must_change_password = 'RESET' WHERE id = {me}", "person_change_is_on_record"),
    ("UPDATE accounts_user SET login_id = 'xxx' WHERE id = {me}", "person_stays_who_they_are"),
    ("UPDATE accounts_user SET is_emergency = true WHERE id = {me}", "person_stays_who_they_are"),
    ("UPDATE accounts_user SET display_name = 'x' WHERE id = {me}", "person_moves_by_proposal"),
    ("UPDATE accounts_user SET section = 'x' WHERE id = {me}", "person_moves_by_proposal"),
    ("DELETE FROM accounts_user", "permission denied"),
    ("TRUNCATE accounts_user CASCADE", "permission denied"),
    ("UPDATE accounts_codedevice SET sealed_seed = '' WHERE user_id = {me}", "factor_change_is_on_record"),
    (
        "UPDATE accounts_codedevice SET user_id = {other}, confirmed = false WHERE user_id = {me}",
        "factor_change_is_on_record",
    ),
    ("UPDATE accounts_codedevice SET confirmed = false WHERE user_id = {me}", "factor_change_is_on_record"),
    (
        "INSERT INTO accounts_codedevice (name, confirmed, user_id, sealed_seed, last_step, throttling_failure_count)"
        " VALUES ('', false, {me}, '', -1, 0)",
        "factor_change_is_on_record",
    ),
    ("DELETE FROM accounts_codedevice WHERE user_id = {me}", "factor_change_is_on_record"),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("statement", "refusal"), FORBIDDEN, ids=[statement for statement, _refusal in FORBIDDEN])
def test_the_serving_role_alone_hires_nobody_gives_nobody_a_duty_and_changes_nobody(
    statement: str, refusal: str, superuser_connection: psycopg.Connection[Any]
) -> None:
    people = {"me": staff_member(Role.MAKER).pk, "other": staff_member().pk, "stopped": staff_member().pk}
    superuser_connection.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [people["stopped"]])

    with pytest.raises(DatabaseError, match=refusal), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(**people))


@pytest.mark.django_db
def test_people_are_stopped_and_never_deleted() -> None:
    somebody = staff_member()

    with pytest.raises(TypeError, match="never deleted"):
        somebody.delete()

    assert User.objects.filter(pk=somebody.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_the_database_does_not_let_go_of_somebody_with_a_duty(owner_connection: psycopg.Connection[Any]) -> None:
    somebody = staff_member(Role.MAKER)

    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        owner_connection.execute("DELETE FROM accounts_user WHERE id = %s", [somebody.pk])


def test_somebody_in_hand_shows_no_name() -> None:
    somebody = User(pk=7, login_id="yamada", display_name="山田 美咲")

    assert f"{somebody!s} {somebody!r}" == "user 7 <User: user 7>"
    assert "山田" not in str(RoleAssignment(user=somebody, role="MAKER"))
    assert "山田" not in str(CodeDevice(pk=1, user=somebody))


# ── hiring ───────────────────────────────────────────────────────────────────────────────────────────────────────


def hired(*roles: Role, **changes: Any) -> User:
    parts = {"login_id": "new.person", "display_name": "新田 望", "section": "見本課", "password": PASSWORD, **changes}
    return staff.add(roles=roles, **parts)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pair", sorted(CONFLICTS, key=sorted), ids=lambda pair: "+".join(sorted(pair)))
def test_nobody_is_hired_who_would_watch_or_undo_their_own_work(
    pair: frozenset[Role], as_owner: Callable[[], Any]
) -> None:
    with as_owner():
        for extra in ((), tuple(Role)):
            with pytest.raises(staff.ConflictError, match="1人が兼ねることができません"):
                hired(*pair, *extra)

        assert not User.objects.filter(login_id="new.person").exists()


@pytest.mark.django_db(transaction=True)
def test_every_other_pair_of_duties_can_be_held_together(as_owner: Callable[[], Any]) -> None:
    pairs = [pair for pair in itertools.combinations(Role, 2) if frozenset(pair) not in CONFLICTS]

    together = {role: {other for pair in pairs if role in pair for other in pair if other != role} for role in Role}
    assert together == {
        Role.INTAKE: {Role.MAKER, Role.CHECKER, Role.ISSUER, Role.SECTION_HEAD, Role.RECORDS_KEEPER},
        Role.MAKER: {Role.INTAKE, Role.CHECKER, Role.ISSUER, Role.SECTION_HEAD, Role.RECORDS_KEEPER},
        Role.CONTRACT_MAKER: {Role.RECORDS_KEEPER},
        Role.CHECKER: {Role.INTAKE, Role.MAKER, Role.ISSUER, Role.SECTION_HEAD, Role.RECORDS_KEEPER},
        Role.ISSUER: {
            *(Role.INTAKE, Role.MAKER, Role.CHECKER, Role.NUMBER_VIEWER, Role.AUDITOR),
            *(Role.SECTION_HEAD, Role.RECORDS_KEEPER),
        },
        Role.NUMBER_VIEWER: {Role.ISSUER},
        Role.AUDITOR: {Role.ISSUER, Role.SECTION_HEAD, Role.USER_ADMINISTRATOR, Role.RECORDS_KEEPER},
        Role.SECTION_HEAD: {
            *(Role.INTAKE, Role.MAKER, Role.CHECKER, Role.ISSUER, Role.AUDITOR, Role.RECORDS_KEEPER),
        },
        Role.USER_ADMINISTRATOR: {Role.AUDITOR},
        Role.RECORDS_KEEPER: set(Role) - {Role.RECORDS_KEEPER, Role.NUMBER_VIEWER, Role.USER_ADMINISTRATOR},
    }
    with as_owner():
        for number, pair in enumerate(pairs):
            assert set(hired(*pair, login_id=f"pair.{number}").roles) == set(pair)


def test_each_role_alone_is_no_conflict_and_all_together_are() -> None:
    assert [conflict_within([role]) for role in Role] == [None] * len(Role)
    assert conflict_within(Role) is not None
    assert conflict_within([]) is None


@pytest.mark.django_db(transaction=True)
def test_who_is_hired_has_a_hashed_password_a_name_in_the_record_and_no_second_account(
    as_owner: Callable[[], Any],
) -> None:
    with as_owner():
        somebody = hired(Role.MAKER)
        with pytest.raises(ValidationError):
            hired(Role.CHECKER)

    assert PASSWORD not in somebody.password
    assert somebody.check_password(PASSWORD)
    label = ActorLabel.objects.get(pk=somebody.pk)
    assert (label.name, label.login_id) == ("新田 望", "new.person")
    assert User.objects.filter(login_id="new.person").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("login_id", ["", "ab", "1abc", "New", "山田", "a b c", "a" * 41, "root\n", "a@b"])
def test_a_sign_in_id_is_plain(login_id: str, as_owner: Callable[[], Any]) -> None:
    with as_owner(), pytest.raises(ValidationError):
        hired(login_id=login_id)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("role", "constraint"), [("MAKER", "role_is_given_once"), ("EMPEROR", "role_is_known"), ("", "role_is_known")]
)
def test_the_database_refuses_an_unknown_duty_or_one_given_twice(
    role: str, constraint: str, as_owner: Callable[[], Any]
) -> None:
    somebody = staff_member(Role.MAKER)

    with as_owner(), pytest.raises(IntegrityError, match=constraint):
        RoleAssignment.objects.create(user=somebody, role=role)
