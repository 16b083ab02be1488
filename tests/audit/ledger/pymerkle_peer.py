"""Answers with roots and proofs from pymerkle, a hash tree that is not ours.

Run as a program of its own and never imported, since pymerkle is under the GPL: it reads entries as JSON from standard
input and writes what its tree says to standard output.
"""

import json
import sys

from pymerkle import InmemoryTree, InvalidProof, verify_consistency


def main() -> None:
    """Build the tree that is asked for and say all that is asked about it."""
    asked = json.load(sys.stdin)
    tree = InmemoryTree(algorithm="sha256")
    for entry in asked["entries"]:
        tree.append_entry(bytes.fromhex(entry))
    answer = {
        "roots": [tree.get_root(size).hex() for size in asked["sizes"]],
        # its positions count from 1, and its paths begin with the leaf itself
        "inclusion": [
            [part.hex() for part in tree.prove_inclusion(index + 1, size).path[1:]]
            for index, size in asked["inclusion"]
        ],
        "consistency": [
            [part.hex() for part in tree.prove_consistency(first, second).path]
            for first, second in asked["consistency"]
        ],
        "accepted": [
            is_accepted(tree, first, bytes.fromhex(first_root), second, bytes.fromhex(second_root))
            for first, first_root, second, second_root in asked["claims"]
        ],
    }
    json.dump(answer, sys.stdout)


def is_accepted(tree: InmemoryTree, first: int, first_root: bytes, second: int, second_root: bytes) -> bool:
    """Tell whether its own verifier finds two roots consistent."""
    proof = tree.prove_consistency(first, second)
    try:
        verify_consistency(first_root, second_root, proof, prior_size=first, later_size=second)
    except InvalidProof:
        return False
    return True


if __name__ == "__main__":
    main()
