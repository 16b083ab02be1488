"""The tree and its events as files of fixed names: C2SP tlog-tiles. Standard library only.

A tile holds up to 256 hashes of one tile level: level 0 are the leaves, a hash of level *l* + 1 stands above a full
tile of level *l*. Tiles come from a *reader*, a function from (level, n) to the hashes it knows; it may know more than
is asked for, since the right-most tile of a level still grows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from audit.ledger import merkle

WIDTH = 256
HEIGHT = 8
MAX_LEVEL = 63
MAX_ENTRY_BYTES = 0xFFFF
_LENGTH_BYTES = 2

Tile = tuple[int, int]
TileReader = Callable[[int, int], bytes]
"""Gives the hashes of tile (level, n), one after the other. Raises :class:`MissingTileError` when there is none."""


class MissingTileError(Exception):
    """A tile, or a hash at its end, is not there."""

    def __init__(self, level: int, n: int) -> None:
        super().__init__(f"タイル {level}/{n} がないか、足りません (tile {level}/{n} is missing or too short)")
        self.level = level
        self.n = n


class MalformedBundleError(Exception):
    """The bytes are not a sequence of length-prefixed entries."""


def tile_path(level: int, n: int, width: int = WIDTH) -> str:
    """Return where the tile is, relative to the log: ``tile/0/x001/234`` or ``tile/0/x001/234.p/17``."""
    if not 0 <= level <= MAX_LEVEL:
        message = "no such tile level"
        raise ValueError(message)
    return f"tile/{level}/{_numbered(n, width)}"


def bundle_path(n: int, width: int = WIDTH) -> str:
    """Return where the bodies of the tile's 256 events are: ``tile/entries/x001/234`` or with ``.p/17``."""
    return f"tile/entries/{_numbered(n, width)}"


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Give (level, n, width) of every tile of a tree of this size, level by level."""
    level, hashes = 0, size
    while hashes:
        for n in range(hashes // WIDTH):
            yield level, n, WIDTH
        if rest := hashes % WIDTH:
            yield level, hashes // WIDTH, rest
        level, hashes = level + 1, hashes // WIDTH


def width_of(level: int, n: int, size: int) -> int:
    """Return how many hashes tile (level, n) has in a tree of this size: 0 to 256."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - n * WIDTH))


def from_mapping(tiles: Mapping[Tile, bytes]) -> TileReader:
    """Read tiles from a mapping."""

    def read(level: int, n: int) -> bytes:
        try:
            return tiles[level, n]
        except KeyError:
            raise MissingTileError(level, n) from None

    return read


def grown(read: TileReader, size: int, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
    """Return the tiles that change when ``leaves`` follow the first ``size`` leaves, each with its whole new content.

    Only the right-most tile of each level that changes is read.
    """
    changed: dict[Tile, bytes] = {}
    level, start, new = 0, size, list(leaves)
    while new:
        n, width = divmod(start, WIDTH)
        row = [*hashes_of(read, level, n, width), *new] if width else new
        above = []
        for at in range(0, len(row), WIDTH):
            part = row[at : at + WIDTH]
            changed[level, n + at // WIDTH] = b"".join(part)
            if len(part) == WIDTH:
                above.append(merkle.complete_root(part))
        level, start, new = level + 1, start // WIDTH, above
    return changed


def hashes_of(read: TileReader, level: int, n: int, width: int) -> list[bytes]:
    """Return the first ``width`` hashes of a tile."""
    return split(_tile(read, level, n, width * merkle.HASH_BYTES), width)


def split(tile: bytes, width: int) -> list[bytes]:
    """Return the first ``width`` hashes in the bytes of a tile."""
    step = merkle.HASH_BYTES
    return [tile[at : at + step] for at in range(0, width * step, step)]


def nodes(read: TileReader) -> merkle.NodeHash:
    """Return what gives the hash of any complete node, for proofs. Keeps the last tiles it read."""
    remembered = lru_cache(maxsize=64)(read)

    def node(level: int, index: int) -> bytes:
        tile_level, below = divmod(level, HEIGHT)
        n, at = divmod(index << below, WIDTH)
        first, last = at * merkle.HASH_BYTES, (at + (1 << below)) * merkle.HASH_BYTES
        hashes = _tile(remembered, tile_level, n, last)[first:last]
        return merkle.complete_root(split(hashes, 1 << below))

    return node


def edge(read: TileReader, size: int) -> merkle.Edge:
    """Return the right edge of the tree of the first ``size`` leaves, to go on from."""
    return merkle.edge_at(size, nodes(read))


def root(read: TileReader, size: int) -> bytes:
    """Return the root of the tree of the first ``size`` leaves, from O(log size) hashes."""
    return edge(read, size).root()


def pack(entries: Sequence[bytes]) -> bytes:
    """Return the entry bundle of up to 256 bodies. Bodies must be shorter than 64 KiB."""
    if len(entries) > WIDTH or any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        message = "a bundle is at most 256 entries of less than 64 KiB"
        raise ValueError(message)
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def unpack(bundle: bytes) -> list[bytes]:
    """Return the bodies in an entry bundle. Raises :class:`MalformedBundleError`."""
    entries = []
    at, end = 0, len(bundle)
    while at < end:
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(bundle[at:start], "big")
        if start > end or at > end:
            message = "エントリの途中で終わっています (it ends in the middle of an entry)"
            raise MalformedBundleError(message)
        entries.append(bundle[start:at])
    if len(entries) > WIDTH:
        message = "エントリが256件を超えています (it holds more than 256 entries)"
        raise MalformedBundleError(message)
    return entries


def _numbered(n: int, width: int) -> str:
    """Return ``n`` as path elements of three digits, all but the last marked with an x, and the width unless full."""
    if n < 0 or not 1 <= width <= WIDTH:
        message = "no such tile"
        raise ValueError(message)
    path = f"{n % 1000:03}"
    while n := n // 1000:
        path = f"x{n % 1000:03}/{path}"
    return path if width == WIDTH else f"{path}.p/{width}"


def _tile(read: TileReader, level: int, n: int, needed: int) -> bytes:
    tile = read(level, n)
    if len(tile) < needed:
        raise MissingTileError(level, n)
    return tile
