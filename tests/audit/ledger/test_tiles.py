"""Tiles: the names of tlog-tiles, what changes when the tree grows, and every node from them."""

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from audit.ledger import merkle, tiles

MOST = 70_000
LEAVES = [sha256(n.to_bytes(4, "big")).digest() for n in range(MOST)]


def grown_to(*sizes: int) -> dict[tiles.Tile, bytes]:
    """Return all tiles of a tree that grew in steps."""
    kept: dict[tiles.Tile, bytes] = {}
    for before, after in pairwise((0, *sizes)):
        kept.update(tiles.grown(tiles.from_mapping(kept), before, LEAVES[before:after]))
    return kept


WHOLE = grown_to(MOST)
READ = tiles.from_mapping(WHOLE)


@pytest.mark.parametrize(
    ("n", "width", "path"),
    [
        (0, 256, "000"),
        (7, 1, "007.p/1"),
        (999, 256, "999"),
        (1000, 256, "x001/000"),
        (1_234_067, 256, "x001/x234/067"),
        (1_234_067, 255, "x001/x234/067.p/255"),
    ],
)
def test_tiles_and_bundles_have_the_names_of_the_format(n: int, width: int, path: str) -> None:
    assert tiles.tile_path(0, n, width) == f"tile/0/{path}"
    assert tiles.tile_path(63, n, width) == f"tile/63/{path}"
    assert tiles.bundle_path(n, width) == f"tile/entries/{path}"


@pytest.mark.parametrize(("level", "n", "width"), [(-1, 0, 256), (64, 0, 256), (0, -1, 256), (0, 0, 0), (0, 0, 257)])
def test_there_are_no_other_tiles(level: int, n: int, width: int) -> None:
    with pytest.raises(ValueError, match="no such tile"):
        tiles.tile_path(level, n, width)


def test_a_tree_of_70000_has_the_tiles_that_the_format_gives_as_its_example() -> None:
    found = list(tiles.tiles_of(70_000))

    assert sum(level == 0 and width == 256 for level, _n, width in found) == 273
    assert [one for one in found if one[2] < 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert [one for one in found if one[0] == 1 and one[2] == 256] == [(1, 0, 256)]
    assert {(level, n): len(hashes) // 32 for (level, n), hashes in WHOLE.items()} == {
        (level, n): width for level, n, width in found
    }
    assert all(tiles.width_of(level, n, 70_000) == width for level, n, width in found)
    assert tiles.width_of(0, 274, 70_000) == 0


def test_a_tree_of_256_has_a_full_tile_and_one_hash_above_it() -> None:
    assert list(tiles.tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles.tiles_of(0)) == []


@given(st.lists(st.integers(0, 2_000), max_size=5))
@settings(max_examples=40, deadline=None)
def test_tiles_do_not_depend_on_the_steps_that_the_tree_grew_in(sizes: list[int]) -> None:
    steps = sorted(sizes)
    size = steps[-1] if steps else 0

    kept = grown_to(*steps)

    assert kept == grown_to(size)
    assert tiles.root(tiles.from_mapping(kept), size) == merkle.root_of(LEAVES[:size])


def test_only_the_tiles_at_the_edge_are_read_and_changed() -> None:
    asked: list[tiles.Tile] = []

    def read(level: int, n: int) -> bytes:
        asked.append((level, n))
        return READ(level, n)

    changed = tiles.grown(read, 65_535, LEAVES[65_535:65_600])

    assert set(changed) == {(0, 255), (0, 256), (1, 0), (2, 0)}
    assert asked == [(0, 255), (1, 0)]
    assert tiles.grown(read, 500, []) == {}


@given(st.integers(0, 16), st.data())
@settings(max_examples=80, deadline=None)
def test_every_node_comes_from_the_tiles(level: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, (MOST >> level) - 1))

    found = tiles.nodes(READ)(level, index)

    assert found == merkle.complete_root(LEAVES[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 69_999, 70_000])
def test_the_root_and_the_proofs_of_every_size_come_from_the_tiles_of_the_newest(size: int) -> None:
    root = merkle.root_of(LEAVES[:size])
    node = tiles.nodes(READ)

    assert tiles.root(READ, size) == root
    assert merkle.proves_consistency(
        merkle.consistency_proof(size, MOST, node),
        first=size,
        first_root=root,
        second=MOST,
        second_root=tiles.root(READ, MOST),
    )
    if size:
        proof = merkle.inclusion_proof(size - 1, size, node)
        assert merkle.proves_inclusion(proof, leaf=LEAVES[size - 1], index=size - 1, size=size, root=root)


def test_a_tile_that_is_missing_or_too_short_is_named() -> None:
    with pytest.raises(tiles.MissingTileError, match="1/0"):
        tiles.root(tiles.from_mapping({(0, 0): WHOLE[0, 0]}), 256)
    with pytest.raises(tiles.MissingTileError, match="0/1"):
        tiles.root(tiles.from_mapping(WHOLE | {(0, 1): WHOLE[0, 1][:64]}), 300)
    with pytest.raises(tiles.MissingTileError, match="0/1"):
        tiles.grown(tiles.from_mapping({}), 300, LEAVES[300:301])


@given(st.lists(st.binary(max_size=300), max_size=256))
@settings(max_examples=30, deadline=None)
def test_a_bundle_holds_its_entries(entries: list[bytes]) -> None:
    assert tiles.unpack(tiles.pack(entries)) == entries


def test_entries_are_shorter_than_64_kib_and_at_most_256() -> None:
    assert tiles.unpack(tiles.pack([bytes(65_535)])) == [bytes(65_535)]
    for entries in ([bytes(65_536)], [b""] * 257):
        with pytest.raises(ValueError, match="at most 256"):
            tiles.pack(entries)


@pytest.mark.parametrize("cut", [1, 2, 3, 7])
def test_a_bundle_that_was_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(tiles.MalformedBundleError, match="middle"):
        tiles.unpack(tiles.pack([b"one", b"another"])[:-cut])


def test_a_bundle_of_too_many_entries_is_refused() -> None:
    with pytest.raises(tiles.MalformedBundleError, match="256"):
        tiles.unpack(bytes(2 * 257))
