"""One entry's proof, as a text for a court or a resident: what it says, and what shows that it was not changed.

The text begins with the entry in words, for people; below stands the proof itself (C2SP tlog-proof), for programs.
Nothing above the proof is evidence, and a check reads all of it from the proof again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _, gettext_lazy

from audit import vocabulary
from audit.ledger import notes, proofs, tiles
from audit.ledger.body import Body, decode
from audit.sealing import origins
from audit.verifying.reading import Connection, Ledger

_JAPAN = timedelta(hours=9)
_RESULTS: Final = {"DONE": gettext_lazy("実行"), "REFUSED": gettext_lazy("拒否"), "FAILED": gettext_lazy("失敗")}
HEADING: Final = "操作記録の証明書 / Proof of an audit entry"
RULE: Final = "──── ここから下が証明です（c2sp.org/tlog-proof@v1）。1文字も変えないでください ────"


class NotProvableError(Exception):
    """There is no proof of this entry, or not yet. The text says why and what to do."""


class AmbiguousError(NotProvableError):
    """Two entries have this number: a proof of one would be shown for the other."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """An entry's proof: the text to hand over, where the entry stands, and the signed checkpoint that it leads to."""

    text: str
    position: int
    checkpoint: notes.Checkpoint


def prove(connection: Connection, event_id: UUID) -> Certificate:
    """Return the proof of an entry, leading to the first signed checkpoint that covers it. Raises NotProvableError."""
    ledger = Ledger(connection)
    found = ledger.ask(
        "SELECT l.idx, e.body FROM audit.event e LEFT JOIN audit.leaf l ON l.event_at = e.at AND l.event_id = e.id"
        " WHERE e.id = %s ORDER BY l.idx LIMIT 2",
        (event_id,),
    )
    if not found:
        raise NotProvableError(
            _("この番号の記録は台帳にありません（番号が違うか、保存期間が過ぎて削除されたか、失われています）。")
        )
    if len(found) > 1:
        raise AmbiguousError(
            _(
                "同じ番号の記録が2件あるため、証明を作りません。「記録の封印と検証」で検証し、監査担当に知らせてください。"
            )
        )
    position, body = found[0]
    if position is None:
        raise NotProvableError(
            _("まだ封印されていません。封印は書込みの数秒後です。少し待ってからやり直してください。")
        )
    noted = ledger.ask("SELECT text FROM audit.note WHERE size > %s ORDER BY size, signed_at LIMIT 1", (position,))
    if not noted:
        raise NotProvableError(
            _("位置 %(position)s に封印されていますが、まだ署名されていません。署名は数秒後です。")
            % {"position": position}
        )
    note = str(noted[0][0])
    checkpoint = notes.read_checkpoint(note)
    try:
        proof = proofs.make(
            index=position, body=bytes(body), checkpoint=checkpoint, note=note, node=tiles.nodes(ledger.tiles())
        )
    except (proofs.UnprovenError, tiles.MissingTileError) as error:
        raise NotProvableError(
            _("台帳の内容が署名と合わないため、証明を作れません。「記録の封印と検証」で検証してください。")
        ) from error
    said = rendered(decode(bytes(body)), position, checkpoint)
    return Certificate(f"{HEADING}\n\n{said}\n{RULE}\n{proof}", position, checkpoint)


def verify(text: str | bytes, keys: Iterable[notes.VerifierKey]) -> tuple[proofs.Proven, str]:
    """Return what a proof proves to whoever trusts ``keys``, and the entry in words, made from the proof alone.

    Raises what ``proofs.verify`` raises, and :class:`audit.ledger.body.MalformedBodyError`.
    """
    whole = text.encode() if isinstance(text, str) else text
    proven = proofs.verify(proofs.without_words(whole), keys)
    return proven, rendered(decode(proven.body), proven.index, proven.checkpoint)


def keys_of(connection: Connection) -> list[notes.VerifierKey]:
    """Return the office's own public keys."""
    return [one.key for one in origins.every(Ledger(connection).connection)]


def rendered(body: Body, position: int, checkpoint: notes.Checkpoint) -> str:
    """Return what an entry says in words, a line for each thing. No names: they are no part of the evidence."""
    lines = [
        (_("台帳"), checkpoint.origin),
        (_("台帳の位置"), _("%(position)s（%(size)s件のうち）") % {"position": position, "size": checkpoint.size}),
        (_("記録番号"), body.id),
        (_("日時"), _("%(at)s（日本時間）") % {"at": _local(body.at)}),
        (_("操作"), f"{vocabulary.label(body.action)}（{body.action}）"),
        (_("結果"), f"{_RESULTS.get(body.result, body.result)}（{body.result}）"),
        (_("利用者番号"), body.actor_id),
        (_("役割"), "・".join(vocabulary.role_label(code) for code in body.actor_roles.split(",") if code)),
        (_("所属"), body.actor_section),
        (_("対象の種類"), body.subject_kind),
        (_("対象の識別子"), body.subject_id),
        (_("対象"), body.subject_label),
        (_("受給者の識別子"), body.person_id),
        (_("目的"), vocabulary.purpose_label(body.purpose)),
        (_("閲覧の背景"), body.explanation),
        (_("理由の指紋（SHA-256）"), body.reason_hash.hex() if body.reason_hash else None),
        *((vocabulary.detail_label(key), value) for key, value in body.details.items()),
        (_("端末"), body.client),
        (_("セッション"), body.session),
        (_("要求番号"), body.request_id),
    ]
    return "".join(f"{name}：{value}\n" for name, value in lines if value not in (None, ""))


def _local(at: datetime) -> str:
    return f"{at.astimezone(UTC) + _JAPAN:%Y-%m-%d %H:%M:%S.%f}"
