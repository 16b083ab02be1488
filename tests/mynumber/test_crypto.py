"""How a number is sealed: it opens for one person, one version, one key, and never when a bit has changed (A3)."""

import os
import stat
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit import keyfiles
from config.office import keys
from mynumber import crypto, keys as number_keys
from mynumber.crypto import Sealed
from tests.factories import my_number

PERSON = uuid.UUID("5f1c6c8e-0d43-4a53-9b7b-2a8a0c0f7c11")


@pytest.fixture
def number() -> str:
    return my_number()


@pytest.fixture
def own_keys(tmp_path: Path, settings: object) -> Iterator[Path]:
    """A directory of fresh keys for one test."""
    directory = tmp_path / "keys"
    keys.ensure(directory, data_exists=False)
    settings.KYUFU_KEYS_DIR = directory  # type: ignore[attr-defined]
    keyfiles.read.cache_clear()
    yield directory
    keyfiles.read.cache_clear()


def sealed(number: str, *, person: uuid.UUID = PERSON, version: int = 1, kek_id: int = 1) -> Sealed:
    return crypto.seal(number, person=person, version=version, kek_id=kek_id)


def does_not_open(broken: Sealed, *, person: uuid.UUID = PERSON, version: int = 1) -> None:
    with pytest.raises(crypto.SealBrokenError):
        crypto.unseal(broken, person=person, version=version)


def test_what_was_sealed_opens_again(number: str) -> None:
    one = sealed(number, version=3)

    assert crypto.unseal(one, person=PERSON, version=3) == number
    assert number.encode() not in one.body + one.wrapped


@pytest.mark.parametrize("part", ["body", "wrapped"])
def test_every_changed_byte_is_noticed(part: str, number: str) -> None:
    one = sealed(number)

    for place in range(len(getattr(one, part))):
        for change in (0x01, 0x80, 0xFF):
            changed = bytearray(getattr(one, part))
            changed[place] ^= change
            does_not_open(replace(one, **{part: bytes(changed)}))


@pytest.mark.parametrize("part", ["body", "wrapped"])
def test_a_part_of_the_seal_or_more_than_it_does_not_open(part: str, number: str) -> None:
    one = sealed(number)
    whole = getattr(one, part)

    for broken in (*(whole[:length] for length in range(len(whole))), whole + b"\0", whole + whole, b"\0" + whole):
        does_not_open(replace(one, **{part: broken}))


def test_a_seal_moved_to_another_person_or_version_does_not_open(number: str) -> None:
    one = sealed(number)

    does_not_open(one, person=uuid.uuid4())
    does_not_open(one, version=2)


@pytest.mark.parametrize("layer", ["_wrap_label", "_data_label"])
def test_either_layer_alone_keeps_a_seal_where_it_belongs(
    layer: str, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crypto, layer, lambda *_bound_to: b"nobody's")
    one = sealed(number)
    assert crypto.unseal(one, person=PERSON, version=1) == number

    for person, version in ((uuid.uuid4(), 1), (PERSON, 2)):
        does_not_open(one, person=person, version=version)


def test_neither_half_of_a_seal_fits_another(number: str) -> None:
    first, second, later, elses = (
        sealed(number),
        sealed(number),
        sealed(number, version=2),
        sealed(number, person=uuid.uuid4()),
    )

    for other in (second, later, elses):
        does_not_open(replace(first, wrapped=other.wrapped))
        does_not_open(replace(first, body=other.body))


def test_the_same_number_sealed_twice_shares_nothing_but_its_heading(number: str) -> None:
    first, second = sealed(number), sealed(number)

    assert first.body[:1] == second.body[:1]
    assert first.body[1:13] != second.body[1:13]
    assert first.body[13:] != second.body[13:]
    assert first.wrapped[:12] != second.wrapped[:12]
    assert first.wrapped[12:] != second.wrapped[12:]


def test_a_seal_says_nothing_by_its_length() -> None:
    seals = [sealed(my_number(), person=uuid.uuid4(), version=version) for version in (1, 9, 4000)]

    assert len({(len(one.body), len(one.wrapped)) for one in seals}) == 1


def test_the_index_is_the_same_for_the_same_number_only(number: str) -> None:
    other = my_number()

    assert crypto.index(number) == crypto.index(number)
    assert crypto.index(number) != crypto.index(other)
    assert len(crypto.index(number)) == 32
    assert number.encode() not in crypto.index(number)


def test_the_index_of_another_office_is_another(number: str, own_keys: Path) -> None:
    first = crypto.index(number)
    (own_keys / "number-index.key").unlink()
    keys.write_secret(own_keys / "number-index.key", "11" * 32)
    keyfiles.read.cache_clear()

    assert crypto.index(number) != first


def test_the_index_depends_on_what_a_guess_costs(number: str, settings: object) -> None:
    first = crypto.index(number)

    settings.MYNUMBER_INDEX_PASSES += 1  # type: ignore[attr-defined]

    assert crypto.index(number) != first


