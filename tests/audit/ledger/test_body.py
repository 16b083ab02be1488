"""An entry has one form in bytes, and only that form (A5, V2)."""

import os
import struct
import uuid
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, strategies as st

from audit.ledger.body import (
    MOST_BYTES,
    NO_LEAF,
    Body,
    MalformedBodyError,
    canonical_details,
    canonical_text,
    decode,
    encode,
    is_authentic,
    leaf_hash,
)

KEY = os.urandom(32)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40).map(canonical_text)
hashes = st.binary(min_size=32, max_size=32)
integers = st.integers(-(2**63), 2**63 - 1)
details = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers() | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
bodies = st.builds(
    Body,
    id=st.uuids(),
    at=st.integers(-(2**51), 2**53).map(lambda step: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=step)),
    writer=st.uuids(),
    writer_n=integers,
    previous=hashes,
    uncertain_writer=st.none() | st.uuids(),
    uncertain_n=st.none() | integers,
    seen_size=st.none() | integers,
    seen_root=st.none() | st.binary(min_size=8, max_size=8),
    action=texts.filter(bool),
    result=texts.filter(bool),
    actor_id=st.none() | integers,
    actor_roles=texts,
    actor_section=texts,
    subject_kind=texts,
    subject_id=texts,
    subject_label=texts,
    person_id=st.none() | st.uuids(),
    purpose=texts,
    explanation=texts,
    reason_hash=st.none() | hashes,
    details=details,
    client=st.none() | st.ip_addresses(),
    session=texts,
    request_id=st.none() | st.uuids(),
    salt=st.binary(min_size=16, max_size=16),
)


def body(**changes: Any) -> Body:
    said: dict[str, Any] = {
        "id": uuid.uuid4(),
        "at": datetime.now(UTC),
        "writer": uuid.uuid4(),
        "writer_n": 1,
        "previous": NO_LEAF,
        "action": "benefits.person.viewed",
        "result": "DONE",
        "salt": os.urandom(16),
        **changes,
    }
    return Body(**said)


@given(bodies)
def test_what_is_written_is_what_is_read(said: Body) -> None:
    whole = encode(said, KEY)

    assert decode(whole) == said
    assert encode(decode(whole), KEY) == whole
    assert is_authentic(whole, KEY)


@given(bodies, st.data())
def test_a_byte_that_was_changed_is_noticed(said: Body, data: st.DataObject) -> None:
    whole = bytearray(encode(said, KEY))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))

    assert not is_authentic(bytes(whole), KEY)
    assert leaf_hash(bytes(whole)) != leaf_hash(encode(said, KEY))


def test_what_is_left_out_is_not_written_as_empty() -> None:
    bare, said = encode(body(), KEY), encode(body(details={"count": 1}), KEY)
    begins = said.index(b'{"count":1}') - 3
    emptied = said[:begins] + b"\x20\x00\x02{}" + said[begins + 3 + len(b'{"count":1}') :]

    assert b"{}" not in bare
    with pytest.raises(MalformedBodyError, match="details"):
        decode(emptied)


@pytest.mark.parametrize("place", [-35, -34, -33])
def test_the_head_of_the_mac_is_part_of_what_is_authentic(place: int) -> None:
    whole = bytearray(encode(body(), KEY))
    whole[place] ^= 1

    assert not is_authentic(bytes(whole), KEY)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_entry_are_refused_and_nothing_else_happens(whole: bytes) -> None:
    with pytest.raises(MalformedBodyError):
        decode(whole)


@given(bodies, st.data())
def test_no_other_bytes_are_taken_for_the_same_entry(said: Body, data: st.DataObject) -> None:
    whole = bytearray(encode(said, KEY))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))

    try:
        other = decode(bytes(whole))
    except MalformedBodyError:
        return
    # its MAC apart, it is the canonical form of something else
    assert encode(other, KEY)[:-32] == bytes(whole[:-32])


def test_an_entry_begins_with_its_version_and_its_id() -> None:
    said = body()

    assert encode(said, KEY)[:4] == b"\x01\x01\x00\x10"
    assert encode(said, KEY)[4:20] == said.id.bytes


def test_the_salt_makes_two_entries_that_say_the_same_differ() -> None:
    said = body(salt=bytes(16))

    assert leaf_hash(encode(said, KEY)) != leaf_hash(encode(body(id=said.id, at=said.at, writer=said.writer), KEY))


@pytest.mark.parametrize(
    "broken",
    [
        lambda whole: whole[:-1],
        lambda whole: whole + b"\x00",
        lambda whole: b"\x02" + whole[1:],
        lambda whole: whole[:-35],
        # the first field once more, behind itself
        lambda whole: whole[:20] + whole[1:20] + whole[20:],
        # an unknown field in its place
        lambda whole: whole[:-35] + struct.pack(">BH", 251, 1) + b"x" + whole[-35:],
        lambda whole: whole.replace(struct.pack(">BH", 20, 22), struct.pack(">BH", 20, 0), 1),
    ],
    ids=["cut", "longer", "another version", "no MAC", "twice", "unknown", "empty"],
)
def test_what_is_not_canonical_is_refused(broken: Any) -> None:
    with pytest.raises(MalformedBodyError):
        decode(broken(encode(body(), KEY)))


@pytest.mark.parametrize("value", [1.5, {"a": 0.1}, [float("nan")], {1: "x"}, {"x": b"bytes"}, {"x": {1, 2}}])
def test_details_hold_texts_and_whole_numbers_only(value: Any) -> None:
    with pytest.raises(MalformedBodyError):
        canonical_details({"count": value})


def test_details_have_one_text_whatever_their_order() -> None:
    assert canonical_details({"b": 1, "a": "あ"}) == canonical_details({"a": "あ", "b": 1}) == '{"a":"あ","b":1}'


def test_a_truth_and_a_one_are_two_things() -> None:
    assert canonical_details({"again": True}) != canonical_details({"again": 1})


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(MalformedBodyError, match="too long"):
        encode(body(details={"conditions": "あ" * MOST_BYTES}), KEY)


def test_a_text_in_another_form_is_written_in_the_one_form() -> None:
    decomposed = "か\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}"

    assert decode(encode(body(actor_section=decomposed), KEY)).actor_section == "が"


def test_lone_surrogates_are_refused() -> None:
    with pytest.raises(MalformedBodyError):
        encode(body(subject_label="\ud800"), KEY)


def test_addresses_of_both_kinds_come_back() -> None:
    for text in ("10.1.2.3", "::1", "2001:db8::7"):
        assert decode(encode(body(client=ip_address(text)), KEY)).client == ip_address(text)


def test_a_moment_keeps_its_microseconds() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(microseconds=1)

    assert decode(encode(body(at=at), KEY)).at == at
