"""Entries as a file: what was asked for and nothing else, whole, disarmed, sealed at rest, and gone after a week."""

import csv
import hashlib
import io
import json
import stat
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import StaffSession, User
from accounts.roles import Role
from audit import actions, journal
from audit.models import Event, Export, ExportState, Result
from audit.searching import columns, exports
from audit.spreadsheet_cells import disarmed, is_formula
from tests.audit.conftest import SAVED, VIEWED, happened
from tests.conftest import Office
from tests.factories import my_number, signed_in, staff_member
from tests.rights import suspend
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db

LOG = "/audit/"
REASON = "月次点検のため"


def text(response: Any) -> str:
    return str(response.content.decode())


def asked(client: Client, *, chosen: list[str] | None = None, has_bom: bool = True, **conditions: Any) -> Export:
    """Search, ask for the file as the dialog does, and return what came of it."""
    location = client.post(LOG, conditions).headers["Location"]
    name = location.rpartition("=")[2] if "=" in location else "recent"
    response = client.post(
        reverse("audit:export-new", args=[name]),
        {"columns": chosen or list(columns.IN_FILE), "reason": REASON, **({"has_bom": "on"} if has_bom else {})},
    )
    assert response.status_code == 302, text(response)
    return Export.objects.latest("asked_at")


def taken(client: Client, export: Export) -> tuple[bytes, dict[str, Any]]:
    response: Any = client.get(reverse("audit:export-file", args=[export.pk]))
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as bundle:
        assert bundle.testzip() is None
        (name,) = [one for one in bundle.namelist() if one.endswith(".csv")]
        return bundle.read(name), json.loads(bundle.read("manifest.json"))


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def file_of(export: Export) -> Path:
    return Path(settings.KYUFU_HOME) / "exports" / f"{export.pk}.sealed"


@pytest.mark.django_db(transaction=True)
def test_what_was_found_is_written_whole_with_a_manifest_that_proves_it(
    auditors_client: Client, auditor: User, misaki: User, office: Office
) -> None:
    person = uuid.uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    first = happened(VIEWED, by=misaki, person_id=person, label="2026-000001")
    happened(SAVED, by=misaki)
    seal_all(office)
    second = happened(VIEWED, by=misaki, person_id=person)

    export = asked(auditors_client, actions=[VIEWED])
    content, manifest = taken(auditors_client, export)

    head, *lines = rows_of(content)
    assert content.startswith("\ufeff".encode())
    assert head == [str(label) for label, _value in columns.IN_FILE.values()]
    told = [dict(zip(columns.IN_FILE, line, strict=True)) for line in lines]
    assert [one["id"] for one in told] == [str(second.pk), str(first.pk)]
    assert (told[1]["actor"], told[1]["person"], told[1]["subject"]) == ("山田 美咲", "渡邉　花子", "2026-000001")
    assert told[1]["at"].endswith("+09:00")
    assert (told[0]["position"], told[1]["position"]) == ("", "0")
    assert manifest["file"]["sha256"] == hashlib.sha256(content).hexdigest() == export.digest
    assert (manifest["rows"], manifest["positions"]) == (2, {"lowest": 0, "highest": 0, "unsealed": 1})
    assert "操作＝受給者の閲覧" in manifest["conditions"]
    assert manifest["checkpoint"]["size"] >= 2
    assert len(manifest["checkpoint"]["root"]) == 64
    entries = Event.objects.filter(subject_id=str(export.pk)).order_by("at")
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        (actions.LOG_EXPORT_ASKED, auditor.pk),
        (actions.LOG_EXPORT_FINISHED, auditor.pk),
        (actions.LOG_EXPORT_TAKEN, auditor.pk),
    ]
    assert REASON in entries[0].reason
    assert "花子" not in exports.file_name(export)


def test_the_mark_in_front_and_the_columns_are_chosen(auditors_client: Client) -> None:
    happened(SAVED)

    content, manifest = taken(
        auditors_client, asked(auditors_client, chosen=["action_code", "at"], has_bom=False, actions=[SAVED])
    )

    assert not content.startswith("\ufeff".encode())
    assert rows_of(content)[0] == ["日時", "操作コード"]
    assert rows_of(content)[1][1] == SAVED
    assert manifest["file"]["encoding"] == "UTF-8"
    assert content.count(b'"') == 8


