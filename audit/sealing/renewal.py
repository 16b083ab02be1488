"""Begins a new name for the ledger, when the old one cannot go on or its key is to be replaced (``renew_origin``).

What was signed stays signed: the new name says after which of the old one's checkpoints it goes on, and an entry of
the ledger says so too, since the list of names is signed by nobody. Whatever the old name signed beyond that is on a
branch that was given up; those who hold such a checkpoint can show what was lost.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from audit.ledger import merkle
from audit.sealing import anchors, batches as sealing, origins, signing


@dataclass(frozen=True, slots=True)
class Found:
    """How things stand before a new name begins: the tree, what was signed last, the last note that fits."""

    origin: origins.Origin
    size: int
    signed: signing.Last | None
    has_key: bool
    #: The last good checkpoint: of what name, how large, and its root.
    good: signing.Last

    @property
    def lost(self) -> int:
        """How many entries were signed under the old name beyond the last good checkpoint."""
        return max(0, self.signed.size - self.good.size) if self.signed else 0

    def sentences(self) -> list[str]:
        """Return what was found, in words for the two people who decide."""
        told = [
            f"今の台帳名: {self.origin.name}",
            f"台帳: {self.size} 件",
            f"最後に署名したとき: {self.signed.size} 件" if self.signed else "最後に署名したときの控え: ありません",
            f"台帳と一致する最後のチェックポイント: {self.good.size} 件（根 {self.good.root.hex()}）",
        ]
        if self.lost:
            told.append(
                f"注意: 署名した {self.lost} 件が台帳にないか、違う内容になっています。"
                "控えからの復元のためでなければ、改ざんです。保管先のチェックポイントと証人ファイルを保全してください。"
            )
        if not self.has_key:
            told.append("注意: 署名鍵がありません。--new-key を付けてください。")
        return told


def find(database: psycopg.Connection[Any], directory: Path) -> Found:
    """Look how things stand. Raises ``LookupError`` when the ledger has no name yet."""
    origin = origins.current(database)
    if origin is None:
        raise LookupError
    try:
        signed = signing.read_last(directory)
    except signing.SigningRefusedError:
        signed = None
    try:
        origins.read_seed(directory)
        has_key = True
    except origins.KeyUnavailableError:
        has_key = False
    size, _root = sealing.last_checkpoint(database)
    return Found(origin, size, signed, has_key, _last_good(database, origin))


def renew(
    database: psycopg.Connection[Any],
    directory: Path,
    found: Found,
    *,
    name: str,
    new_key: bool,
    is_key_trusted: bool,
) -> origins.Origin:
    """Begin ``name``, going on after the last good checkpoint, with a new key if wanted; return it.

    A key that is replaced as planned (``is_key_trusted``) signs the next checkpoint once more beside the new one; one
    that was lost or stolen signs nothing more. Killed on the way, it may be begun again.
    """
    with signing.alone(directory):
        if new_key:
            origins.retire_seed(directory, signs_once_more=is_key_trusted and found.has_key)
            if not is_key_trusted and (directory / origins.FORMER_KEY_FILE).exists():
                origins.destroy_seed(directory, origins.FORMER_KEY_FILE)
            origins.make_seed(directory)
        # first the database: a state without its name signs nothing, a name without its state neither
        with database.transaction():
            database.execute("SELECT pg_advisory_xact_lock(%s)", [origins.LOCK])
            origin = origins.begin(
                database,
                name,
                origins.read_seed(directory),
                after=(found.good.origin, found.good.size, found.good.root),
            )
        signing.write_last(directory, signing.Last(name, found.good.size, found.good.root))
    return origin


def _last_good(database: psycopg.Connection[Any], origin: origins.Origin) -> signing.Last:
    """Return the last checkpoint signed under ``origin`` that lies on the tree; without any, where it began."""
    tree = anchors.Tree(database)
    for size, text in database.execute(
        "SELECT size, text FROM audit.note WHERE origin = %s ORDER BY size DESC", [origin.name]
    ):
        if size <= tree.size and not tree.trouble_with(text):
            return signing.Last(origin.name, size, tree.root(size))
    begun_at = origin.after_size or 0
    if begun_at and begun_at <= tree.size and tree.root(begun_at) == origin.after_root:
        return signing.Last(origin.name, begun_at, tree.root(begun_at))
    return signing.Last(origin.name, 0, merkle.EMPTY_ROOT)
