"""Verifies an exported ledger on a machine that knows neither the office's server nor its database.

    python -m audit.offline DIR                        everything: signatures, bodies, tiles, chains, anchors
    python -m audit.offline verify-since OLD DIR       what was added since the checkpoint in the file OLD
    python -m audit.offline compare-anchors DIR        whether all checkpoints kept elsewhere lie on this ledger
    python -m audit.offline find-gaps DIR              what is not there
    python -m audit.offline prove DIR EVENT            one entry's proof, for a court or a resident
    python -m audit.offline verify-proof FILE --vkey K

Needs Python and ``cryptography``. Exit code 0: good. 1: faults, one line each. 2: the input cannot be read.
"""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import chain
from pathlib import Path
from uuid import UUID

from audit.ledger import body as bodies, merkle, notes, proofs, tiles, walk
from audit.ledger.folder import ANCHORS, CHECKPOINT, Folder, UnreadableError

GOOD, FAULTY, UNREADABLE = 0, 1, 2
#: After so many lines the rest is only counted.
MOST_LINES = 10_000

_JAPAN = timezone(timedelta(hours=9))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


@dataclass(slots=True)
class Findings:
    """Says each finding at once and keeps only their number. ``only_gaps`` leaves other faults to be counted."""

    only_gaps: bool = False
    faults: int = 0
    others: int = 0
    unread: int = 0
    notices: list[str] = field(default_factory=list)

    def fault(self, words: str, position: int | None = None, event: UUID | None = None, *, gap: bool = False) -> None:
        """Say what disagrees, unless it is not asked for."""
        if self.only_gaps and not gap:
            self.others += 1
            return
        self.faults += 1
        self._say(words, position, event)

    def unreadable(self, words: str, position: int | None = None) -> None:
        """Say what cannot be read."""
        self.unread += 1
        self._say(words, position, None)

    def notice(self, words: str) -> None:
        """Keep what is no fault for the end."""
        if len(self.notices) < MOST_LINES:
            self.notices.append(words)

    @property
    def code(self) -> int:
        """The exit code: what disagrees weighs more than what cannot be read."""
        if self.faults or self.others:
            return FAULTY
        return UNREADABLE if self.unread else GOOD

    def end(self) -> None:
        """Say what was only counted."""
        said = self.faults + self.unread
        if said > MOST_LINES:
            _say(f"ほかに {said - MOST_LINES} 件 ({said - MOST_LINES} more)")
        if self.others:
            _say(f"ほかの種類の異常が {self.others} 件あります ({self.others} faults of other kinds: see verify-log)")
        for words in self.notices:
            _say(f"注意: {words}")

    def _say(self, words: str, position: int | None, event: UUID | None) -> None:
        if self.faults + self.unread <= MOST_LINES:
            _say(f"position {'-' if position is None else position} event {event or '-'}: {words}")


def verify_log(arguments: argparse.Namespace) -> int:
    """Check everything in an export."""
    folder, findings = Folder(arguments.directory), Findings()
    files = walk.check_manifest(folder, findings)
    one = walk.Walk(folder, findings, mac_key=_mac_key(arguments), pinned=_pinned(arguments))
    walked = one.run()
    walked.witness_lines = walk.check_witness(folder, findings, walked.checkpoint.size, walked.last_at)
    return _ended(findings, walked, f"ファイル {files} ({files} files)", keys=one.signatures)


def verify_since(arguments: argparse.Namespace) -> int:
    """Check that the ledger goes on from an older checkpoint, and what was added since."""
    folder, findings = Folder(arguments.directory), Findings()
    one = walk.Walk(folder, findings, mac_key=_mac_key(arguments), pinned=_pinned(arguments))
    since = _older_checkpoint(arguments.old, one.signatures)
    if since.size <= one.size:
        _check_consistency(folder, findings, since, one.newest, "以前のチェックポイント")
    walked = one.run(since)
    return _ended(findings, walked, f"{since.size} 件目から (since {since.size})", keys=one.signatures)


def compare_anchors(arguments: argparse.Namespace) -> int:
    """Check that every checkpoint kept elsewhere, on paper too, lies on this ledger."""
    folder, findings = Folder(arguments.directory), Findings()
    signatures = walk.Signatures(folder, findings, _pinned(arguments))
    newest = signatures.opened(CHECKPOINT)
    compared = 0
    for name in chain.from_iterable(folder.anchors()):
        for where, note in folder.notes_in(name):
            compared += 1
            _check_consistency(folder, findings, signatures.opened(where, note), newest, where)
    for paper in arguments.paper:
        compared += 1
        _check_consistency(folder, findings, _on_paper(paper), newest, f"紙の控え「{paper}」")
    if not compared:
        raise UnreadableError(ANCHORS, "比べる控えがありません (there is nothing to compare)")
    findings.end()
    if findings.code == GOOD:
        _say(f"控え {compared} 件はすべてこの台帳の上にあります (all {compared} checkpoints kept elsewhere lie on it)")
    return findings.code


