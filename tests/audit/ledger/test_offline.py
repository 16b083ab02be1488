"""The verifier without Django or database: a good export passes, every change is named, no input makes it stumble."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from audit import offline
from audit.ledger import body as bodies, merkle, notes, tiles, walk
from tests.audit.ledger import exports
from tests.audit.ledger.exports import KEY, MAC_KEY, NEXT_KEY, ORIGIN, Ledger
from tests.audit.ledger.test_notes import mutated

ROOT = Path(__file__).parents[3]
FAULT = re.compile(r"position (\d+|-) event ([0-9a-f-]{36}|-): .*[ぁ-んァ-ヶ一-龠].* \(.*\)")
SIZE = 600


@dataclass(frozen=True)
class Answer:
    """What the verifier said."""

    code: int
    out: str
    err: str

    @property
    def faults(self) -> list[str]:
        return [line for line in self.out.splitlines() if line.startswith("position ")]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    def verifier(*words: object) -> Answer:
        code = offline.main([str(word) for word in words])
        said = capsys.readouterr()
        answer = Answer(code, said.out, said.err)
        assert all(FAULT.fullmatch(line) for line in answer.faults), answer.out
        return answer

    return verifier


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return exports.usual(SIZE)


@pytest.fixture(scope="module")
def good(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ledger.write(tmp_path_factory.mktemp("export") / "good", columns=True)


@pytest.fixture
def export(good: Path, tmp_path: Path) -> Path:
    """A copy to be changed."""
    return Path(shutil.copytree(good, tmp_path / "export"))


def test_a_good_export_passes_with_a_summary(ask: Callable[..., Answer], good: Path, ledger: Ledger) -> None:
    answer = ask(good)

    assert (answer.code, answer.faults, answer.err) == (0, [], "")
    for word in (ORIGIN, "600", str(KEY.verifier), "2026-04-01T09:00:07+09:00", "2026-04-01T10:10:00+09:00"):
        assert word in answer.out
    assert ask("verify-log", good, "--vkey", KEY.verifier).code == 0


def test_an_address_may_be_written_another_way(ask: Callable[..., Answer], export: Path) -> None:
    exports.change_file(export / "columns.csv", lambda it: it.replace(b'"::ffff:c000:201"', b'"::ffff:192.0.2.1"'))

    assert ask(exports.sealed(export)).code == 0


@pytest.mark.parametrize("count", [0, 1, 2, 255, 256, 257, 512, 513])
def test_ledgers_of_every_shape_pass(ask: Callable[..., Answer], tmp_path: Path, count: int) -> None:
    ledger = Ledger()
    ledger.sign()
    ledger.add(count)
    if count:
        ledger.sign()
    directory = ledger.write(tmp_path / "export")

    assert ask(directory).faults == []
    assert ask(directory).code == 0
    assert ask("verify-since", directory / "checkpoints" / "0.txt", directory).code == 0
    assert ask("find-gaps", directory).code == 0


def test_it_runs_where_there_is_no_django(good: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    exports.put(blocked / "django" / "__init__.py", "raise ImportError('there is no Django here')")
    exports.put(blocked / "psycopg" / "__init__.py", "raise ImportError('there is no database here')")

    done = subprocess.run(
        [sys.executable, "-m", "audit.offline", str(good)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{blocked}{os.pathsep}{ROOT}", "LC_ALL": "C", "PATH": ""},
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")


def test_it_imports_neither_django_nor_the_database_driver() -> None:
    question = "import sys, audit.offline; print([m for m in sys.modules if m.split('.')[0] in ('django', 'psycopg')])"

    done = subprocess.run(
        [sys.executable, "-c", question], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == "[]"


def test_macs_are_checked_with_the_applications_key(ask: Callable[..., Answer], good: Path, tmp_path: Path) -> None:
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text(f"{MAC_KEY.hex()}\n")
    wrong.write_text(f"{bytes(32).hex()}\n")

    assert ask(good, "--mac-key", right).code == 0
    answer = ask(good, "--mac-key", wrong)
    assert (answer.code, len(answer.faults)) == (1, SIZE)


# Changes of one file by somebody who can also write the list of hashes anew


def entry_changed(position: int, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda directory: exports.change_entry(directory, position, change, SIZE)


def file_changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda directory: exports.change_file(directory / name, change)


LAST_BUNDLE = "tile/entries/002.p/88"
LAST_TILE = "tile/0/002.p/88"


CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a byte of a body": (
        entry_changed(300, lambda entry: exports.flipped(entry, -40)),
        r"position 300 event .*本文が",
    ),
    "what a body says": (
        entry_changed(300, lambda entry: exports.rewritten(entry, actor_id=18)),
        r"position 300 event [0-9a-f-]{36}: 本文が封印された葉と",
    ),
    "a body in the last bundle": (
        entry_changed(599, lambda entry: exports.rewritten(entry, result="REFUSED")),
        r"position 599 event [0-9a-f-]{36}: 本文が",
    ),
    "a body emptied": (entry_changed(300, lambda _entry: b""), r"position 300 event -: 本文がありません"),
    "a body that is none": (entry_changed(300, lambda _entry: b"\x01rubbish"), r"position 300 event -: 本文の形式"),
    "two bodies swapped": (
        file_changed("tile/entries/001", lambda it: tiles.pack(exports.swapped(tiles.unpack(it), 4, 5))),
        r"position 260 event .*本文が",
    ),
    "a leaf in a full tile": (file_changed("tile/0/001", lambda it: exports.flipped(it, 32 * 7)), r"position 263 "),
    "a leaf in the last tile": (file_changed(LAST_TILE, lambda it: exports.flipped(it, 32 * 7)), r"position 519 "),
    "a hash of the tile above": (file_changed("tile/1/000.p/2", lambda it: exports.flipped(it, 32)), r"position 256 "),
    "a root in a checkpoint": (
        file_changed(
            "checkpoints/280.txt",
            lambda _: notes.sign(notes.Checkpoint(ORIGIN, 280, bytes(32)).text(), KEY).encode(),
        ),
        r"position 279 event -: checkpoints/280.txt: 根が台帳とも、同じ大きさの別の署名とも一致しません",
    ),
    "a checkpoint signed with another key": (
        file_changed(
            "checkpoints/280.txt",
            lambda it: notes.sign(it.decode().partition("\n\n")[0] + "\n", NEXT_KEY).encode(),
        ),
        r"checkpoints/280.txt: 知っている鍵の署名がありません",
    ),
    "a checkpoint whose text was changed": (
        file_changed("checkpoints/280.txt", lambda it: it.replace(b"\n280\n", b"\n281\n")),
        r"checkpoints/280.txt: 署名が本文と合いません",
    ),
    "a checkpoint under another name": (
        lambda directory: (directory / "checkpoints/280.txt").rename(directory / "checkpoints/281.txt"),
        r"checkpoints/281.txt: 名前と大きさが違います",
    ),
    "the newest checkpoint's signature": (
        file_changed("checkpoint", lambda it: re.sub(rb"(?<=ledger )(.{8})(.)", rb"\1A", it)),
        r"署名が本文と合いません",
    ),
    "a checkpoint in an anchor that lies elsewhere": (
        file_changed(
            "anchors/second-host/350.txt",
            lambda _: notes.sign(notes.Checkpoint(ORIGIN, 350, bytes(32)).text(), KEY).encode(),
        ),
        r"position 349 event -: anchors/second-host/350.txt: 根が台帳とも、同じ大きさの別の署名とも",
    ),
    "a line in an anchor's file of a day": (
        file_changed("anchors/by-day/2026-04-01.log", lambda it: it.replace(b"\n280\n", b"\n281\n")),
        r"anchors/by-day/2026-04-01.log:19: 署名が本文と合いません",
    ),
    "an anchor that has more than the ledger": (
        lambda directory: exports.put(
            directory / "anchors/second-host/601.txt",
            notes.sign(notes.Checkpoint(ORIGIN, 601, bytes(32)).text(), KEY),
        ),
        r"anchors/second-host/601.txt: 台帳は 600 件で、601 件に届きません",
    ),
    "an anchor signed under a name nobody knows": (
        lambda directory: exports.put(
            directory / "anchors/second-host/9.txt",
            notes.sign(notes.Checkpoint("other.example", 9, bytes(32)).text(), KEY),
        ),
        r"anchors/second-host/9.txt: 知らない名前の署名です",
    ),
    "a witness line without an entry": (
        file_changed("witness/2026-04-01.100.log", lambda it: exports.flipped(it, it.index(b"\n") - 1)),
        r"証人にある記録（系列 [0-9a-f]{32} の 1 番）が台帳にありません",
    ),
    "a searchable column": (
        file_changed("columns.csv", lambda it: it.replace(b'"17"', b'"18"', 1)),
        r"position 0 event [0-9a-f-]{36}: 検索用の列 actor_id が本文と違います",
    ),
    "a terminal's address": (
        file_changed("columns.csv", lambda it: it.replace(b'"::ffff:c000:201"', b'"192.0.2.1"', 1)),
        r"position 0 event [0-9a-f-]{36}: 検索用の列 client が本文と違います",
    ),
    "a row of the columns taken out": (
        file_changed("columns.csv", lambda it: re.sub(rb"\r\n300,.*?\r\n", b"\r\n", it)),
        r"position 300 event [0-9a-f-]{36}: columns.csv に行がありません",
    ),
    "a row of the columns put in": (
        file_changed("columns.csv", lambda it: it + it.splitlines(keepends=True)[-1].replace(b"599,", b"600,", 1)),
        r"position 600 event -: columns.csv の行に本文がありません",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_found_and_named(ask: Callable[..., Answer], export: Path, change: str) -> None:
    apply, words = CHANGES[change]
    apply(export)
    exports.sealed(export)

    answer = ask(export)

    assert answer.code == 1
    assert any(re.search(words, line) for line in answer.faults), answer.out
    assert len(answer.faults) < 25


@pytest.mark.parametrize("name", ["checkpoint", "tile/0/000", "tile/entries/001", "witness/2026-04-01.100.log"])
def test_a_file_changed_after_the_export_is_found(ask: Callable[..., Answer], export: Path, name: str) -> None:
    exports.change_file(export / name, lambda content: content + b"\n")

    answer = ask(export)

    assert answer.code != 0
    assert f"{name}: 内容が manifest.json と違います" in answer.out


def test_what_python_leaves_beside_a_verifier_in_the_export_is_no_change(
    ask: Callable[..., Answer], export: Path
) -> None:
    exports.put(export / "verifier" / "audit" / "__pycache__" / "offline.cpython-311.pyc", b"compiled")

    assert ask(export).code == 0


def test_a_file_that_the_list_does_not_know_is_found(ask: Callable[..., Answer], export: Path) -> None:
    exports.put(export / "keys" / "more.vkey", f"{NEXT_KEY.verifier}\n")

    assert "keys/more.vkey: manifest.json にないファイルです" in ask(export).out


# Whole ledgers made by somebody who has the signing key, but not what others hold


def test_a_ledger_written_anew_with_a_stolen_key_is_found_by_what_others_hold(
    ask: Callable[..., Answer], good: Path, tmp_path: Path, ledger: Ledger
) -> None:
    forged = exports.usual(SIZE)
    forged.entries[450] = exports.rewritten(forged.entries[450], actor_id=99)
    directory = forged.write(tmp_path / "forged")
    shutil.rmtree(directory / "anchors")
    shutil.copytree(good / "anchors", directory / "anchors")
    old = good / "checkpoints" / "490.txt"

    answer = ask(exports.sealed(directory))

    assert answer.code == 1
    assert "anchors/second-host/490.txt: 根が台帳と一致しません。変更は 420 件目より後、490 件目まで" in answer.out
    since = ask("verify-since", old, directory)
    assert since.code == 1
    assert "490 件目までがこの台帳と違います" in since.out
    compared = ask("compare-anchors", directory)
    assert (compared.code, len(compared.faults)) == (1, 7)
    assert "anchors/second-host/600.txt: 600 件目までがこの台帳と違います" in compared.out
    root = notes.read_checkpoint(old.read_bytes()).root
    for written in (root.hex(), exports.base64.b64encode(root).decode()):
        assert ask("compare-anchors", good, "--paper", f"490 {written}").code == 0
        assert ask("compare-anchors", directory, "--paper", f"490 {written}").code == 1


def test_what_was_verified_before_is_not_read_again(ask: Callable[..., Answer], export: Path) -> None:
    (export / "tile/entries/000").unlink()
    (export / "columns.csv").unlink()

    assert ask("verify-since", export / "checkpoints" / "280.txt", export).code == 0
    assert ask("verify-since", export / "checkpoints" / "210.txt", export).code == 2


def test_what_was_added_is_checked_as_strictly_as_the_whole(ask: Callable[..., Answer], export: Path) -> None:
    exports.change_entry(export, 599, lambda entry: exports.rewritten(entry, actor_id=3), SIZE)
    exports.change_file(export / "anchors/second-host/560.txt", lambda content: content.replace(b"560", b"561"))

    answer = ask("verify-since", export / "checkpoints" / "560.txt", export)

    assert answer.code == 1
    assert re.search(r"position 599 event [0-9a-f-]{36}: 本文が封印された葉と", answer.out)
    assert "anchors/second-host/560.txt: 署名が本文と合いません" in answer.out


def test_a_ledger_that_has_become_shorter_is_found(ask: Callable[..., Answer], good: Path, tmp_path: Path) -> None:
    shorter = exports.usual(560).write(tmp_path / "shorter")

    answer = ask("verify-since", good / "checkpoint", shorter)

    assert answer.code == 1
    assert "台帳が以前より短くなっています: 600 件から 560 件" in answer.out
    paper = f"600 {bytes(32).hex()}"
    assert "600 件に届きません" in ask("compare-anchors", shorter, "--paper", paper).out


def test_an_older_checkpoint_of_somebody_else_is_no_beginning(
    ask: Callable[..., Answer], good: Path, tmp_path: Path
) -> None:
    stranger = tmp_path / "old"
    stranger.write_text(notes.sign(notes.Checkpoint("other.example", 1, bytes(32)).text(), NEXT_KEY))
    unsigned = tmp_path / "unsigned"
    unsigned.write_text(notes.sign(notes.Checkpoint(ORIGIN, 1, bytes(32)).text(), NEXT_KEY))

    assert ask("verify-since", stranger, good).code == 1
    assert ask("verify-since", unsigned, good).code == 1


def test_a_key_that_the_auditor_does_not_know_is_a_fault(
    ask: Callable[..., Answer], good: Path, tmp_path: Path
) -> None:
    known = tmp_path / "known.vkey"
    known.write_text(f"{NEXT_KEY.verifier}\n")

    answer = ask(good, "--vkey", known)

    assert answer.code == 1
    assert "検証鍵が控えの鍵と違います" in answer.out


# What was deleted, put in or dated back before it was sealed


def test_an_entry_deleted_before_sealing_leaves_a_gap_in_its_chain_and_at_the_witness(
    ask: Callable[..., Answer], tmp_path: Path
) -> None:
    ledger = Ledger()
    ledger.add(300)
    del ledger.entries[150]
    ledger.sign()
    directory = ledger.write(tmp_path / "export")

    for words in ([directory], ["find-gaps", directory]):
        answer = ask(*words)

        assert answer.code == 1
        assert len(answer.faults) == 2
        assert re.search(
            r"position 152 event [0-9a-f-]{36}: 書込み系列 [0-9a-f]{32} の 51～51 番の記録がありません", answer.out
        )
        assert "witness/2026-04-01.100.log:151: 証人にある記録" in answer.out


def test_the_last_entry_deleted_before_sealing_is_known_to_the_witness_once_time_has_passed(
    ask: Callable[..., Answer], tmp_path: Path
) -> None:
    ledger = Ledger()
    ledger.add(10)
    del ledger.entries[9]
    ledger.sign()
    young = ask(ledger.write(tmp_path / "young"))
    ledger._writers[0] = (uuid4(), 0, bodies.NO_LEAF)
    ledger._at += timedelta(minutes=10)
    ledger.add()
    ledger.sign()

    later = ask(ledger.write(tmp_path / "later"))

    assert (young.code, "まだ封印されていません" in young.out) == (0, True)
    assert later.code == 1


def test_entries_that_no_witness_saw_are_counted(ask: Callable[..., Answer], tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.add(10)
    del ledger.witness[3:5]
    ledger.sign()

    answer = ask(ledger.write(tmp_path / "export"))

    assert answer.code == 0
    assert "証人に行のない記録が 2 件あります" in answer.out


def test_after_many_faults_the_rest_is_counted(
    ask: Callable[..., Answer], good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline, "MOST_LINES", 20)
    wrong = tmp_path / "wrong"
    wrong.write_text(f"{bytes(32).hex()}\n")

    answer = ask(good, "--mac-key", wrong)

    assert (answer.code, len(answer.faults)) == (1, 20)
    assert f"ほかに {SIZE - 20} 件" in answer.out
    assert f"異常 {SIZE} 件" in answer.out


def test_an_entry_put_in_does_not_fit_its_chain(ask: Callable[..., Answer], tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.add(30)
    writer, n, _leaf = ledger._writers[0]
    ledger.add(writer=writer, writer_n=n, previous=bytes(32))
    ledger.add(writer=uuid4(), writer_n=1, previous=b"\x01" * 32)
    ledger.add(writer=uuid4(), writer_n=7, previous=b"\x01" * 32)
    ledger.sign()

    answer = ask(ledger.write(tmp_path / "export"))

    assert answer.code == 1
    assert re.search(rf"position 30 .* {writer.hex} の {n} 番が2件以上", answer.out)
    assert re.search(r"position 31 .*の直前の記録とつながりません", answer.out)
    assert re.search(r"position 32 .* の 1～6 番の記録がありません", answer.out)


def test_entries_of_one_writer_may_be_sealed_the_wrong_way_round(ask: Callable[..., Answer], tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.add(30)
    ledger.entries = exports.swapped(ledger.entries, 12, 15)
    ledger.sign()

    assert ask(ledger.write(tmp_path / "export")).faults == []


def test_a_new_writer_may_say_that_the_last_one_ended_uncertainly(ask: Callable[..., Answer], tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.add(30)
    ended, n, _leaf = ledger._writers[0]
    new = {"writer": uuid4(), "writer_n": 1, "previous": bodies.NO_LEAF}
    ledger.add(**new, uncertain_writer=ended, uncertain_n=n + 1)
    ledger.sign()
    assert ask(ledger.write(tmp_path / "good")).faults == []

    ledger.add(writer=uuid4(), writer_n=1, previous=bodies.NO_LEAF, uncertain_writer=ended, uncertain_n=n + 2)
    ledger.add(uncertain_writer=ended, uncertain_n=1)
    ledger.sign()
    answer = ask(ledger.write(tmp_path / "wrong"))

    assert re.search(rf"position 31 .* {ended.hex} の {n + 1} 番までがそろっていません", answer.out)
    assert re.search(r"position 32 .* 前の書込み系列の示し方", answer.out)


def test_an_entry_dated_back_or_that_knows_the_future_is_found(ask: Callable[..., Answer], tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.add(600)
    ledger.sign()
    ledger.add()
    seen = ledger.root(600)[:8]
    ledger.add(at=exports.BEGAN_AT, seen_size=600, seen_root=seen)
    ledger.add(seen_size=999, seen_root=seen)
    ledger.add(seen_size=600, seen_root=bytes(8))
    ledger.sign()

    answer = ask(ledger.write(tmp_path / "export"))

    assert len(answer.faults) == 3
    assert re.search(r"position 601 .* 知っていたチェックポイントより前の日時です", answer.out)
    assert re.search(r"position 602 .* 自分より後のチェックポイント（999 件）", answer.out)
    assert re.search(r"position 603 .* 知っていたチェックポイント（600 件）の根が違います", answer.out)


# The period of keeping, and a new name


def pruned_ledger(**told: object) -> Ledger:
    ledger = exports.usual(SIZE)
    gone = {*range(10, 540)} - {530, 531}
    said = {"first": 10, "last": 300, "count": 280, "month": "2026-04"}
    then = {"first": 290, "last": 539, "count": 248, "month": "2026-05"}
    ledger.add(action=walk.MONTH_PRUNED, details=said | told)
    ledger.add(action=walk.MONTH_PRUNED, details=then)
    ledger.sign()
    ledger.gone = gone
    ledger.pruned = [
        {"first": one["first"], "last": one["last"], "count": one["count"], "months": [one["month"]], "event": event}
        for event, one in ((SIZE, said), (SIZE + 1, then))
    ]
    return ledger


def test_pruned_entries_are_proven_by_their_leaves_and_told_by_an_entry(
    ask: Callable[..., Answer], tmp_path: Path
) -> None:
    directory = pruned_ledger().write(tmp_path / "export")

    answer = ask(directory)

    assert answer.faults == []
    assert answer.code == 0
    assert "保存期間満了 (pruned): 528" in answer.out
    assert not (directory / "tile/entries/001").exists()
    assert ask("find-gaps", directory).code == 0
    assert ask("verify-since", directory / "checkpoints/560.txt", directory).code == 0


def test_bodies_that_are_gone_without_an_entry_that_says_so_are_missed(
    ask: Callable[..., Answer], tmp_path: Path
) -> None:
    more = pruned_ledger()
    more.gone |= {545}
    inside = pruned_ledger()
    inside.gone |= {530}
    unsaid = pruned_ledger(count=279)
    nowhere = pruned_ledger()
    nowhere.pruned[0]["event"] = 590

    assert "position 545 event -: 本文がありません" in ask(more.write(tmp_path / "export")).out
    assert "528 件のはずですが、529 件" in ask(inside.write(tmp_path / "export")).out
    assert "pruned.json とこの記録の内容が違います" in ask(unsaid.write(tmp_path / "export")).out
    assert "消去を記した記録が 590 番にありません" in ask(nowhere.write(tmp_path / "export")).out


def test_a_chain_that_goes_on_after_pruned_entries_goes_on_from_one_of_them(
    ask: Callable[..., Answer], tmp_path: Path
) -> None:
    ledger = pruned_ledger()
    ledger.add(writer=uuid4(), writer_n=5, previous=bytes(32))
    ledger.sign()

    answer = ask(ledger.write(tmp_path / "export"))

    assert re.search(r"position 602 .*の直前の記録が見つかりません", answer.out)
    assert len(answer.faults) == 1


def test_a_writer_whose_end_is_uncertain_may_have_been_pruned(ask: Callable[..., Answer], tmp_path: Path) -> None:
    ledger = pruned_ledger()
    new = {"writer_n": 1, "previous": bodies.NO_LEAF}
    ended, n, _leaf = ledger._writers[1]
    ledger.add(**new, writer=uuid4(), uncertain_writer=uuid4(), uncertain_n=9)
    ledger.add(**new, writer=uuid4(), uncertain_writer=ended, uncertain_n=n + 5)
    ledger.sign()

    answer = ask(ledger.write(tmp_path / "export"))

    assert len(answer.faults) == 1
    assert re.search(rf"position 603 .* {ended.hex} の {n + 4} 番までがそろっていません", answer.out)


def followed_ledger(*, cited: bool) -> Ledger:
    """A ledger restored at 210 entries, after 280 had been signed, that went on under a new name."""
    ledger = exports.usual(210)
    after = (ORIGIN, 210, ledger.root(210))
    ledger.origins.append(exports.origin_row(NEXT_KEY, after))
    if cited:
        details = {"after_origin": ORIGIN, "after_size": 210, "after_root": after[2].hex()}
        ledger.add(action=walk.ORIGIN_RENEWED, details=details)
    ledger.add(100)
    ledger.sign(NEXT_KEY)
    return ledger


def test_a_new_name_goes_on_from_the_last_checkpoint_of_the_old(ask: Callable[..., Answer], tmp_path: Path) -> None:
    ledger = followed_ledger(cited=True)
    good = ask(ledger.write(tmp_path / "export"))
    ledger.origins[1]["after_root"] = exports.base64.b64encode(bytes(32)).decode()
    wrong = ask(ledger.write(tmp_path / "export"))
    ledger.origins[1]["after_origin"] = "other.example"
    stranger = ask(ledger.write(tmp_path / "export"))

    assert (good.code, good.faults) == (0, [])
    assert "position 209 event -: origins.json: 根が台帳と一致しません" in wrong.out
    assert "前の名前 other.example がありません" in stranger.out


@pytest.mark.parametrize("cited", [True, False])
def test_what_the_old_name_signed_on_a_lost_branch_is_passed_over_only_if_the_ledger_says_so(
    ask: Callable[..., Answer], tmp_path: Path, cited: bool
) -> None:
    directory = followed_ledger(cited=cited).write(tmp_path / "export")
    lost = notes.sign(notes.Checkpoint(ORIGIN, 280, bytes(32)).text(), KEY)
    exports.put(directory / "anchors" / "second-host" / "280.txt", lost)

    answer = ask(exports.sealed(directory))

    assert answer.code == (0 if cited else 1)
    assert ("注意: anchors/second-host/280.txt" in answer.out) is cited


@pytest.mark.parametrize("change", [{"result": "REFUSED"}, {"after_root": None}, {"after_root": "00" * 32}])
def test_a_lost_branch_is_not_passed_over_for_an_entry_that_says_less(
    ask: Callable[..., Answer], tmp_path: Path, change: dict[str, str]
) -> None:
    ledger = exports.usual(210)
    details = {"after_origin": ORIGIN, "after_size": 210, "after_root": ledger.root(210).hex()}
    ledger.origins.append(exports.origin_row(NEXT_KEY, (ORIGIN, 210, ledger.root(210))))
    ledger.add(
        action=walk.ORIGIN_RENEWED,
        result=change.get("result", "DONE"),
        details=details | {name: value for name, value in change.items() if name in details},
    )
    ledger.add(100)
    ledger.sign(NEXT_KEY)
    directory = ledger.write(tmp_path / "export")
    lost = notes.sign(notes.Checkpoint(ORIGIN, 280, bytes(32)).text(), KEY)
    exports.put(directory / "anchors" / "second-host" / "280.txt", lost)

    assert ask(exports.sealed(directory)).code == 1


# One entry's proof


def test_one_entry_is_proven_to_whoever_has_the_key(
    ask: Callable[..., Answer], good: Path, ledger: Ledger, tmp_path: Path
) -> None:
    proof, key = tmp_path / "one.tlog-proof", tmp_path / "office.vkey"
    key.write_text(f"{KEY.verifier}\n")

    assert ask("prove", good, ledger.event(417), "--out", proof).code == 0

    for known in (key, KEY.verifier):
        answer = ask("verify-proof", proof, "--vkey", known)
        assert answer.code == 0
        assert str(ledger.event(417)) in answer.out
        assert "417 / 600" in answer.out
    assert ask("verify-proof", proof, "--vkey", NEXT_KEY.verifier).code == 1
    assert ask("prove", good, ledger.event(417)).out == proof.read_text()
    assert ask("prove", good, UUID(int=1)).code == 2


def test_a_proof_is_not_made_from_a_changed_ledger(ask: Callable[..., Answer], export: Path, ledger: Ledger) -> None:
    exports.change_entry(export, 300, lambda entry: exports.rewritten(entry, actor_id=3), SIZE)

    answer = ask("prove", export, ledger.event(300))

    assert answer.code == 1
    assert "本文から根にたどり着きません" in answer.out


def test_a_proof_of_what_is_no_entry_shows_nothing(ask: Callable[..., Answer], tmp_path: Path) -> None:
    checkpoint = notes.Checkpoint(ORIGIN, 1, merkle.leaf_hash(b"hello"))
    proof = tmp_path / "proof"
    note = notes.sign(checkpoint.text(), KEY)
    proof.write_text(f"c2sp.org/tlog-proof@v1\nextra aGVsbG8=\nindex 0\n\n{note}")

    answer = ask("verify-proof", proof, "--vkey", KEY.verifier)

    assert (answer.code, answer.out) == (2, "")
    assert "malformed body" in answer.err


# Bad input


BROKEN: dict[str, Callable[[Path], None]] = {
    **{
        f"{name} missing": lambda directory, name=name: (directory / name).unlink()
        for name in ("checkpoint", "origins.json", "manifest.json", "keys/0.vkey", LAST_TILE, "tile/1/000.p/2")
    },
    **{
        f"{name} empty": lambda directory, name=name: (directory / name).write_bytes(b"")
        for name in (
            "checkpoint",
            "origins.json",
            "manifest.json",
            "keys/0.vkey",
            LAST_TILE,
            LAST_BUNDLE,
            "columns.csv",
        )
    },
    **{
        f"{name} of ten million bytes": lambda directory, name=name: (directory / name).write_bytes(b"7" * 10_000_000)
        for name in (
            "checkpoint",
            "origins.json",
            "pruned.json",
            "manifest.json",
            "keys/0.vkey",
            "checkpoints/70.txt",
            "witness/2026-04-01.100.log",
            "columns.csv",
            LAST_TILE,
        )
    },
    **{
        f"{name} of another kind": lambda directory, name=name, text=text: (directory / name).write_text(text)
        for name, text in (
            ("origins.json", "[" * 100_000),
            ("origins.json", "{}"),
            ("origins.json", "[]"),
            ("origins.json", "[7]"),
            ("origins.json", '[{"origin": 7, "vkey": 7}]'),
            ("origins.json", json.dumps([exports.origin_row(NEXT_KEY)])),
            ("origins.json", json.dumps([exports.origin_row(KEY)] * 2)),
            ("origins.json", json.dumps([exports.origin_row(KEY) | {"after_origin": "a", "after_size": 1.5}])),
            ("pruned.json", '[{"first": 5, "last": 4, "count": 1, "months": [], "event": 9}]'),
            ("pruned.json", '[{"first": true, "last": 4, "count": 1, "months": [], "event": 9}]'),
            ("pruned.json", "[NaN]"),
            ("manifest.json", '{"../../etc/passwd": "' + "0" * 64 + '"}'),
            ("manifest.json", '{"/etc/passwd": "' + "0" * 64 + '"}'),
            ("manifest.json", '{"checkpoint": "0"}'),
            ("checkpoints/latest.txt", "7"),
            ("witness/2026-04-01.100.log", "2026-04-01 who knows\n"),
            ("columns.csv", 'position,secret\r\n0,"'),
            ("columns.csv", 'position,id\r\n0,"unclosed'),
            ("columns.csv", "position,id\r\n0\r\n"),
            ("columns.csv", "position,id\r\nx,1\r\n"),
        )
    },
    "a note cut off in an anchor's file of a day": file_changed(
        "anchors/by-day/2026-04-02.log", lambda content: content[:-9]
    ),
    "no notes in an anchor's file of a day": file_changed(
        "anchors/by-day/2026-04-02.log", lambda _: b"nothing\n" * 100_000
    ),
    "a bundle cut off": file_changed("tile/entries/001", lambda content: content[:-5]),
    "a bundle of one entry less": file_changed(LAST_BUNDLE, lambda content: tiles.pack(tiles.unpack(content)[:-1])),
    "a bundle of one entry more": file_changed(LAST_BUNDLE, lambda content: content + content[:2] + bytes(content[1])),
    "a bundle missing": lambda directory: (directory / "tile/entries/001").unlink(),
    "a directory for a file": lambda directory: (
        (directory / "checkpoint").unlink(),
        (directory / "checkpoint").mkdir(),
    ),
    "a pipe for a file": lambda directory: ((directory / "checkpoint").unlink(), os.mkfifo(directory / "checkpoint")),
    "a link that goes in circles": lambda directory: (
        (directory / "checkpoint").unlink(),
        (directory / "checkpoint").symlink_to("checkpoint"),
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_cannot_be_read_is_named_and_nothing_more(ask: Callable[..., Answer], export: Path, broken: str) -> None:
    BROKEN[broken](export)

    answer = ask(export)

    assert answer.code != 0
    assert answer.err or answer.faults
    assert "Traceback" not in answer.out + answer.err
    assert ask("find-gaps", export).code != 0 or "manifest" in broken


def test_what_cannot_be_read_is_another_exit_code(ask: Callable[..., Answer], export: Path, tmp_path: Path) -> None:
    (export / "tile/entries/001").unlink()
    exports.sealed(export)

    missing = ask(export)

    assert missing.code == 2
    assert "position 256 event -: tile/entries/001: 256 件の本文がありません" in missing.out
    assert ask(tmp_path / "nowhere").code == 2
    assert ask("verify-since", tmp_path / "nowhere", export).code == 2
    assert ask("verify-proof", tmp_path / "nowhere", "--vkey", KEY.verifier).code == 2
    assert ask("verify-proof", export / "checkpoint", "--vkey", "no+such+key").code == 2
    assert ask("compare-anchors", export, "--paper", "many hashes").code == 2
    assert ask(export, "--mac-key", export / "checkpoint").code == 2
    (export / "anchors").rename(tmp_path / "anchors")
    assert ask("compare-anchors", export).code == 2


SIGNED_FILES = ["checkpoint", "checkpoints/280.txt", "anchors/second-host/490.txt", "anchors/by-day/2026-04-02.log"]
TREE_FILES = ["tile/0/000", LAST_TILE, "tile/1/000.p/2", "tile/entries/000", LAST_BUNDLE]
OTHER_FILES = ["origins.json", "pruned.json", "keys/0.vkey", "witness/2026-04-01.100.log", "columns.csv"]


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_mutation_is_accepted_or_makes_it_stumble(
    ask: Callable[..., Answer], good: Path, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(SIGNED_FILES + TREE_FILES + OTHER_FILES))
    path = good / name
    before = path.read_bytes()
    listed = (good / "manifest.json").read_bytes()
    after = mutated(before, data)
    try:
        path.write_bytes(after)
        as_exported = ask(good)
        exports.sealed(good)
        forged = ask(good)
    finally:
        path.write_bytes(before)
        (good / "manifest.json").write_bytes(listed)

    assert (as_exported.code == 0) is (after == before)
    if name in TREE_FILES:
        assert (forged.code == 0) is (after == before)


def test_an_id_that_two_entries_have_is_found(ask: Callable[..., Answer], tmp_path: Path) -> None:
    ledger = exports.usual(300)
    ledger.add(1, id=ledger.event(17))
    ledger.sign()
    answer = ask(ledger.write(tmp_path / "export"))
    assert answer.code == 1
    assert f"position 300 event {ledger.event(17)}: 位置 17 の記録と同じ記録番号です" in answer.out


def test_a_witness_line_that_was_cut_off_with_its_process_stops_nothing(
    ask: Callable[..., Answer], tmp_path: Path
) -> None:
    ledger = exports.usual(30)
    ledger.witness.append(ledger.witness[-1][:-20])
    assert ask(ledger.write(tmp_path / "export")).code == 0
    ledger.witness[-1] = "\n"
    assert ask(ledger.write(tmp_path / "export")).code == 0
