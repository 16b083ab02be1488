"""That one entry is in the ledger, as a text that stands alone: C2SP tlog-proof.

For a court or a resident: the entry's body, its position, the hashes from its leaf to the root, and the signed
checkpoint. Whoever has the office's public key can check it without the office. No Django.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit.ledger import merkle, notes

FIRST_LINE = "c2sp.org/tlog-proof@v1"
MOST_BYTES = notes.MOST_BYTES + (1 << 17)
MOST_HASHES = 64


class MalformedProofError(ValueError):
    """The text is not a proof. ``str()`` says which rule it breaks, in both languages."""


class UnprovenError(Exception):
    """The text is a proof, but of something else: it does not lead from this body to this root."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands in a proof, unchecked. ``attached`` (extra data) is here the body; ``note`` is the checkpoint."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    attached: bytes | None = None

    def text(self) -> str:
        """Return the proof as it is handed over."""
        lines = [FIRST_LINE]
        if self.attached is not None:
            lines.append(f"extra {_base64(self.attached)}")
        lines.append(f"index {self.index}")
        lines += map(_base64, self.hashes)
        return "".join(f"{line}\n" for line in (*lines, "")) + self.note

    @classmethod
    def parse(cls, text: str | bytes) -> "Proof":
        """Return what stands in ``text``. Raises :class:`MalformedProofError`."""
        head, note = _taken_apart(text)
        first, *lines = head.split("\n")
        if first != FIRST_LINE:
            raise MalformedProofError(f"1行目が {FIRST_LINE} ではありません (the first line is not {FIRST_LINE})")
        try:
            attached = notes.from_base64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
            if not lines or not lines[0].startswith("index "):
                raise MalformedProofError("位置の行がありません (there is no line with the index)")
            index = notes.number(lines.pop(0)[6:])
            if len(lines) > MOST_HASHES:
                raise MalformedProofError("ハッシュが多すぎます (too many hashes)")
            return cls(index, tuple(map(notes.hash_from_base64, lines)), note, attached)
        except notes.MalformedNoteError as error:
            raise MalformedProofError(str(error)) from None


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof has shown: this body stands at this position of this log."""

    index: int
    body: bytes
    checkpoint: notes.Checkpoint


def make(*, index: int, body: bytes, checkpoint: notes.Checkpoint, note: str, node: merkle.NodeHash) -> str:
    """Return the proof of the entry at ``index`` in the tree that ``note``, the signed ``checkpoint``, closes.

    Raises :class:`UnprovenError` when the tree at hand does not lead there: a wrong proof is never handed out.
    """
    proof = Proof(index, tuple(merkle.inclusion_proof(index, checkpoint.size, node)), note, body)
    _check(proof.hashes, index=index, body=body, checkpoint=checkpoint)
    return proof.text()


def verify(text: str | bytes, keys: Iterable[notes.VerifierKey], *, body: bytes | None = None) -> Proven:
    """Return what ``text`` proves to whoever trusts ``keys``. ``body`` is needed when the proof does not carry it.

    Raises :class:`MalformedProofError`, :class:`notes.MalformedNoteError`, :class:`notes.BadSignatureError` or
    :class:`UnprovenError`.
    """
    proof = Proof.parse(text)
    if body is None:
        body = proof.attached
    if body is None:
        raise UnprovenError("証明に本文がありません (the proof does not carry the entry's body)")
    checkpoint = notes.open_checkpoint(proof.note, keys)
    _check(proof.hashes, index=proof.index, body=body, checkpoint=checkpoint)
    return Proven(proof.index, body, checkpoint)


def without_words(text: bytes) -> bytes:
    """Return the proof in a text that has words for people above it, and in one that a mail gave other line ends."""
    mark = f"{FIRST_LINE}\n".encode()
    whole = text.replace(b"\r\n", b"\n")
    return whole if whole.startswith(mark) else whole[whole.find(b"\n" + mark) + 1 :]


def _check(hashes: Sequence[bytes], *, index: int, body: bytes, checkpoint: notes.Checkpoint) -> None:
    leaf = merkle.leaf_hash(body)
    if not merkle.proves_inclusion(hashes, leaf=leaf, index=index, size=checkpoint.size, root=checkpoint.root):
        raise UnprovenError("本文から根にたどり着きません (the hashes do not lead from the body to the root)")


def _taken_apart(text: str | bytes) -> tuple[str, str]:
    """Return what stands before the first empty line, and the checkpoint after it."""
    if isinstance(text, bytes):
        try:
            text = text[: MOST_BYTES + 1].decode()
        except UnicodeDecodeError:
            raise MalformedProofError("UTF-8 ではありません (not UTF-8)") from None
    if len(text) > MOST_BYTES:
        raise MalformedProofError("証明が長すぎます (the proof is too long)")
    head, blank, note = text.partition("\n\n")
    if not blank:
        raise MalformedProofError("証明とチェックポイントの間の空行がありません (no empty line before the checkpoint)")
    return head, note


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
