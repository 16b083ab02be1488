"""Looks for an individual number wherever something may have been left, in whatever guise."""

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pypdf import PdfReader
from pypdf.generic import StreamObject

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_BETWEEN = ("", " ", "-", "　", "－", "−", "‐", "ー", ".")


@dataclass(frozen=True, order=True)
class Trace:
    """That a number was found: which one, in which file, as what."""

    path: str
    where: str
    guise: bytes

    def __str__(self) -> str:
        return f"{self.path}: {self.guise!r} in {self.where}"


def guises_of(number: str) -> set[bytes]:
    """Return what ``number`` looks like in bytes: grouped, widened, reversed, encoded, escaped, digested."""
    groups = (number[:4], number[4:8], number[8:])
    texts = {between.join(groups) for between in _BETWEEN}
    texts |= {text.translate(_WIDE) for text in texts} | {number[::-1]}
    found: set[bytes] = set()
    for text in texts:
        utf8 = text.encode()
        found |= {utf8, text.encode("utf-16-be"), text.encode("utf-16-le")}
        if not text.isascii():
            escaped = json.dumps(text)[1:-1]
            percent = quote(text, safe="")
            mojibake = utf8.decode("latin-1")
            forgotten = {escaped, escaped.upper().replace("\\U", "\\u"), percent, percent.lower(), mojibake}
            forgotten |= {escaped.replace("\\", "\\" * times) for times in (2, 4)}  # JSON in JSON, in a dump
            found |= {one.encode() for one in forgotten}
            found |= {json.dumps(mojibake, ensure_ascii=False)[1:-1].encode()}
    for raw in (number.encode(), number.translate(_WIDE).encode(), number.encode("utf-16-be")):
        found |= {raw.hex().encode(), raw.hex().upper().encode(), *_base64_of(raw)}
    for digest in ("md5", "sha1", "sha256", "sha512"):  # there are only 10^11: a digest without a key gives one away
        value = hashlib.new(digest, number.encode())
        found |= {value.hexdigest()[:16].encode(), base64.b64encode(value.digest())[:16]}
    return {guise for guise in found if b"\n" not in guise}


def _base64_of(raw: bytes) -> set[bytes]:
    """Return the part of the Base64 of ``raw`` that is the same whatever stands before and after it."""
    found = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        start, rest = -(-before * 8 // 6), (before + len(raw)) % 3
        middle = encoded[start : len(encoded) - (4 if rest else 0)]
        found |= {middle, middle.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def search(numbers: Mapping[str, str], places: Iterable[Path], *, scratch: Path) -> list[Trace]:
    """Return every trace of ``numbers`` (path it was pushed through → number) in the files of ``places``."""
    owners = {guise: path for path, number in numbers.items() for guise in guises_of(number)}
    patterns = scratch / "patterns"
    patterns.write_bytes(b"\n".join(owners) + b"\n")
    there = [str(place) for place in places if place.exists()]
    grep = shutil.which("grep") or "grep"
    options = ["--recursive", "--text", "--only-matching", "--with-filename", "--null", "--fixed-strings"]
    answer = subprocess.run(
        [grep, *options, "--file", str(patterns), *there],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )
    patterns.unlink()
    assert answer.returncode in {0, 1}, answer.stderr.decode(errors="replace")[:2_000]
    traces = set()
    for line in answer.stdout.splitlines():
        where, _separator, guise = line.partition(b"\0")
        traces.add(Trace(owners.get(guise, "?"), where.decode(), guise))
    return sorted(traces)


def unpack_pdf(pdf: bytes) -> bytes:
    """Return everything that a PDF holds, with its streams unpacked and its text read."""
    reader = PdfReader(io.BytesIO(pdf))
    texts = [page.extract_text() for page in reader.pages]
    read = "\n".join([*texts, *("".join(text.split()) for text in texts), repr(reader.metadata)])
    parts = [pdf, read.encode()]
    for number in range(1, len(reader.xref[0]) + len(reader.xref_objStm) + 1):
        thing = reader.get_object(number)
        parts.append(thing.get_data() if isinstance(thing, StreamObject) else repr(thing).encode())
    return b"\n".join(parts)
