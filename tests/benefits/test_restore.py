"""A backup brings back what was destroyed since; nothing is served before it is destroyed again (V3)."""

import io
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from psycopg import sql

from accounts.models import User
from accounts.roles import Role
from audit.models import Event
from benefits import deletion
from benefits.models import DeletionCertificate
from config.management.commands import back_up_vault, replay_deletions, restore_office, vacuum_vault
from config.office import databases
from config.office.databases import Address
from config.office.preparation import NotReady, Preparation
from mynumber import deletion_journal, vault
from tests.benefits import letting_go
from tests.conftest import Office, point_django_at
from tests.factories import staff_member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def the_suites_own_server(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The commands speak to the suite's database, whose server runs already; no earlier file of deletions is left."""
    letting_go.no_file()
    for command in (back_up_vault, replay_deletions, restore_office, vacuum_vault):
        monkeypatch.setattr(command, "database", lambda **_options: nullcontext())
    monkeypatch.setattr(databases, "owner", lambda _home: office.owner)
    yield
    letting_go.no_file()


@pytest.fixture
def keepers(db: None) -> tuple[User, User]:
    return staff_member(Role.RECORDS_KEEPER), staff_member(Role.RECORDS_KEEPER)


@pytest.fixture
def restored(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path, bool], None]]:
    """Restore the files of a backup into a database of their own, and let the product work on it."""
    name = f"{office.database}_restored"
    there = {role: replace(getattr(office, role), name=name) for role in ("superuser", "owner", "app")}

    def restore(directory: Path, with_keys: bool) -> None:
        monkeypatch.setattr(databases, "app", lambda _home: there["app"])
        monkeypatch.setattr(databases, "administrator", lambda _home: replace(office.superuser, name="postgres"))
        monkeypatch.setattr(databases, "owner", lambda _home: there["owner"])
        parts = ["office", "wrapped-keys"] if with_keys else ["office"]
        files = [str(path) for part in parts for path in directory.glob(f"{part}-*.dump")]
        call_command("restore_office", *files, stdout=io.StringIO())
        point_django_at(there["app"])

    yield restore
    point_django_at(office.app)
    with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def back_up(directory: Path) -> None:
    call_command("back_up_vault", str(directory), stdout=io.StringIO())


def replay(address: Address, *arguments: str) -> str:
    """Run the command, which speaks as the owner, and let Django be the app again."""
    said = io.StringIO()
    before = dict(connection.settings_dict)
    try:
        call_command("replay_deletions", *arguments, stdout=said)
    finally:
        connections.close_all()
        connection.settings_dict.update(before)
    return said.getvalue()


def test_a_restored_backup_is_not_served_until_the_deletions_are_replayed(
    maker: User,
    checker: User,
    keepers: tuple[User, User],
    office: Office,
    tmp_path: Path,
    restored: Callable[[Path, bool], None],
) -> None:
    gone, stays = (
        letting_go.over(maker, checker),
        letting_go.over(maker, checker, accepted_on="R7.9.20", diagnosed_on="R7.9.1"),
    )
    back_up(tmp_path / "backup")
    held = letting_go.destroyed(*keepers)
    issued = DeletionCertificate.objects.get()

    restored(tmp_path / "backup", True)

    # as it was: the number is there again, and neither list nor certificate
    assert vault.standing(gone.person_id) is not None
    assert not DeletionCertificate.objects.exists()
    preparation = Preparation(lambda _line: None)
    with pytest.raises(NotReady, match="replay_deletions"):
        preparation._look_for_deletions()

    assert "1 件" in replay(office.owner)

    preparation._look_for_deletions()
    assert vault.standing(gone.person_id) is None
    assert vault.standing(stays.person_id) is not None
    again = DeletionCertificate.objects.get()
    assert (again.label, again.list_id, again.person_id) == (issued.label, held.pk, gone.person_id)
    assert again.issued_at == issued.issued_at
    assert again.replayed_at is not None
    assert (again.proposed_by_name, again.approved_by_name) == (issued.proposed_by_name, issued.approved_by_name)
    entry = Event.objects.get(action="mynumber.number.destroyed_again")
    assert (entry.person_id, entry.actor_id) == (gone.person_id, None)

    # a second time there is nothing to do
    events = Event.objects.count()
    assert "ありません" in replay(office.owner)
    assert Event.objects.count() == events


