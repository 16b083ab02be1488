"""Signed notes and checkpoints: the format's own example, and everything that is not quite one."""

import base64

import pytest
from hypothesis import given, settings, strategies as st

from audit.ledger import merkle, notes

ORIGIN = "kyufu.example.lg.jp/ledger"
KEY = notes.SigningKey(ORIGIN, bytes(range(32)))
OTHER = notes.SigningKey("witness.example", bytes(32))
CHECKPOINT = notes.Checkpoint(ORIGIN, 20_852_163, merkle.leaf_hash(b"root"))
NOTE = notes.sign(CHECKPOINT.text(), KEY)

# from the description of the Go checksum database's notes (golang.org/x/mod/sumdb/note): a published key and its note
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETERS_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_that_others_have_published_opens() -> None:
    key = notes.VerifierKey.parse(PETER)

    opened = notes.open_note(f"{PETERS_TEXT}\n{PETERS_LINE}", [key])

    assert (opened.text, opened.signed_by) == (PETERS_TEXT, (key,))
    assert str(key) == PETER


def test_a_key_is_its_name_its_id_and_its_bytes() -> None:
    name, key_id, encoded = str(KEY.verifier).split("+", 2)

    assert name == ORIGIN
    assert bytes.fromhex(key_id) == KEY.verifier.key_id
    assert base64.b64decode(encoded) == b"\x01" + KEY.verifier.public
    assert notes.VerifierKey.parse(str(KEY.verifier)) == KEY.verifier
    assert "bytes" not in repr(KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER.replace("Peter", "Paul"),
        PETER.replace("+AR", "+BR"),
        PETER[:-4],
        f"{PETER}=",
        PETER.replace("PeterNeumann", ""),
        PETER.replace("PeterNeumann", "Peter Neumann"),
        PETER.replace("PeterNeumann", "Peter\u3000Neumann"),
    ],
)
def test_what_is_not_quite_a_key_is_none(text: str) -> None:
    with pytest.raises(notes.MalformedNoteError):
        notes.VerifierKey.parse(text)


def test_a_checkpoint_is_three_lines() -> None:
    assert CHECKPOINT.text() == f"{ORIGIN}\n20852163\n{base64.b64encode(CHECKPOINT.root).decode()}\n"
    assert notes.open_checkpoint(NOTE, [KEY.verifier]) == CHECKPOINT
    assert notes.open_checkpoint(NOTE.encode(), [OTHER.verifier, KEY.verifier]) == CHECKPOINT
    assert notes.read_checkpoint(NOTE) == CHECKPOINT


def test_a_checkpoint_may_say_more() -> None:
    more = notes.Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT, ("一つ", "二つ"))

    assert notes.open_checkpoint(notes.sign(more.text(), KEY), [KEY.verifier]) == more


@pytest.mark.parametrize(
    "wrong",
    [
        notes.Checkpoint("", 1, bytes(32)),
        notes.Checkpoint("a\nb", 1, bytes(32)),
        notes.Checkpoint("a\tb", 1, bytes(32)),
        notes.Checkpoint("a", -1, bytes(32)),
        notes.Checkpoint("a", 1 << 63, bytes(32)),
        notes.Checkpoint("a", 1, bytes(31)),
        notes.Checkpoint("a", 1, bytes(32), ("",)),
        notes.Checkpoint("a", 1, bytes(32), ("b\nc",)),
        notes.Checkpoint("\ud800", 1, bytes(32)),
    ],
)
def test_what_no_checkpoint_may_say_is_not_signed(wrong: notes.Checkpoint) -> None:
    with pytest.raises(notes.MalformedNoteError):
        wrong.text()


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n5\n{ROOT}",
        f"{ORIGIN}\n5\n",
        f"{ORIGIN}\n05\n{ROOT}\n",
        f"{ORIGIN}\n+5\n{ROOT}\n",
        f"{ORIGIN}\n 5\n{ROOT}\n",
        f"{ORIGIN}\n５\n{ROOT}\n",
        f"{ORIGIN}\n5_0\n{ROOT}\n",
        f"{ORIGIN}\n-0\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 19}\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 9000}\n{ROOT}\n",
        f"{ORIGIN}\n5\n{ROOT[:-2]}B=\n",
        f"{ORIGIN}\n5\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n5\n{ROOT}=\n",
        f"{ORIGIN}\n5\n{ROOT} \n",
        f"{ORIGIN}\n5\n{ROOT[:20]}\n{ROOT[20:]}\n",
        f"{ORIGIN}\r\n5\n{ROOT}\n",
        f"{ORIGIN}\n5\n{ROOT}\n\n",
        f"\n5\n{ROOT}\n",
        f"{ORIGIN}\n\n5\n{ROOT}\n",
        f"{ORIGIN}\x00\n5\n{ROOT}\n",
    ],
)
def test_what_is_not_quite_a_checkpoint_is_none(text: str) -> None:
    with pytest.raises(notes.MalformedNoteError):
        notes.Checkpoint.parse(text)


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    note = notes.sign(CHECKPOINT.text(), OTHER, KEY)
    namesake = notes.SigningKey(ORIGIN, bytes(31) + b"\x01")

    assert notes.open_note(note, [KEY.verifier]).signed_by == (KEY.verifier,)
    assert set(notes.open_note(note, [KEY.verifier, OTHER.verifier]).signed_by) == {KEY.verifier, OTHER.verifier}
    with pytest.raises(notes.BadSignatureError, match="no known key"):
        notes.open_note(note, [namesake.verifier])
    with pytest.raises(notes.BadSignatureError, match="no known key"):
        notes.open_note(note, [])


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    text = CHECKPOINT.text()
    wrong = notes.sign(text.replace("2", "3"), OTHER).rpartition("\n\n")[2]

    with pytest.raises(notes.BadSignatureError, match="does not fit"):
        notes.open_note(notes.sign(text, KEY) + wrong, [KEY.verifier, OTHER.verifier])
    assert notes.open_note(notes.sign(text, KEY) + wrong, [KEY.verifier]).text == text