def find_gaps(arguments: argparse.Namespace) -> int:
    """Look for what is not there: entries of the witness, of chains, bodies, rows."""
    folder, findings = Folder(arguments.directory), Findings(only_gaps=True)
    one = walk.Walk(folder, findings, mac_key=_mac_key(arguments), pinned=_pinned(arguments))
    walked = one.run()
    walked.witness_lines = walk.check_witness(folder, findings, walked.checkpoint.size, walked.last_at)
    return _ended(findings, walked, "抜けはありません (nothing is missing)", keys=one.signatures)


def prove(arguments: argparse.Namespace) -> int:
    """Write the proof of one entry."""
    folder, findings = Folder(arguments.directory), Findings()
    checkpoint = walk.Signatures(folder, findings, _pinned(arguments)).opened(CHECKPOINT)
    if findings.code != GOOD:
        return findings.code
    found = _find(folder, arguments.event, checkpoint.size)
    if found is None:
        raise UnreadableError(str(arguments.event), "この番号の記録がありません (there is no such entry)")
    index, body = found
    node = tiles.nodes(folder.tiles(checkpoint.size))
    note = folder.note(CHECKPOINT).decode()
    text = proofs.make(index=index, body=body, checkpoint=checkpoint, note=note, node=node)
    if arguments.out is None:
        sys.stdout.write(text)
    else:
        arguments.out.write_text(text, encoding="utf-8", newline="\n")
        _say(f"{arguments.out} に書きました (written): {index} 番, 全 {checkpoint.size} 件")
    return GOOD


def verify_proof(arguments: argparse.Namespace) -> int:
    """Check one entry's proof and show what it says."""
    folder = Folder(arguments.file.parent)
    text = proofs.without_words(folder.read(arguments.file.name, proofs.MOST_BYTES))
    keys = [notes.VerifierKey.parse(key) for key in sorted(_pinned(arguments))]
    proven = proofs.verify(text, keys)
    body = bodies.decode(proven.body)
    _say("正しい証明です (the proof is good)")
    _say(f"  台帳 (log):        {proven.checkpoint.origin}")
    _say(f"  位置 (position):   {proven.index} / {proven.checkpoint.size}")
    _say(f"  記録 (event):      {body.id}")
    _say(f"  日時 (at):         {_moment(body.at)}")
    _say(f"  操作 (action):     {body.action} {body.result}")
    _say(f"  職員 (actor):      {'-' if body.actor_id is None else body.actor_id}")
    _say(f"  対象者 (person):   {body.person_id or '-'}")
    _say(f"  目的 (purpose):    {body.purpose or '-'}")
    return GOOD


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "verify-log": verify_log,
    "verify-since": verify_since,
    "compare-anchors": compare_anchors,
    "find-gaps": find_gaps,
    "prove": prove,
    "verify-proof": verify_proof,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Whatever the input holds, no traceback comes of it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a console of another code page shows at least something
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] not in COMMANDS and not words[0].startswith("-"):
        words.insert(0, "verify-log")
    arguments = _parser().parse_args(words)
    try:
        return COMMANDS[arguments.command](arguments)
    except (proofs.UnprovenError, notes.BadSignatureError) as error:
        _say(f"position - event -: {error}")
        return FAULTY
    except tiles.MissingTileError as error:
        return _unreadable(str(error))
    except bodies.MalformedBodyError as error:
        return _unreadable(f"本文の形式が正しくありません (malformed body: {error})")
    except (UnreadableError, notes.MalformedNoteError, proofs.MalformedProofError) as error:
        return _unreadable(str(error))
    except tiles.MalformedBundleError as error:
        return _unreadable(str(error))
    except RecursionError:
        return _unreadable("入れ子が深すぎます (nested too deeply)")
    except OSError as error:
        return _unreadable(f"読み書きできません (cannot be read or written: {error.strerror})")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m audit.offline", description="監査台帳の検証 (verify an audit ledger)"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        one = commands.add_parser(name, help=(command.__doc__ or "").split("\n")[0])
        if name == "verify-since":
            one.add_argument("old", type=Path, metavar="OLD")
        if name == "verify-proof":
            one.add_argument("file", type=Path, metavar="FILE")
        else:
            one.add_argument("directory", type=Path, metavar="DIR")
        if name == "prove":
            one.add_argument("event", type=UUID, metavar="EVENT")
            one.add_argument("--out", type=Path)
        if name == "compare-anchors":
            one.add_argument("--paper", action="append", default=[], metavar='"SIZE ROOT"')
        if name in {"verify-log", "verify-since", "find-gaps"}:
            one.add_argument("--mac-key", type=Path, help="アプリの認証鍵 (the application's key, to check MACs too)")
        one.add_argument(
            "--vkey",
            action="append",
            default=[],
            required=name == "verify-proof",
            help="控えの検証鍵、またはそのファイル (a public key known from elsewhere, or a file of them)",
        )
    return parser


