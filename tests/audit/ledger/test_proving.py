"""One entry's proof: what it says, when there is none yet, and that nothing of it can be changed."""

import uuid
from typing import Any
from uuid import UUID

import psycopg
import pytest

from audit.ledger import notes, proofs
from audit.verifying import proving
from tests.audit.ledger.copies import Copy


def at(reader: psycopg.Connection[Any], position: int) -> UUID:
    row = reader.execute("SELECT event_id FROM audit.leaf WHERE idx = %s", [position]).fetchone()
    assert row is not None
    event: UUID = row[0]
    return event


def test_every_entry_can_be_proven_to_whoever_has_the_key(reader: psycopg.Connection[Any], sealed: Copy) -> None:
    keys = proving.keys_of(reader)
    for position in (0, 5, 8, 255, 256, 263, 264, 511, 512, sealed.sizes[-1] - 1):
        event = at(reader, position)
        certificate = proving.prove(reader, event)
        proven, said = proving.verify(certificate.text, keys)
        assert (proven.index, certificate.position) == (position, position)
        assert certificate.checkpoint.size == min(size for size in sealed.sizes if size > position)
        assert f"記録番号：{event}" in said
        assert said in certificate.text


def test_it_says_the_entry_in_words_without_names(reader: psycopg.Connection[Any]) -> None:
    text = proving.prove(reader, at(reader, 301)).text
    for word in ("操作：", "役割：", "所属：地域保健課", "利用者番号：17", "端末：10.1.2.3", "（日本時間）"):
        assert word in text
    assert "見本 花子" not in text


def test_a_changed_proof_is_refused(reader: psycopg.Connection[Any]) -> None:
    keys = proving.keys_of(reader)
    text = proving.prove(reader, at(reader, 300)).text
    proof = text[text.index(f"\n{proofs.FIRST_LINE}\n") + 1 :]
    for at_character in range(0, len(proof), 61):
        other = "A" if proof[at_character] != "A" else "B"
        changed = proof[:at_character] + other + proof[at_character + 1 :]
        with pytest.raises(
            (proofs.MalformedProofError, proofs.UnprovenError, notes.MalformedNoteError, notes.BadSignatureError)
        ):
            proving.verify(changed, keys)


def test_words_above_the_proof_prove_nothing_and_harm_nothing(reader: psycopg.Connection[Any]) -> None:
    event = at(reader, 300)
    text = proving.prove(reader, event).text.replace("利用者番号：", "利用者番号：9").replace("\n", "\r\n")
    _proven, said = proving.verify(text, proving.keys_of(reader))
    assert "利用者番号：9" not in said


def test_another_offices_key_does_not_do(reader: psycopg.Connection[Any]) -> None:
    key = notes.SigningKey(proving.keys_of(reader)[0].name, bytes(32)).verifier
    with pytest.raises(notes.BadSignatureError):
        proving.verify(proving.prove(reader, at(reader, 3)).text, [key])


def test_what_waits_cannot_be_proven_yet(reader: psycopg.Connection[Any]) -> None:
    (waiting,) = reader.execute("SELECT id FROM audit.pending LIMIT 1").fetchone() or (uuid.uuid4(),)
    with pytest.raises(proving.NotProvableError, match="まだ封印されていません"):
        proving.prove(reader, waiting)


def test_what_is_not_there_cannot_be_proven(reader: psycopg.Connection[Any]) -> None:
    with pytest.raises(proving.NotProvableError, match="台帳にありません"):
        proving.prove(reader, uuid.uuid4())


def test_what_was_changed_is_not_proven(sealed: Copy) -> None:
    with sealed.connect() as intruder:
        event = at(intruder, 300)
        intruder.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_never_changed")
        intruder.execute("UPDATE audit.event SET body = set_byte(body, 99, 1) WHERE id = %s", [event])
        with pytest.raises(proving.NotProvableError, match="合わない"):
            proving.prove(intruder, event)
        intruder.rollback()
