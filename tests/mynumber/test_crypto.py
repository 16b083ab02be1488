"""How a number is sealed: it opens for one person, one version, one key, and never when a bit has changed (A3)."""

import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit import keyfiles
from config.office import keys
from mynumber import crypto
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


def test_what_was_sealed_opens_again(number: str) -> None:
    blob = crypto.seal(number, person=PERSON, version=3)

    assert crypto.unseal(blob, person=PERSON, version=3) == number
    assert number.encode() not in blob


def test_every_changed_byte_is_noticed(number: str) -> None:
    blob = crypto.seal(number, person=PERSON, version=1)

    for place in range(len(blob)):
        for change in (0x01, 0x80, 0xFF):
            changed = bytearray(blob)
            changed[place] ^= change
            with pytest.raises(crypto.SealBrokenError):
                crypto.unseal(bytes(changed), person=PERSON, version=1)


def test_a_part_of_the_seal_or_more_than_it_does_not_open(number: str) -> None:
    blob = crypto.seal(number, person=PERSON, version=1)

    for broken in (*(blob[:length] for length in range(len(blob))), blob + b"\0", blob + blob, b"\0" + blob):
        with pytest.raises(crypto.SealBrokenError):
            crypto.unseal(broken, person=PERSON, version=1)


def test_a_seal_moved_to_another_person_or_version_does_not_open(number: str) -> None:
    blob = crypto.seal(number, person=PERSON, version=1)

    with pytest.raises(crypto.SealBrokenError):
        crypto.unseal(blob, person=uuid.uuid4(), version=1)
    with pytest.raises(crypto.SealBrokenError):
        crypto.unseal(blob, person=PERSON, version=2)


@pytest.mark.parametrize("layer", ["_wrap_label", "_data_label"])
def test_either_layer_alone_keeps_a_seal_where_it_belongs(
    layer: str, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crypto, layer, lambda *_bound_to: b"nobody's")
    blob = crypto.seal(number, person=PERSON, version=1)
    assert crypto.unseal(blob, person=PERSON, version=1) == number

    for person, version in ((uuid.uuid4(), 1), (PERSON, 2)):
        with pytest.raises(crypto.SealBrokenError):
            crypto.unseal(blob, person=person, version=version)


def test_neither_half_of_a_seal_fits_another(number: str) -> None:
    first, second = (crypto.seal(number, person=PERSON, version=1) for _time in range(2))
    header = 1 + 2 + 12 + 32 + 16

    with pytest.raises(crypto.SealBrokenError):
        crypto.unseal(first[:header] + second[header:], person=PERSON, version=1)


def test_the_same_number_sealed_twice_shares_nothing_but_its_heading(number: str) -> None:
    first, second = (crypto.seal(number, person=PERSON, version=1) for _time in range(2))

    assert first[:3] == second[:3]
    assert first[3:15] != second[3:15]
    assert first[15:63] != second[15:63]
    assert first[63:75] != second[63:75]
    assert first[75:] != second[75:]


def test_a_seal_says_nothing_by_its_length() -> None:
    assert len({len(crypto.seal(my_number(), person=uuid.uuid4(), version=version)) for version in (1, 9, 4000)}) == 1


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
    blob = crypto.seal(number, person=PERSON, version=1)
    (own_keys / "number-kek-1.key").unlink()
    keys.write_secret(own_keys / "number-kek-1.key", "22" * 32)
    keyfiles.read.cache_clear()

    with pytest.raises(crypto.SealBrokenError):
        crypto.unseal(blob, person=PERSON, version=1)


def test_an_old_seal_opens_under_its_own_key_when_a_newer_key_seals(
    number: str, own_keys: Path, settings: object
) -> None:
    old = crypto.seal(number, person=PERSON, version=1)
    keys.write_secret(own_keys / "number-kek-2.key", "33" * 32)

    settings.MYNUMBER_KEK_ID = 2  # type: ignore[attr-defined]
    new = crypto.seal(number, person=PERSON, version=1)

    assert (old[1:3], new[1:3]) == (b"\0\1", b"\0\2")
    assert crypto.unseal(old, person=PERSON, version=1) == crypto.unseal(new, person=PERSON, version=1) == number
    with pytest.raises(crypto.SealBrokenError):
        crypto.unseal(b"\1\0\2" + old[3:], person=PERSON, version=1)


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


def test_without_a_key_nothing_is_sealed_opened_or_compared(number: str, own_keys: Path) -> None:
    blob = crypto.seal(number, person=PERSON, version=1)
    for name in ("number-kek-1.key", "number-index.key"):
        (own_keys / name).unlink()
    keyfiles.read.cache_clear()

    with pytest.raises(keyfiles.KeyUnavailableError, match=r"number-kek-1\.key"):
        crypto.seal(number, person=PERSON, version=1)
    with pytest.raises(keyfiles.KeyUnavailableError, match=r"number-index\.key"):
        crypto.index(number)
    with pytest.raises(crypto.SealBrokenError):
        crypto.unseal(blob, person=PERSON, version=1)


def test_keys_are_made_so_that_only_their_owner_reads_them(own_keys: Path) -> None:
    assert stat.S_IMODE(own_keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in own_keys.iterdir()} == {0o600}
