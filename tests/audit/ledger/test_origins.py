"""A name of the ledger is followed by another only when two people say so, and both can be told apart for ever."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.actions import PASSWORD_REFUSED
from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.ledger import notes
from audit.models import Event
from audit.sealing import anchors, batches as sealing, origins, renewal, signing
from config.management.commands import renew_origin
from tests.audit.ledger.test_signing import forget_the_last
from tests.conftest import Office
from tests.factories import PASSWORD, fresh_code, staff_member
from tests.sealing import seal_all, start_over

pytestmark = pytest.mark.django_db(transaction=True)

Sealer = psycopg.Connection[Any]
REASON = "情セ第12号 控えからの復元"


@pytest.fixture
def sealer(office: Office, db: None) -> Iterator[Sealer]:
    start_over()
    with closing(psycopg.connect(**office.sealer.as_psycopg(autocommit=True))) as own:
        yield own
    start_over()


@pytest.fixture
def place() -> Path:
    return Path(settings.KYUFU_SEALER_DIR)


@pytest.fixture
def two() -> tuple[User, User]:
    return staff_member(Role.AUDITOR), staff_member(Role.RECORDS_KEEPER)


@pytest.fixture
def renew(office: Office, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run the command with two people at the terminal, who answer what they know."""

    def run(*people: User, options: tuple[str, ...] = (), answers: list[str] | None = None) -> str:
        typed = answers or [answer for person in people for answer in (PASSWORD, fresh_code(person))]
        monkeypatch.setattr(renew_origin, "getpass", lambda _prompt: typed.pop(0))
        monkeypatch.setattr(renew_origin.Command, "sealer", staticmethod(lambda: office.sealer))
        monkeypatch.setattr(renew_origin, "database", _here)
        said: list[str] = []
        out = type("Out", (), {"write": lambda _self, text: said.append(text), "isatty": lambda _self: False})()
        call_command("renew_origin", *[person.login_id for person in people], "--reason", REASON, *options, stdout=out)
        return "".join(said)

    return run


@contextmanager
def _here() -> Iterator[None]:
    yield


def write(office: Office, count: int = 1) -> int:
    journal.record_all([journal.Entry(action="audit.log.searched", by=None) for _one in range(count)])
    return seal_all(office)


def test_a_name_is_the_offices_and_nobody_elses() -> None:
    one, other = (origins.new_name("見本県 健康+医療部", is_demo=False) for _time in range(2))
    assert one != other
    assert one.startswith("kyufu/見本県健康医療部/")
    assert origins.new_name("見本県", is_demo=True).startswith("kyufu-demo/")
    notes.SigningKey(one, b"x" * 32)  # a name that a key may have


def test_the_first_name_is_made_once(office: Office, sealer: Sealer, place: Path) -> None:
    first = origins.ensure(sealer, place)
    assert origins.ensure(sealer, place) == first
    assert str(first.key) == first.vkey
    assert first.after_origin is None


def test_after_an_older_copy_was_restored_two_people_begin_a_name_that_goes_on_from_what_is_left(
    office: Office,
    sealer: Sealer,
    place: Path,
    two: tuple[User, User],
    renew: Callable[..., str],
    superuser_connection: psycopg.Connection[Any],
) -> None:
    kept = write(office, 3)
    old = origins.current(sealer)
    assert old is not None
    lost = write(office, 4)
    forget_the_last(superuser_connection, kept)
    with pytest.raises(signing.SigningRefusedError):
        signing.sign(sealer, place)
    told = renew(*two)
    assert f"署名した {lost - kept} 件が台帳にない" in told
    new = origins.current(sealer)
    assert new is not None
    assert (new.after_origin, new.after_size) == (old.name, kept)
    assert new.key.public == old.key.public
    size = seal_all(office)
    note = anchors.newest_note(sealer)
    assert note is not None
    assert notes.open_checkpoint(note, [new.key]).size == size
    # the entries of both people name both, so that the verifier believes the citation
    entries = Event.objects.filter(action="audit.seal.origin_renewed").order_by("at")
    assert [entry.actor_id for entry in entries] == [person.pk for person in two]
    assert {entry.reason for entry in entries} == {REASON}
    for entry in entries:
        assert entry.details["origin"] == new.name
        assert entry.details["after_origin"] == old.name
        assert entry.details["after_size"] == kept
        assert new.after_root is not None
        assert entry.details["after_root"] == new.after_root.hex()
    # what the anchors hold of the branch that was given up is told apart from tampering
    assert anchors.check([Path(one) for one in settings.KYUFU_ANCHORS], sealer) == []