PAYLOADS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A", "﹦1", "﹢1", "﹣1", "﹫A",
    " =1", "　=1", "\ufeff=1", "\u200b=1", "−1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")',
]  # fmt: skip


@pytest.mark.parametrize("cell", PAYLOADS)
def test_a_cell_that_would_be_computed_is_disarmed(cell: str) -> None:
    assert is_formula(cell)
    assert disarmed(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "山田", "2026-000001", "a=b", "10.1.2.3", "'=1", "ー", "1−1"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert disarmed(cell) == cell


def test_names_and_sections_that_are_formulas_reach_the_file_disarmed_and_come_back(auditors_client: Client) -> None:
    payloads = [payload for payload in PAYLOADS if payload.isprintable()]
    for payload in payloads:
        happened(SAVED, by=staff_member(Role.MAKER, name=payload, section=payload), label=payload)

    content, _manifest = taken(auditors_client, asked(auditors_client, actions=[SAVED]))

    lines = [dict(zip(columns.IN_FILE, line, strict=True)) for line in rows_of(content)[1:]]
    assert not any(is_formula(cell) for line in lines for cell in line.values())
    for column in ("actor", "section", "subject"):
        assert {line[column] for line in lines} == {f"'{payload}" for payload in payloads}


def test_a_file_is_sealed_for_its_owner_alone(auditors_client: Client) -> None:
    journal.name_person(person := uuid.uuid4(), name="渡邉　花子", kana="ワタナベ　ハナコ")
    happened(VIEWED, person_id=person)
    export = asked(auditors_client, actions=[VIEWED], person="渡邉")

    path = file_of(export)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "花子".encode() not in path.read_bytes()
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text FROM audit.export e")
        assert "花子" not in str(cursor.fetchall())


def test_only_who_asked_takes_it_and_an_attempt_is_recorded(auditors_client: Client) -> None:
    export = asked(auditors_client)
    colleague = staff_member(Role.AUDITOR)
    other = signed_in(Client(), colleague)

    for name in ("export", "export-progress", "export-file"):
        assert other.get(reverse(f"audit:{name}", args=[export.pk])).status_code == 404
    assert other.post(reverse("audit:export-cancel", args=[export.pk])).status_code == 404
    assert str(export.pk) not in text(other.get(reverse("audit:exports")))

    refused = Event.objects.filter(action=actions.LOG_HIDDEN_REQUESTED, result=Result.REFUSED)
    assert {(entry.actor_id, entry.subject_id) for entry in refused} == {(colleague.pk, str(export.pk))}
    assert other.get(reverse("audit:export", args=[uuid.uuid4()])).status_code == 404


def test_asking_and_taking_want_to_know_again_who_one_is(auditors_client: Client) -> None:
    export = asked(auditors_client)
    StaffSession.objects.update(factor_used_at=timezone.now() - timedelta(hours=1))

    for address in (
        reverse("audit:export-new", args=["recent"]),
        reverse("audit:export-file", args=[export.pk]),
    ):
        assert "/confirm/" in auditors_client.get(address).headers["Location"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"reason": ""}, "理由を入力"),
        ({"reason": "点検"}, "5文字以上"),
        ({"reason": "点検のため\x00"}, "使えない文字"),
        ({"columns": []}, "1つ以上"),
        ({"columns": ["body"]}, "一覧から"),
    ],
)
def test_what_is_missing_is_named_and_no_file_is_made(
    typed: dict[str, Any], words: str, auditors_client: Client
) -> None:
    sent = {"columns": ["at"], "reason": REASON, **typed}

    response = auditors_client.post(reverse("audit:export-new", args=["recent"]), sent)

    assert words in text(response)
    assert not Export.objects.exists()


def test_a_my_number_is_no_reason(auditors_client: Client) -> None:
    number = my_number()

    response = auditors_client.post(
        reverse("audit:export-new", args=["recent"]), {"columns": ["at"], "reason": f"{number}のため"}
    )

    assert number not in text(response)
    assert not Export.objects.exists()


# ── in the background ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Enough entries for several pieces, and too many for one go."""
    monkeypatch.setattr(exports, "PIECE", 40)
    monkeypatch.setattr(exports, "AT_ONCE", 50)
    return journal.record_all(journal.Entry(action=SAVED, by=None, subject=None) for _each in range(170))