def test_wrapped_keys_are_backed_up_apart_and_nothing_opens_without_them(
    maker: User, checker: User, office: Office, tmp_path: Path, restored: Callable[[Path, bool], None]
) -> None:
    letting_go.over(maker, checker)
    directory = tmp_path / "backup"
    back_up(directory)
    with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as own:
        keys = [bytes(row[0]) for row in own.execute("SELECT wrapped FROM vault.wrapped_key").fetchall()]

    restored(directory, False)

    files = sorted(path.name.rsplit("-", 2)[0] for path in directory.iterdir())
    assert files == ["office", "wrapped-keys"]
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    here = replace(office.superuser, name=f"{office.database}_restored")
    with closing(psycopg.connect(**here.as_psycopg(autocommit=True))) as own:
        assert own.execute("SELECT count(*) FROM vault.wrapped_key").fetchone() == (0,)
        assert own.execute("SELECT count(*) FROM vault.number WHERE body IS NOT NULL").fetchone() == (1,)
    assert keys


def test_a_backup_overwrites_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped:
        @staticmethod
        def localtime() -> Any:
            return letting_go.day("2026-01-01")

    monkeypatch.setattr(back_up_vault, "timezone", Stopped)
    back_up(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(CommandError, match="上書き"):
        back_up(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_missing_truncated_or_changed_file_is_told_of_and_nothing_is_destroyed_meanwhile(
    maker: User, checker: User, keepers: tuple[User, User], office: Office
) -> None:
    letting_go.over(maker, checker)
    letting_go.destroyed(*keepers)
    path = deletion_journal.path()
    whole = path.read_bytes()
    preparation = Preparation(lambda _line: None)

    path.write_bytes(b"")  # cut off
    with pytest.raises(NotReady, match="削除証明書が1件ありません"):
        preparation._look_for_deletions()
    said = json.loads(whole.splitlines()[0])
    said["facts"]["version"] = 2
    path.write_bytes(json.dumps(said).encode() + b"\n")
    with pytest.raises(NotReady, match="1行目"):
        preparation._look_for_deletions()
    with pytest.raises(CommandError, match="1行目"):
        replay(office.owner)
    path.unlink()
    with pytest.raises(NotReady, match="replay_deletions --complete-file"):
        preparation._look_for_deletions()
    application = letting_go.over(maker, checker)
    letting_go.approved(*keepers)
    with pytest.raises(deletion_journal.JournalTrouble):
        deletion.destroy_piece()
    assert deletion.trouble_at_hand()

    assert "1 件を補いました" in replay(office.owner, "--complete-file")

    preparation._look_for_deletions()
    assert vault.standing(application.person_id) is not None


def test_what_was_destroyed_is_in_no_file_of_the_database_after_the_tables_are_written_anew(
    maker: User, checker: User, keepers: tuple[User, User], superuser_connection: psycopg.Connection[Any]
) -> None:
    letting_go.over(maker, checker)
    body, wrapped = superuser_connection.execute(
        "SELECT n.body, w.wrapped FROM vault.number n JOIN vault.wrapped_key w USING (person, version)"
    ).fetchone() or (b"", b"")
    assert body
    assert body in _file(superuser_connection, "vault.number")
    assert wrapped in _file(superuser_connection, "vault.wrapped_key")

    letting_go.destroyed(*keepers)
    call_command("vacuum_vault", stdout=io.StringIO())

    assert body not in _file(superuser_connection, "vault.number")
    assert wrapped not in _file(superuser_connection, "vault.wrapped_key")


def test_the_tables_are_written_anew_again_while_somebody_still_sees_what_was_erased(
    maker: User,
    checker: User,
    keepers: tuple[User, User],
    office: Office,
    superuser_connection: psycopg.Connection[Any],
) -> None:
    letting_go.over(maker, checker)
    (body,) = superuser_connection.execute("SELECT n.body FROM vault.number n").fetchone() or (b"",)
    with closing(psycopg.connect(**office.superuser.as_psycopg())) as onlooker:
        onlooker.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        onlooker.execute("SELECT 1")  # a look at the database as it was
        letting_go.destroyed(*keepers)
        with ThreadPoolExecutor(1) as pool:
            written = pool.submit(call_command, "vacuum_vault", stdout=io.StringIO())
            time.sleep(0.5)
            assert not written.done()
            onlooker.rollback()
            written.result(30)

    assert body not in _file(superuser_connection, "vault.number")


def _file(superuser: psycopg.Connection[Any], table: str) -> bytes:
    """Return the bytes of a table's file as they lie on the disk."""
    superuser.execute("CHECKPOINT")
    row = superuser.execute(
        "SELECT pg_read_binary_file(current_setting('data_directory') || '/' || pg_relation_filepath(%s::regclass))",
        [table],
    ).fetchone()
    assert row is not None
    return bytes(row[0])