def test_a_planned_change_of_the_key_is_signed_by_both_keys(
    office: Office, sealer: Sealer, place: Path, two: tuple[User, User], renew: Callable[..., str]
) -> None:
    write(office, 3)
    old = origins.current(sealer)
    renew(*two, options=("--new-key",))
    seal_all(office)
    new, note = origins.current(sealer), anchors.newest_note(sealer)
    assert old is not None and new is not None and note is not None  # noqa: PT018  (for the type checker)
    assert new.key.public != old.key.public
    assert notes.open_note(note, [old.key]).signed_by == (old.key,)
    assert notes.open_note(note, [new.key]).signed_by == (new.key,)
    assert not (place / origins.FORMER_KEY_FILE).exists()
    write(office)
    second = anchors.newest_note(sealer)
    assert second is not None
    with pytest.raises(notes.BadSignatureError):
        notes.open_note(second, [old.key])


def test_a_key_that_was_lost_or_stolen_signs_nothing_more(
    office: Office, sealer: Sealer, place: Path, two: tuple[User, User], renew: Callable[..., str]
) -> None:
    write(office, 3)
    old = origins.current(sealer)
    (place / origins.KEY_FILE).unlink()
    with pytest.raises(CommandError, match="--new-key"):
        renew(*two)
    renew(*two, options=("--new-key", "--lost"))
    seal_all(office)
    note = anchors.newest_note(sealer)
    assert note is not None
    assert old is not None
    with pytest.raises(notes.BadSignatureError):
        notes.open_note(note, [old.key])


def test_a_state_that_is_gone_is_mended_by_two(
    office: Office, sealer: Sealer, place: Path, two: tuple[User, User], renew: Callable[..., str]
) -> None:
    write(office, 3)
    (place / signing.STATE_FILE).unlink()
    renew(*two)
    assert signing.sign(sealer, place) is not None


def test_a_tree_that_was_rewritten_goes_on_from_the_last_checkpoint_that_fits(
    office: Office, sealer: Sealer, place: Path, superuser_connection: psycopg.Connection[Any]
) -> None:
    first = write(office, 3)
    write(office, 3)
    with closing(superuser_connection.cursor()) as cursor:
        cursor.execute("ALTER TABLE audit.note DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit.note SET text = replace(text, '6', '7') WHERE size > %s", [first])
        for guard in ("note_is_never_changed", "note_is_never_truncated"):
            cursor.execute(f"ALTER TABLE audit.note ENABLE ALWAYS TRIGGER {guard}")
    assert renewal.find(sealer, place).good.size == first


def test_nobody_begins_a_name_alone_or_without_proof_or_right(
    office: Office, sealer: Sealer, two: tuple[User, User], renew: Callable[..., str]
) -> None:
    write(office)
    clerk = staff_member(Role.MAKER)
    with pytest.raises(CommandError, match="別の人"):
        renew(two[0], two[0])
    with pytest.raises(CommandError, match="違います"):
        renew(*two, answers=[PASSWORD, fresh_code(two[0]), "wrong", fresh_code(two[1])])
    with pytest.raises(CommandError, match="違います"):
        renew(*two, answers=[PASSWORD, "123 456"])
    with pytest.raises(CommandError, match="でもありません"):
        renew(clerk, two[1])
    assert Event.objects.get(action="audit.seal.origin_renewed").result == "REFUSED"
    assert Event.objects.filter(action=PASSWORD_REFUSED, result="REFUSED").count() == 1
    assert len(origins.every(sealer)) == 1
    assert sealing.last_checkpoint(sealer)[0] > 0