def test_a_signature_of_the_wrong_length_is_no_signature() -> None:
    line = base64.b64encode(KEY.verifier.key_id + bytes(63)).decode()

    with pytest.raises(notes.BadSignatureError):
        notes.open_note(f"{CHECKPOINT.text()}\n— {ORIGIN} {line}\n", [KEY.verifier])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note[:-1],
        lambda note: note + "\n",
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("— ", "—  "),
        lambda note: note.replace("— ", "—"),
        lambda note: note.replace("\n", "\r\n"),
        lambda note: note.replace("\n\n", "\n\n\t"),
        lambda note: note.rpartition("\n\n")[0] + "\n\n",
        lambda note: note.encode("utf-16"),
        lambda note: note.encode() + b"\xff\n",
        lambda note: note.replace("ledger\n", "ledger\ud800\n"),
        lambda note: note + "— a AAAA\n",
        lambda note: note + "— a+b AAAAAAAA\n",
        lambda note: note + note.splitlines(keepends=True)[-1] * 64,
        lambda note: "x" * (notes.MOST_BYTES + 1) + note,
        lambda note: "",
    ],
)
def test_what_is_not_quite_a_note_is_none(spoil) -> None:  # noqa: ANN001  (text or bytes from text)
    with pytest.raises(notes.MalformedNoteError):
        notes.open_note(spoil(NOTE), [KEY.verifier])


def test_sixteen_signatures_are_accepted() -> None:
    witnesses = [notes.SigningKey(f"witness{n}", bytes([n] * 32)) for n in range(16)]

    assert len(notes.open_note(notes.sign("text\n", *witnesses), [one.verifier for one in witnesses]).signed_by) == 16


def test_a_text_may_hold_empty_lines() -> None:
    assert notes.open_note(notes.sign("one\n\n\ntwo\n", KEY), [KEY.verifier]).text == "one\n\n\ntwo\n"


@pytest.mark.parametrize("text", ["no newline", "", "a\rb\n", "\ud800\n"])
def test_what_cannot_be_a_note_is_not_signed(text: str) -> None:
    with pytest.raises(notes.MalformedNoteError):
        notes.sign(text, KEY)


def test_nothing_is_signed_by_nobody() -> None:
    with pytest.raises(notes.MalformedNoteError):
        notes.sign("text\n")


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_changed_note_is_not_accepted_as_something_else(data: st.DataObject) -> None:
    changed = mutated(NOTE.encode(), data)

    try:
        opened = notes.open_checkpoint(changed, [KEY.verifier])
    except (notes.MalformedNoteError, notes.BadSignatureError):
        return

    assert opened == CHECKPOINT


def mutated(whole: bytes, data: st.DataObject) -> bytes:
    """Return ``whole`` with bytes changed, put in, taken out, doubled or moved."""
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(changed)))
        end = min(len(changed), start + data.draw(st.integers(0, 8)))
        put = data.draw(st.one_of(st.binary(max_size=8), st.just(bytes(changed[start:end]) * 2)))
        changed[start:end] = put
    return bytes(changed)
