"""The hash tree: it is RFC 6962's, its proofs prove, and nothing else does."""

import json
import subprocess
import sys
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from audit.ledger import merkle
from tests.audit.ledger.vectors import CONSISTENCY, INCLUSION, LEAVES, ROOTS

HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]
MOST = 700
MANY = [sha256(str(n).encode()).digest() for n in range(MOST)]


def node_of(leaves: list[bytes]) -> merkle.NodeHash:
    def node(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "only complete nodes are asked for"
        return merkle.complete_root(part)

    return node


NODE = node_of(MANY)
ALL_ROOTS = [merkle.root_of(MANY[:size]) for size in range(MOST + 1)]


def by_the_definition(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, 2.1, defines it, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + by_the_definition(leaves[:k]) + by_the_definition(leaves[k:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_the_reference_implementation(size: int) -> None:
    assert merkle.root_of(HASHES[:size]) == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference_implementation(index: int, size: int) -> None:
    proof = merkle.inclusion_proof(index, size, node_of(HASHES))

    assert [part.hex() for part in proof] == INCLUSION[index, size]
    assert merkle.proves_inclusion(proof, leaf=HASHES[index], index=index, size=size, root=ROOTS[size])


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference_implementation(first: int, second: int) -> None:
    proof = merkle.consistency_proof(first, second, node_of(HASHES))

    assert [part.hex() for part in proof] == CONSISTENCY[first, second]
    assert merkle.proves_consistency(
        proof, first=first, first_root=ROOTS[first], second=second, second_root=ROOTS[second]
    )


@pytest.mark.parametrize("size", [*range(70), 127, 128, 129, 255, 256, 257, 700])
def test_the_root_is_the_one_that_the_rfc_defines(size: int) -> None:
    assert ALL_ROOTS[size] == by_the_definition(MANY[:size])
    assert merkle.edge_at(size, NODE).root() == ALL_ROOTS[size]


@given(st.lists(st.integers(0, MOST), max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_tree_that_grows_in_batches_is_the_same_tree(cuts: list[int]) -> None:
    edge = merkle.Edge()
    for start, end in pairwise([0, *sorted(cuts)]):
        edge.extend(MANY[start:end])

        assert edge.root() == ALL_ROOTS[end]
        assert merkle.edge_at(end, NODE).hashes == edge.hashes


def test_an_edge_takes_whole_subtrees() -> None:
    edge = merkle.Edge()

    for start in range(0, 512, 256):
        edge.append_complete(8, merkle.complete_root(MANY[start : start + 256]))

    assert edge.size == 512
    assert edge.root() == ALL_ROOTS[512]
    edge.append(MANY[512])
    assert edge.root() == ALL_ROOTS[513]
    with pytest.raises(ValueError, match="multiple"):
        edge.append_complete(1, MANY[0])


def test_a_copied_edge_grows_on_its_own() -> None:
    edge = merkle.Edge()
    edge.extend(MANY[:5])

    edge.copy().extend(MANY[5:9])

    assert (edge.size, edge.root()) == (5, ALL_ROOTS[5])


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_an_inclusion_proof_proves_its_leaf_and_nothing_else(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MOST))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, NODE)
    good = {"leaf": MANY[index], "index": index, "size": size, "root": ALL_ROOTS[size]}

    assert merkle.proves_inclusion(proof, **good)

    assert len(proof) <= size.bit_length()
    for wrong in damaged(proof, data):
        assert not merkle.proves_inclusion(wrong, **good)
    other = data.draw(st.integers(-3, MOST + 3).filter(lambda value: value != index))
    assert not merkle.proves_inclusion(proof, **(good | {"index": other}))
    assert not merkle.proves_inclusion(proof, **(good | {"root": flipped(ALL_ROOTS[size], data)}))
    assert not merkle.proves_inclusion(proof, **(good | {"leaf": flipped(MANY[index], data)}))
    assert not merkle.proves_inclusion(proof, **(good | {"leaf": MANY[index][:-1]}))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_consistency_proof_proves_its_two_trees_and_nothing_else(data: st.DataObject) -> None:
    second = data.draw(st.integers(1, MOST))
    first = data.draw(st.integers(0, second))
    proof = merkle.consistency_proof(first, second, NODE)
    good = {"first": first, "first_root": ALL_ROOTS[first], "second": second, "second_root": ALL_ROOTS[second]}

    assert merkle.proves_consistency(proof, **good)

    assert len(proof) <= second.bit_length() + 1
    for wrong in damaged(proof, data):
        assert not merkle.proves_consistency(wrong, **good)
    assert not merkle.proves_consistency(proof, **(good | {"first_root": flipped(ALL_ROOTS[first], data)}))
    if first:
        assert not merkle.proves_consistency(proof, **(good | {"second_root": flipped(ALL_ROOTS[second], data)}))
    if first < second:
        swapped = {"first_root": good["second_root"], "second_root": good["first_root"]}
        assert not merkle.proves_consistency(proof, **(good | swapped)) or first == 0
        assert not merkle.proves_consistency(proof, **(good | {"first": second, "second": first}))


def damaged(proof: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    """Return the proof longer, shorter, with a bit changed and, where it makes a difference, in another order."""
    extra = MANY[data.draw(st.integers(0, MOST - 1))]
    wrong = [[*proof, extra], [extra, *proof], [*proof, b""]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        wrong += [proof[:-1], proof[1:], [*proof, proof[-1]]]
        wrong.append([*proof[:at], flipped(proof[at], data), *proof[at + 1 :]])
    if len(proof) > 1:
        wrong.append(proof[::-1])
    return wrong


def flipped(value: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(value) * 8 - 1))
    return (int.from_bytes(value, "big") ^ (1 << at)).to_bytes(len(value), "big")


def test_nothing_is_proven_of_an_empty_tree() -> None:
    assert not merkle.proves_inclusion([], leaf=MANY[0], index=0, size=0, root=merkle.EMPTY_ROOT)
    assert merkle.proves_consistency(
        [], first=0, first_root=merkle.EMPTY_ROOT, second=0, second_root=merkle.EMPTY_ROOT
    )
    assert not merkle.proves_consistency([], first=0, first_root=MANY[0], second=0, second_root=MANY[0])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (6, 5)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in the tree"):
        merkle.inclusion_proof(index, size, NODE)


@pytest.mark.parametrize(("first", "second"), [(-1, 5), (6, 5)])
def test_no_proof_is_made_that_a_tree_has_shrunk(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="larger"):
        merkle.consistency_proof(first, second, NODE)


def test_a_proof_asks_for_few_hashes() -> None:
    asked = []

    def node(level: int, index: int) -> bytes:
        asked.append((level, index))
        return MANY[(level * 31 + index) % MOST]

    merkle.inclusion_proof(12_345_678, 99_999_999, node)
    merkle.consistency_proof(12_345_678, 99_999_999, node)

    assert len(asked) < 4 * 27


def test_another_implementation_has_the_same_roots_and_proofs() -> None:
    random = Random(6962)  # noqa: S311  (which sizes are compared is no secret)
    entries = [random.randbytes(random.randrange(80)) for _ in range(300)]
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    sizes = [*range(67), 127, 128, 129, 255, 256, 257, 300]
    inclusion = [(random.randrange(size), size) for size in sizes[1:] for _ in range(3)]
    consistency = [(random.randrange(1, size), size) for size in sizes[2:] for _ in range(3)]
    roots = {size: merkle.root_of(hashes[:size]).hex() for size in range(301)}
    claims = [(first, roots[first], second, roots[second]) for first, second in consistency]
    claims += [(first, roots[first - 1], second, roots[second]) for first, second in consistency]
    asked = {"entries": [entry.hex() for entry in entries], "sizes": sizes}
    asked |= {"inclusion": inclusion, "consistency": consistency, "claims": claims}

    peer = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("pymerkle_peer.py"))],
        input=json.dumps(asked),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )

    answer = json.loads(peer.stdout)
    node = node_of(hashes)
    assert answer["roots"] == [roots[size] for size in sizes]
    assert answer["inclusion"] == [
        [part.hex() for part in merkle.inclusion_proof(index, size, node)] for index, size in inclusion
    ]
    assert answer["accepted"] == [True] * len(consistency) + [False] * len(consistency)
    # Its consistency proofs are laid out in its own way: beside the older tree it goes down to a leaf, where the RFC
    # stops at a subtree. Where that is a leaf, the hashes are the same, the first two swapped.
    same = 0
    for (first, second), theirs in zip(consistency, answer["consistency"], strict=True):
        ours = [part.hex() for part in merkle.consistency_proof(first, second, node)]
        if first & (first - 1) == 0:
            ours.insert(0, merkle.root_of(hashes[:first]).hex())  # left out by the RFC: whoever checks has it
        if len(ours) == len(theirs) > 1:
            assert theirs == [ours[1], ours[0], *ours[2:]]
            same += 1
    assert same > len(consistency) / 3
