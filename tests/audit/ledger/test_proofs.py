"""One entry's proof as a text: it is the public format, it stands alone, and a changed one proves nothing else."""

import base64
from hashlib import sha256

import pytest
from hypothesis import given, settings, strategies as st

from audit.ledger import merkle, notes, proofs, tiles
from tests.audit.ledger.test_notes import mutated

ORIGIN = "kyufu.example.lg.jp/ledger"
KEY = notes.SigningKey(ORIGIN, bytes(range(32)))
SIZE = 1_000
BODIES = [sha256(str(n).encode()).digest() * 3 for n in range(SIZE)]
LEAVES = [merkle.leaf_hash(body) for body in BODIES]
TILES = tiles.grown(tiles.from_mapping({}), 0, LEAVES)
NODE = tiles.nodes(tiles.from_mapping(TILES))
CHECKPOINT = notes.Checkpoint(ORIGIN, SIZE, merkle.root_of(LEAVES))
NOTE = notes.sign(CHECKPOINT.text(), KEY)


def proof_of(index: int) -> str:
    return proofs.make(index=index, body=BODIES[index], checkpoint=CHECKPOINT, note=NOTE, node=NODE)


TEXT = proof_of(737)


def test_a_proof_is_a_text_of_the_public_format() -> None:
    lines = TEXT.splitlines()

    assert lines[:3] == [
        "c2sp.org/tlog-proof@v1",
        f"extra {base64.b64encode(BODIES[737]).decode()}",
        "index 737",
    ]
    blank = lines.index("")
    assert [base64.b64decode(line) for line in lines[3:blank]] == merkle.inclusion_proof(737, SIZE, NODE)
    assert TEXT.endswith(f"\n\n{NOTE}")


@pytest.mark.parametrize("index", [0, 1, 255, 256, 998, 999])
def test_a_proof_shows_what_stands_where_in_which_log(index: int) -> None:
    proven = proofs.verify(proof_of(index).encode(), [KEY.verifier])

    assert proven == proofs.Proven(index, BODIES[index], CHECKPOINT)


def test_a_proof_in_a_log_of_one_entry_needs_no_hashes() -> None:
    alone = notes.Checkpoint(ORIGIN, 1, LEAVES[0])
    text = proofs.make(
        index=0, body=BODIES[0], checkpoint=alone, note=notes.sign(alone.text(), KEY), node=lambda *_: LEAVES[0]
    )

    assert proofs.Proof.parse(text).hashes == ()
    assert proofs.verify(text, [KEY.verifier]).checkpoint == alone


def test_a_proof_without_the_body_needs_it_beside() -> None:
    without = "".join(line for line in TEXT.splitlines(keepends=True) if not line.startswith("extra "))

    assert proofs.verify(without, [KEY.verifier], body=BODIES[737]).index == 737
    with pytest.raises(proofs.UnprovenError, match="does not carry"):
        proofs.verify(without, [KEY.verifier])
    with pytest.raises(proofs.UnprovenError, match="do not lead"):
        proofs.verify(without, [KEY.verifier], body=BODIES[736])


def test_a_proof_of_another_office_proves_nothing_here() -> None:
    other = notes.SigningKey(ORIGIN, bytes(32))

    with pytest.raises(notes.BadSignatureError):
        proofs.verify(TEXT, [other.verifier])


def test_a_wrong_proof_is_not_handed_out() -> None:
    with pytest.raises(proofs.UnprovenError):
        proofs.make(index=5, body=BODIES[6], checkpoint=CHECKPOINT, note=NOTE, node=NODE)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("@v1", "@v2"),
        lambda text: text.replace("index 737", "index 0737"),
        lambda text: text.replace("index 737", "index -1"),
        lambda text: text.replace("index 737", "index  737"),
        lambda text: text.replace("index 737\n", ""),
        lambda text: text.replace("extra ", "extra  "),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("extra", "index 1\nextra"),
        lambda text: text.replace("index 737\n", "index 737\n" + f"{base64.b64encode(bytes(32)).decode()}\n" * 65),
        lambda text: text.replace("index 737\n", f"index 737\n{base64.b64encode(bytes(31)).decode()}\n"),
        lambda text: text.encode() + b"\xff",
        lambda text: "x" * 10_000_000 + text,
        lambda text: "",
        lambda text: "c2sp.org/tlog-proof@v1\n\n",
    ],
)
def test_what_is_not_quite_a_proof_is_none(spoil) -> None:  # noqa: ANN001  (text or bytes from text)
    with pytest.raises((proofs.MalformedProofError, notes.MalformedNoteError)):
        proofs.verify(spoil(TEXT), [KEY.verifier])


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_changed_proof_proves_nothing_else(data: st.DataObject) -> None:
    changed = mutated(TEXT.encode(), data)

    try:
        proven = proofs.verify(changed, [KEY.verifier])
    except (proofs.MalformedProofError, proofs.UnprovenError, notes.MalformedNoteError, notes.BadSignatureError):
        return

    assert proven == proofs.Proven(737, BODIES[737], CHECKPOINT)