def test_an_office_makes_each_guess_at_an_index_cost_64_mebibytes() -> None:
    from config.settings import base

    assert base.MYNUMBER_INDEX_MEMORY_KIB >= 64 * 1024
    assert base.MYNUMBER_INDEX_PASSES >= 3


def test_another_key_does_not_open_a_seal(number: str, own_keys: Path) -> None:
    one = sealed(number)
    (own_keys / "number-kek-1.key").unlink()
    keys.write_secret(own_keys / "number-kek-1.key", "22" * 32)
    keyfiles.read.cache_clear()

    does_not_open(one)


def test_an_old_seal_opens_under_its_own_key_and_under_no_other(number: str, own_keys: Path) -> None:
    old = sealed(number)
    keys.write_secret(own_keys / "number-kek-2.key", "33" * 32)
    new = sealed(number, kek_id=2)

    assert (old.kek_id, new.kek_id) == (1, 2)
    assert crypto.unseal(old, person=PERSON, version=1) == crypto.unseal(new, person=PERSON, version=1) == number
    does_not_open(replace(old, kek_id=2))
    does_not_open(replace(new, kek_id=1))


def test_the_id_of_a_key_is_bound_even_where_two_ids_have_the_same_key(number: str, own_keys: Path) -> None:
    keys.write_secret(own_keys / "number-kek-2.key", (own_keys / "number-kek-1.key").read_text().strip())

    does_not_open(replace(sealed(number), kek_id=2))


def test_a_data_key_wrapped_anew_opens_the_same_body_and_the_old_wrapping_fits_no_more(
    number: str, own_keys: Path
) -> None:
    keys.write_secret(own_keys / "number-kek-2.key", "44" * 32)
    old = sealed(number)

    anew = crypto.rewrap(old.wrapped, person=PERSON, version=1, old=1, new=2)

    assert crypto.unseal(replace(old, kek_id=2, wrapped=anew), person=PERSON, version=1) == number
    does_not_open(replace(old, wrapped=anew))
    does_not_open(replace(old, kek_id=2))


def test_only_what_opens_for_its_person_and_version_is_wrapped_anew(number: str, own_keys: Path) -> None:
    keys.write_secret(own_keys / "number-kek-2.key", "44" * 32)
    one = sealed(number)

    for person, version, old in ((uuid.uuid4(), 1, 1), (PERSON, 2, 1), (PERSON, 1, 2)):
        with pytest.raises(crypto.SealBrokenError):
            crypto.rewrap(one.wrapped, person=person, version=version, old=old, new=1)


def test_a_wrapping_that_does_not_open_again_is_not_taken_for_a_new_one(
    number: str, own_keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.write_secret(own_keys / "number-kek-2.key", "44" * 32)
    one = sealed(number)
    provider = number_keys.provider()
    monkeypatch.setattr(type(provider), "wrap", lambda *_arguments, **_label: os.urandom(60))

    with pytest.raises(crypto.SealBrokenError):
        crypto.rewrap(one.wrapped, person=PERSON, version=1, old=1, new=2)


@pytest.mark.parametrize("name", ["number-kek-1", "number-index"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666])
def test_a_key_that_others_can_reach_is_refused(name: str, mode: int, own_keys: Path) -> None:
    (own_keys / f"{name}.key").chmod(mode)

    with pytest.raises(keyfiles.KeyUnavailableError, match="chmod 600") as refused:
        keyfiles.read(name)

    assert (own_keys / f"{name}.key").read_text().strip() not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"11" * 31, b"11" * 33, b"zz" * 32, b"\xff\xfe", b"1" * 63])
def test_what_is_not_a_key_is_refused_without_repeating_it(content: bytes, own_keys: Path) -> None:
    (own_keys / "number-index.key").write_bytes(content)

    with pytest.raises(keyfiles.KeyUnavailableError, match=r"number-index\.key") as refused:
        keyfiles.read("number-index")

    assert not content or content.decode("latin-1") not in str(refused.value)


def test_without_a_key_nothing_is_sealed_opened_or_compared_and_nothing_is_called_broken(
    number: str, own_keys: Path
) -> None:
    one = sealed(number)
    for name in ("number-kek-1.key", "number-index.key"):
        (own_keys / name).unlink()
    keyfiles.read.cache_clear()

    for attempt in (
        lambda: sealed(number),
        lambda: crypto.unseal(one, person=PERSON, version=1),
        lambda: crypto.rewrap(one.wrapped, person=PERSON, version=1, old=1, new=1),
    ):
        with pytest.raises(keyfiles.KeyUnavailableError, match=r"number-kek-1\.key"):
            attempt()
    with pytest.raises(keyfiles.KeyUnavailableError, match=r"number-index\.key"):
        crypto.index(number)


def test_keys_are_made_so_that_only_their_owner_reads_them(own_keys: Path) -> None:
    assert stat.S_IMODE(own_keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in own_keys.iterdir()} == {0o600}