def test_a_large_file_is_written_piece_by_piece_and_outlives_a_kill_anywhere(
    auditors_client: Client, large: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(auditors_client, actions=[SAVED])
    assert export.state == ExportState.WAITING
    assert auditors_client.get(reverse("audit:export-progress", args=[export.pk])).json()["state"] == "WAITING"

    assert exports.work()
    real = exports._count

    def killed(*_args: Any) -> None:
        raise KeyboardInterrupt  # the piece is in the file, and its transaction is undone

    for _kill in range(2):
        monkeypatch.setattr(exports, "_count", killed)
        with pytest.raises(KeyboardInterrupt):
            exports.work()
        monkeypatch.setattr(exports, "_count", real)
        assert exports.work()
    happened(SAVED)  # of after it was asked for
    while exports.work():
        pass

    export.refresh_from_db()
    assert (export.state, export.rows) == (ExportState.READY, 170)
    content, manifest = taken(auditors_client, export)
    written = [line[list(columns.IN_FILE).index("id")] for line in rows_of(content)[1:]]
    assert written == [str(event.pk) for event in sorted(large, key=lambda event: (event.at, event.pk), reverse=True)]
    assert manifest["file"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert Event.objects.filter(action=actions.LOG_EXPORT_FINISHED).count() == 1


def test_a_file_that_is_cancelled_is_gone(auditors_client: Client, large: list[Event]) -> None:
    export = asked(auditors_client, actions=[SAVED])
    exports.work()
    assert file_of(export).exists()

    auditors_client.post(reverse("audit:export-cancel", args=[export.pk]))

    export.refresh_from_db()
    assert export.state == ExportState.CANCELLED
    assert not file_of(export).exists()
    assert not exports.work()
    assert auditors_client.get(reverse("audit:export-file", args=[export.pk])).status_code == 302
    assert "すでに終わっています" in text(
        auditors_client.post(reverse("audit:export-cancel", args=[export.pk]), follow=True)
    )


def test_more_than_there_may_be_is_told_and_not_cut_off(
    auditors_client: Client, large: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 100)
    export = asked(auditors_client, actions=[SAVED])

    while exports.work():
        pass

    export.refresh_from_db()
    assert (export.state, export.code) == (ExportState.FAILED, "too many")
    assert "100件を超えます" in text(auditors_client.get(reverse("audit:export", args=[export.pk])))
    assert Event.objects.filter(action=actions.LOG_EXPORT_FAILED, result=Result.FAILED).count() == 1


def test_who_may_not_export_any_more_gets_no_file(auditors_client: Client, auditor: User, large: list[Event]) -> None:
    export = asked(auditors_client, actions=[SAVED])
    exports.work()
    suspend(auditor)

    while exports.work():
        pass

    export.refresh_from_db()
    assert (export.state, export.code) == (ExportState.FAILED, "not allowed")


def test_so_many_at_a_time_and_no_more(
    auditors_client: Client, large: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "UNDER_WAY_AT_ONCE", 1)
    asked(auditors_client, actions=[SAVED])

    response = auditors_client.post(
        reverse("audit:export-new", args=["recent"]), {"columns": ["at"], "reason": REASON}
    )

    assert "作成中のファイルが1件あります" in text(response)


def test_after_a_week_the_file_is_gone_and_its_key_too(auditors_client: Client) -> None:
    export = asked(auditors_client)
    copy = file_of(export).read_bytes()
    later = timezone.now() + exports.KEPT_FOR + timedelta(minutes=1)

    assert not exports.expire(timezone.now())
    assert exports.expire(later)
    assert not exports.expire(later)

    export.refresh_from_db()
    assert export.state == ExportState.GONE
    assert not file_of(export).exists()
    assert copy
    assert exports.order_of(export).key == ""
    assert auditors_client.get(reverse("audit:export-file", args=[export.pk])).status_code == 302
    assert Event.objects.filter(action=actions.LOG_EXPORT_DELETED).count() == 1


@pytest.mark.parametrize("damage", ["cut", "flip", "gone"])
def test_a_file_that_was_changed_is_not_handed_out(damage: str, auditors_client: Client) -> None:
    export = asked(auditors_client)
    path = file_of(export)
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-5] if damage == "cut" else content[:-5] + bytes([content[-5] ^ 1]) + content[-4:])
        path.chmod(0o600)

    response = auditors_client.get(reverse("audit:export-file", args=[export.pk]), follow=True)

    assert "作成したときと違います" in text(response)
    assert not Event.objects.filter(action=actions.LOG_EXPORT_TAKEN).exists()
