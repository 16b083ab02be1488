"""The hash tree of RFC 6962 and RFC 9162 with SHA-256: roots, proofs, how a proof is checked. Standard library only.

A leaf is ``SHA-256(0x00 ‖ body)`` and an inner node ``SHA-256(0x01 ‖ left ‖ right)``. A *node* is named by its level
(0 for leaves) and its index from the left; only complete nodes have names: node ``(level, index)`` covers the leaves
``index·2^level … (index + 1)·2^level − 1`` and never changes once it is there.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

NodeHash = Callable[[int, int], bytes]
"""Gives the hash of the complete node at a level and an index."""


def leaf_hash(body: bytes) -> bytes:
    """Return the leaf of an event's body."""
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root of the tree whose leaf hashes are ``leaves``."""
    edge = Edge()
    edge.extend(leaves)
    return edge.root()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """Return the node above 1, 2, 4, 8 … complete nodes of one level."""
    count = len(hashes)
    if count == 0 or count & (count - 1):
        message = "a complete node stands above a power of two"
        raise ValueError(message)
    row = list(hashes)
    while len(row) > 1:
        row = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
    return row[0]


class Edge:
    """The right edge of a growing tree: all that has to be kept to go on appending, O(log size) hashes.

    ``hashes`` are the complete nodes that together hold all leaves, the largest first: one for each bit of ``size``.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count():
            message = "an edge has one hash for each bit of its size"
            raise ValueError(message)

    def append(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        self.append_complete(0, leaf)

    def append_complete(self, level: int, node: bytes) -> None:
        """Append a complete node of 2^``level`` leaves. The size so far must be a multiple of that."""
        if self.size & ((1 << level) - 1):
            message = "a complete node starts at a multiple of its width"
            raise ValueError(message)
        hashes, carry = self.hashes, self.size >> level
        while carry & 1:
            node = sha256(b"\x01" + hashes.pop() + node).digest()
            carry >>= 1
        hashes.append(node)
        self.size += 1 << level

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes, in order."""
        hashes, size = self.hashes, self.size
        for leaf in leaves:
            node, carry = leaf, size
            while carry & 1:
                node = sha256(b"\x01" + hashes.pop() + node).digest()
                carry >>= 1
            hashes.append(node)
            size += 1
        self.size = size

    def root(self) -> bytes:
        """Return the root as the tree now stands."""
        return _folded(self.hashes)

    def copy(self) -> "Edge":
        """Return an edge that grows on its own."""
        return Edge(self.size, self.hashes)


def edge_at(size: int, node: NodeHash) -> Edge:
    """Return the right edge of the tree of the first ``size`` leaves, from nodes kept elsewhere."""
    return Edge(size, _parts(0, size, node))


def inclusion_proof(index: int, size: int, node: NodeHash) -> list[bytes]:
    """Return the hashes that prove leaf ``index`` in the tree of ``size`` leaves (RFC 9162, 2.1.3.1).

    Asks ``node`` for O(log size) hashes.
    """
    if not 0 <= index < size:
        message = "the leaf is not in the tree"
        raise ValueError(message)
    proof = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_subtree(middle, end, node))
            end = middle
        else:
            proof.append(_subtree(start, middle, node))
            start = middle
    proof.reverse()
    return proof


def consistency_proof(first: int, second: int, node: NodeHash) -> list[bytes]:
    """Return the hashes that prove the tree of ``first`` leaves to be the beginning of ``second`` (RFC 9162, 2.1.4.1).

    Asks ``node`` for O(log second) hashes. The proof from an empty tree, and from a tree to itself, is empty.
    """
    if not 0 <= first <= second:
        message = "a tree is consistent with larger ones only"
        raise ValueError(message)
    if first in (0, second):
        return []
    proof = []
    start, end = 0, second
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            proof.append(_subtree(middle, end, node))
            end = middle
        else:
            proof.append(_subtree(start, middle, node))
            start = middle
    if start:  # otherwise whoever checks has this node: it is the first tree's root
        proof.append(_subtree(start, end, node))
    proof.reverse()
    return proof


def proves_inclusion(proof: Sequence[bytes], *, leaf: bytes, index: int, size: int, root: bytes) -> bool:
    """Tell whether ``proof`` shows ``leaf`` to be at ``index`` of the tree of this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes((leaf, root, *proof)):
        return False
    place, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            reached = node_hash(sibling, reached)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            reached = node_hash(reached, sibling)
        place >>= 1
        last >>= 1
    return last == 0 and reached == root


def proves_consistency(
    proof: Sequence[bytes], *, first: int, first_root: bytes, second: int, second_root: bytes
) -> bool:
    """Tell whether ``proof`` shows the first tree to be the beginning of the second (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second or not _are_hashes((first_root, second_root, *proof)):
        return False
    if first == second:
        return not proof and first_root == second_root and (first > 0 or first_root == EMPTY_ROOT)
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    if not proof:
        return False
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    place, last = first - 1, second - 1
    while place & 1:
        place >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        place >>= 1
        last >>= 1
    return last == 0 and old == first_root and new == second_root


def _are_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)


def _split(width: int) -> int:
    """Return the largest power of two below ``width``, where the RFC cuts a tree in two."""
    return 1 << ((width - 1).bit_length() - 1)


def _subtree(start: int, end: int, node: NodeHash) -> bytes:
    return _folded(_parts(start, end, node))


def _parts(start: int, end: int, node: NodeHash) -> list[bytes]:
    """Return the complete nodes that make up the leaves from ``start`` (a multiple of what follows) to ``end``."""
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(node(level, start >> level))
        start += 1 << level
    return parts


def _folded(parts: Sequence[bytes]) -> bytes:
    """Return the root above complete nodes of falling width."""
    if not parts:
        return EMPTY_ROOT
    reached = parts[-1]
    for left in reversed(parts[:-1]):
        reached = node_hash(left, reached)
    return reached
