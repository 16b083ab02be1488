"""The signed result: what it says, and that nothing of it can be changed unseen."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader

from accounts import access_review_pdf

CLOSED_AT = datetime(2026, 10, 31, 3, tzinfo=UTC)
FINGERPRINT = "ab" * 32


def line(**changes: Any) -> dict[str, Any]:
    return {
        "section": "地域保健課",
        "name": "見本 花子",
        "login_id": "hanako",
        "role": "入力担当者",
        "reach": "",
        "since": "2026-04-01",
        "until": "",
        "last_used_on": "2026-09-30",
        "reveals": 0,
        "conflict": "",
        "answer": "継続",
        "reason": "",
        "answered_by": "所属 長子",
        "answered_on": "2026-10-15",
        "outcome": "継続",
    } | changes


def result(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "office": "見本県 地域保健課",
        "title": "令和8年度後期",
        "opened_on": "2026-10-01",
        "opened_by": "管理 一郎",
        "due_on": "2026-10-30",
        "closed_on": "2026-10-31",
        "closed_by": "管理 二郎",
        "lines": list(lines or [line()]),
        "answered": 1,
        "suspended": 0,
        "kept": [],
    } | changes


def signed(**changes: Any) -> bytes:
    return access_review_pdf.render(result(**changes), fingerprint=FINGERPRINT, closed_at=CLOSED_AT)


def verified(pdf: bytes) -> PdfSignatureStatus:
    """Check the file as a reader does who trusts the office's certificate and nothing else."""
    pem = access_review_pdf.certificate().public_bytes(serialization.Encoding.PEM)
    context = ValidationContext(trust_roots=list(load_certs_from_pemder_data(pem)), allow_fetching=False)
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    with ThreadPoolExecutor(1) as thread:  # the library's event loop must not meet the browser's
        return thread.submit(validate_pdf_signature, signature, signer_validation_context=context).result()


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return "".join(page.extract_text() for page in pages).replace("\u200b", "").replace("\n", "")


def test_a_reader_finds_the_result_signed_by_the_office_and_whole() -> None:
    status = verified(signed())
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.modification_level == ModificationLevel.NONE
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_one_flipped_bit_anywhere_in_what_is_signed_is_found() -> None:
    pdf = signed()
    start, length, *_rest = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0].byte_range
    for place in range(start + 20, start + length, length // 25):
        changed = bytearray(pdf)
        changed[place] ^= 1
        try:
            status = verified(bytes(changed))
        except Exception:  # noqa: BLE001, S112  (a file that cannot even be read is no valid one)
            continue
        assert not (status.intact and status.valid), place


def test_the_certificate_stays_the_same_and_its_fingerprint_is_printed() -> None:
    fingerprint = access_review_pdf.certificate_fingerprint()
    assert fingerprint == access_review_pdf.certificate().fingerprint(hashes.SHA256()).hex()
    access_review_pdf._identity.cache_clear()
    assert access_review_pdf.certificate_fingerprint() == fingerprint
    assert access_review_pdf.in_groups(fingerprint).replace(" ", "") in text_of(signed()).replace(" ", "")


def test_it_says_everything_about_each_right_and_numbers_its_pages() -> None:
    lines = [
        line(login_id=f"person{place}", reveals=place, reason="担当を外れたため", answer="終了", outcome="承認")
        for place in range(60)
    ]
    pdf = access_review_pdf.render(result(*lines, kept=["管理 三郎"]), fingerprint=FINGERPRINT, closed_at=CLOSED_AT)
    text = text_of(pdf)
    pages = len(PdfReader(io.BytesIO(pdf)).pages)
    assert pages > 1
    for word in ("令和8年度後期", "見本県 地域保健課", "2026-10-30", "person59", "担当を外れたため", "管理 三郎"):
        assert word in text, word
    for page in range(1, pages + 1):
        assert f"{page} / {pages} 頁" in text
    assert FINGERPRINT in text


@pytest.mark.parametrize("words", ["#panic()", "= 見出し", "$x$", '"#', "*太字*", "<a>"])
def test_words_are_printed_and_never_interpreted(words: str) -> None:
    assert words in text_of(signed(title=words))


def test_a_character_that_cannot_be_drawn_is_printed_as_its_number() -> None:
    assert "U+1F600" in text_of(signed(title="\U0001f600"))
