"""Texts signed by keys that have names (C2SP signed-note), and checkpoints among them (C2SP tlog-checkpoint).

A checkpoint says: the log called *origin* has *size* entries, and this is the root above them. Whoever holds one and
its key can be shown no other log afterwards. Ed25519 only; signatures of other keys and kinds are passed over, as the
format asks, so that witnesses and a later kind of signature can stand beside it. No Django.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.ledger import merkle

SEED_BYTES = 32
MOST_BYTES = 1 << 18
MOST_SIGNATURES = 64
#: A position is a bigint in the database.
MOST_LEAVES = (1 << 63) - 1

_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_DASH = "— "
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class MalformedNoteError(ValueError):
    """The text is not a signed note, a key or a checkpoint. ``str()`` says which rule it breaks, in both languages."""


class BadSignatureError(Exception):
    """A known key's signature does not fit the text, or no known key has signed it."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key and the name it signs under. ``str()`` is the form to print and hand over: ``name+id+base64``."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != SEED_BYTES:
            raise MalformedNoteError("鍵の長さが違います (an Ed25519 key has 32 bytes)")

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand before each signature."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(_ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Return the key that ``text`` stands for. Raises :class:`MalformedNoteError`."""
        parts = text.split("+", 2)  # base64 may hold further plus signs
        if len(parts) != 3:
            raise MalformedNoteError("検証鍵は「名前+番号+base64」の形です (a key is name+id+base64)")
        name, key_id, encoded = parts
        key = from_base64(encoded)
        if key[:1] != _ED25519:
            raise MalformedNoteError("Ed25519 の検証鍵ではありません (not an Ed25519 key)")
        parsed = cls(name, key[1:])
        if key_id != parsed.key_id.hex():
            raise MalformedNoteError("検証鍵の番号が鍵と合いません (the key's id does not fit the key)")
        return parsed

    def signed(self, text: str, signature: bytes) -> bool:
        """Tell whether ``signature`` is this key's over ``text``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """A private key and the name it signs under."""

    __slots__ = ("_key", "verifier")

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, self._key.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"<SigningKey {self.verifier.name}>"

    def line(self, text: str) -> str:
        """Return the signature line under ``text``, with its newline."""
        signature = self.verifier.key_id + self._key.sign(text.encode())
        return f"{_DASH}{self.verifier.name} {_base64(signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was opened: what it says, and which of the known keys have signed it."""

    text: str
    signed_by: tuple[VerifierKey, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its name, how many entries it has, and the root above them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text to sign. Raises :class:`MalformedNoteError` for what no checkpoint may say."""
        text = "".join(f"{line}\n" for line in (self.origin, self.size, _base64(self.root), *self.extensions))
        if Checkpoint.parse(text) != self:
            raise MalformedNoteError("チェックポイントに改行が含まれています (a line holds a line break)")
        return text

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Return what ``text`` says. Raises :class:`MalformedNoteError`."""
        _check_text(text)
        lines = text[:-1].split("\n")
        if len(lines) < 3 or "" in lines:
            raise MalformedNoteError(
                "チェックポイントは空でない3行以上です (a checkpoint is three lines or more, none empty)"
            )
        origin, size, root, *extensions = lines
        return cls(origin, number(size), hash_from_base64(root), tuple(extensions))


def sign(text: str, *keys: SigningKey) -> str:
    """Return ``text`` as a note signed by each key. Raises :class:`MalformedNoteError` when it cannot be one."""
    _check_text(text)
    if not keys:
        raise MalformedNoteError("署名する鍵がありません (a note has at least one signature)")
    return text + "\n" + "".join(key.line(text) for key in keys)


def open_note(note: str | bytes, keys: Iterable[VerifierKey]) -> Note:
    """Return what the note says, once at least one of ``keys`` has signed it and none of them wrongly.

    Raises :class:`MalformedNoteError` when it is no note, :class:`BadSignatureError` otherwise.
    """
    text, signatures = _taken_apart(note)
    known = {(key.name, key.key_id): key for key in keys}
    signed_by: list[VerifierKey] = []
    for name, signature in signatures:
        key = known.get((name, signature[:_KEY_ID_BYTES]))
        if key is None:
            continue
        if not key.signed(text, signature[_KEY_ID_BYTES:]):
            raise BadSignatureError("署名が本文と合いません (a known key's signature does not fit the text)")
        signed_by.append(key)
    if not signed_by:
        raise BadSignatureError("知っている鍵の署名がありません (no known key has signed this)")
    return Note(text, tuple(dict.fromkeys(signed_by)))


def open_checkpoint(note: str | bytes, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Return the checkpoint in a note that at least one of ``keys`` has signed. Raises as :func:`open_note`."""
    return Checkpoint.parse(open_note(note, keys).text)


def read_checkpoint(note: str | bytes) -> Checkpoint:
    """Return the checkpoint that a note claims, looking at no signature: to find out whose key is to be asked."""
    return Checkpoint.parse(_taken_apart(note)[0])


def number(text: str) -> int:
    """Return a size or an index. Raises :class:`MalformedNoteError` for any but its one decimal form."""
    if not _NUMBER.fullmatch(text) or int(text) > MOST_LEAVES:
        raise MalformedNoteError("数は先頭に0のない10進数です (a number is decimal, without leading zeros)")
    return int(text)


def from_base64(text: str) -> bytes:
    """Return the bytes. Raises :class:`MalformedNoteError` unless ``text`` is the one way to write them."""
    try:
        value = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if not value or _base64(value) != text:
        raise MalformedNoteError("base64 の正しい書き方ではありません (not the canonical base64)")
    return value


def hash_from_base64(text: str) -> bytes:
    """Return a SHA-256 hash. Raises :class:`MalformedNoteError`."""
    value = from_base64(text)
    if len(value) != merkle.HASH_BYTES:
        raise MalformedNoteError("ハッシュの長さが違います (a hash has 32 bytes)")
    return value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _taken_apart(note: str | bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text of a note, and names and signatures as they stand below it."""
    if isinstance(note, str):
        note = note.encode("utf-8", "surrogatepass")  # what is no Unicode is then found out as in a file
    if len(note) > MOST_BYTES:
        raise MalformedNoteError("署名文が長すぎます (the note is too long)")
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise MalformedNoteError("UTF-8 ではありません (not UTF-8)") from None
    _check_text(whole)
    text, blank, below = whole.rpartition("\n\n")
    if not blank or not below:
        raise MalformedNoteError("空行の後に署名がありません (no signatures after an empty line)")
    lines = below[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise MalformedNoteError("署名が多すぎます (too many signatures)")
    return f"{text}\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    name, _space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH):
        raise MalformedNoteError("署名の行の形が違います (a signature line starts with a dash)")
    _check_name(name)
    signature = from_base64(encoded)
    if len(signature) <= _KEY_ID_BYTES:
        raise MalformedNoteError("署名が短すぎます (a signature is too short)")
    return name, signature


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name) or _CONTROL.search(name):
        raise MalformedNoteError("鍵の名前に空白や + は使えません (a key's name has no blanks and no plus)")


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise MalformedNoteError("最後の改行がありません (the last line has no newline)")
    if _CONTROL.search(text):
        raise MalformedNoteError("制御文字が含まれています (it holds control characters)")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MalformedNoteError("UTF-8 ではありません (not UTF-8)") from None
