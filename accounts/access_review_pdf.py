"""Sets the result of an access review in type and signs it, so that an outsider can tell whether it was changed.

The office's signing key follows from its key file, and its certificate from the key: nothing has to be bought or kept
besides. Whoever checks a file compares the certificate's SHA-256 with what the office has published.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import asn1crypto.keys  # type: ignore[import-untyped]  # ships no types
import asn1crypto.x509  # type: ignore[import-untyped]  # ships no types
import typst
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from audit import keyfiles

SIGNING_KEY: Final = "review-signing"
TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "accounts" / "access_review.typ"
TYPEFACE = "IPAmjMincho"
LABEL_TYPEFACE = "IPAexGothic"
#: Printed for a character that the typeface does not have, with the character's number.
GETA = "〓"
#: Fixed, so that the certificate stays the same one: the office's key is replaced, never its certificate renewed.
VALID_FROM = datetime(2026, 1, 1, tzinfo=UTC)
VALID_TO = datetime(2099, 12, 31, tzinfo=UTC)
#: The number of scalars of P-256 (FIPS 186-5).
P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class FontsMissing(Exception):
    """The typefaces are not installed. The text says which, and what to do."""


def render(result: Mapping[str, Any], *, fingerprint: str, closed_at: datetime) -> bytes:
    """Return the signed PDF of what a review came to (``accounts.access_review`` keeps it as ``result``).

    ``fingerprint`` is printed at its foot. Raises :class:`FontsMissing`, and ``audit.keyfiles.KeyUnavailableError``.
    """
    press = _press(tuple(str(directory) for directory in settings.KYUFU_FONT_DIRS))
    page = press.printable(
        dict(result)
        | {
            "fingerprint": fingerprint,
            "certificate_fingerprint": in_groups(certificate_fingerprint()),
            "closed_date": closed_at.timetuple()[:3],
        }
    )
    return _signed(press.set(json.dumps(page, ensure_ascii=False)), title=str(result["title"]))


def certificate() -> x509.Certificate:
    """Return the office's certificate: always the same one as long as the key file is the same."""
    return _identity(keyfiles.read(SIGNING_KEY), settings.OFFICE_NAME)[1]


def certificate_fingerprint() -> str:
    """Return the SHA-256 of the office's certificate, as any PDF reader shows it."""
    return certificate().fingerprint(hashes.SHA256()).hex()


def in_groups(fingerprint: str) -> str:
    """Return a fingerprint as people compare it: four digits at a time."""
    return " ".join(fingerprint[place : place + 4] for place in range(0, len(fingerprint), 4))


@lru_cache(maxsize=4)
def _identity(secret: bytes, office: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """Derive the signing key and its certificate. 48 bytes make the remainder even (FIPS 186-5, A.2.1)."""
    drawn = HKDF(algorithm=hashes.SHA256(), length=48, salt=None, info=b"kyufu access review signing P-256").derive(
        secret
    )
    key = ec.derive_private_key(int.from_bytes(drawn, "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, office[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, "権限の棚卸し 署名用"),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(public).digest()[:16], "big") >> 1)
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_TO)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    return key, made


def _signed(pdf: bytes, *, title: str) -> bytes:
    """Return ``pdf`` with a signature over all of it that allows no change afterwards."""
    key, made = _identity(keyfiles.read(SIGNING_KEY), settings.OFFICE_NAME)
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner(
        signing_cert=asn1crypto.x509.Certificate.load(made.public_bytes(serialization.Encoding.DER)),
        signing_key=asn1crypto.keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # ships no types for it
    )
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature",
        md_algorithm="sha256",
        name=settings.OFFICE_NAME,
        reason=_("権限の棚卸しの結果（%(title)s）") % {"title": title},
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    out = io.BytesIO()
    # the library runs an event loop of its own, which a thread that is in one already refuses
    with ThreadPoolExecutor(1) as thread:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        thread.submit(signers.sign_pdf, writer, metadata, signer=signer, output=out).result()
    return out.getvalue()


class _Press:
    """A compiler and its typefaces, kept because reading them costs more than setting a page."""

    def __init__(self, directories: tuple[str, ...]) -> None:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(directories))
        missing = [name for name in (TYPEFACE, LABEL_TYPEFACE) if name not in fonts.families()]
        if missing:
            raise FontsMissing(
                _(
                    "書体（%(names)s）が見つかりません。Debianのパッケージ fonts-ipaexfont と fonts-ipamj-mincho を"
                    "インストールし、設定 KYUFU_FONT_DIRS を確認してください。"
                )
                % {"names": "、".join(missing)}
            )
        drawn = [
            _characters(Path(font.path))
            for font in fonts.fonts()
            if font.path and font.family in {TYPEFACE, LABEL_TYPEFACE}
        ]
        self._characters = frozenset.intersection(*drawn)
        self._lock = Lock()
        self._compiler = typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=fonts, ignore_system_fonts=True)

    def printable(self, value: Any) -> Any:
        """Return ``value`` with every character that cannot be drawn replaced by its number, which can."""
        if isinstance(value, str):
            return "".join(one if ord(one) in self._characters else f"{GETA}[U+{ord(one):04X}]" for one in value)
        if isinstance(value, Mapping):
            return {key: self.printable(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.printable(part) for part in value]
        return value

    def set(self, data: str) -> bytes:
        """Set one result. One at a time: the compiler holds the inputs of the page it is setting."""
        with self._lock:
            pages = self._compiler.compile(format="pdf", sys_inputs={"review": data})
        if not isinstance(pages, bytes):
            raise TypeError("The typesetter did not return one document.")
        return pages


@lru_cache(maxsize=4)
def _press(directories: tuple[str, ...]) -> _Press:
    return _Press(directories)


def _characters(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True, fontNumber=0) as font:
        return frozenset(font.getBestCmap())