def _unreadable(words: str) -> int:
    sys.stderr.write(f"{words}\n")
    return UNREADABLE


def _pinned(arguments: argparse.Namespace) -> frozenset[str]:
    """Return the keys that the auditor brought, each given itself or as a file with one a line."""
    keys: set[str] = set()
    for given in arguments.vkey:
        path = Path(given)
        is_key = given.count("+") >= 2 and not path.is_file()
        lines = [given] if is_key else _read(path, notes.MOST_BYTES).decode("utf-8", "replace").splitlines()
        keys.update(str(notes.VerifierKey.parse(line.strip())) for line in lines if line.strip())
    if arguments.vkey and not keys:
        raise UnreadableError("--vkey", "検証鍵がありません (there are no keys)")
    return frozenset(keys)


def _mac_key(arguments: argparse.Namespace) -> bytes | None:
    if arguments.mac_key is None:
        return None
    try:
        key = bytes.fromhex(_read(arguments.mac_key, 1024).decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != bodies.HASH_BYTES:
        raise UnreadableError(arguments.mac_key.name, "鍵ではありません (not 32 bytes as hex)")
    return key


def _read(path: Path, most: int) -> bytes:
    return Folder(path.parent).read(path.name, most)


def _older_checkpoint(path: Path, signatures: walk.Signatures) -> notes.Checkpoint:
    """Return the checkpoint that the auditor kept, once its signature is good."""
    note = _read(path, notes.MOST_BYTES)
    origin = signatures.origins.get(notes.read_checkpoint(note).origin)
    if origin is None:
        raise notes.BadSignatureError("知らない名前の署名です (signed under a name not among the origins)")
    return notes.open_checkpoint(note, [origin.key])


def _on_paper(text: str) -> notes.Checkpoint:
    """Return the size and root that were typed in from a sheet; the root as base64 or hex."""
    size, _space, root = text.strip().partition(" ")
    root = root.strip()
    if len(root) == 2 * merkle.HASH_BYTES:
        try:
            return notes.Checkpoint("", notes.number(size), bytes.fromhex(root))
        except ValueError:
            pass
    return notes.Checkpoint("", notes.number(size), notes.hash_from_base64(root))


def _check_consistency(
    folder: Folder, findings: Findings, old: notes.Checkpoint, newest: notes.Checkpoint, where: str
) -> None:
    """Prove from the tiles that one checkpoint is the beginning of another, and check the proof."""
    if old.size > newest.size:
        findings.fault(f"{where}: 台帳は {newest.size} 件で、{old.size} 件に届きません (the ledger ends before it)")
        return
    proof = merkle.consistency_proof(old.size, newest.size, tiles.nodes(folder.tiles(newest.size)))
    if not merkle.proves_consistency(
        proof, first=old.size, first_root=old.root, second=newest.size, second_root=newest.root
    ):
        words = f"{where}: {old.size} 件目までがこの台帳と違います (not the beginning of this ledger)"
        findings.fault(words, max(old.size - 1, 0))


def _find(folder: Folder, event: UUID, size: int) -> tuple[int, bytes] | None:
    for n in range(-(-size // tiles.WIDTH)):
        entries = folder.bundle(n, tiles.width_of(0, n, size)) or ()
        for index, entry in enumerate(entries, n * tiles.WIDTH):
            if event.bytes in entry[:32] and bodies.decode(entry).id == event:
                return index, entry
    return None


def _ended(findings: Findings, walked: walk.Walked, note: str, *, keys: walk.Signatures) -> int:
    """Say the summary and return the exit code."""
    findings.end()
    if findings.code != GOOD:
        total = findings.faults + findings.unread
        _say(f"異常 {total} 件 ({total} faults)")
        return findings.code
    checkpoint = walked.checkpoint
    _say(f"台帳は正しい状態です (the ledger is good). {note}")
    _say(f"  名前 (origin):        {checkpoint.origin}")
    _say(f"  件数 (size):          {checkpoint.size}")
    _say(f"  根 (root):            {checkpoint.text().splitlines()[2]}")
    _say(f"  検証した本文 (bodies): {walked.entries}")
    if walked.pruned:
        _say(f"  保存期間満了 (pruned): {walked.pruned}")
    if walked.first_at and walked.last_at:
        _say(f"  期間 (period):        {_moment(walked.first_at)} ～ {_moment(walked.last_at)}")
    _say(f"  署名 (checkpoints):   {walked.checkpoints}")
    _say(f"  控え (anchors):       {walked.anchors}")
    _say(f"  書込み系列 (writers): {walked.writers}")
    _say(f"  証人の行 (witness):   {walked.witness_lines}")
    for origin in keys.origins.values():
        _say(f"  検証鍵 (vkey):        {origin.key}")
    return GOOD


def _moment(at: datetime) -> str:
    try:
        return at.astimezone(_JAPAN).isoformat(timespec="seconds")
    except OverflowError:
        return str(at)


if __name__ == "__main__":
    sys.exit(main())
