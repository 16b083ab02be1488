"""Which kinds of paper come with an application, since when and until when: data, because laws change the list.

A kind is never taken away: papers that are there keep it. One that is no longer asked for gets an end.
"""

from dataclasses import dataclass
from datetime import date

FORM, NUMBER, IDENTITY = "APPLICATION", "NUMBER", "IDENTITY"


@dataclass(frozen=True, slots=True)
class PaperKind:
    """A kind of paper. ``holds_number``: a My Number stands on it, so it stays in staff-only places.

    ``is_copy``: what is kept of it is usually a copy, because the original goes back to the applicant.
    """

    code: str
    label: str
    since: date
    until: date | None = None
    holds_number: bool = False
    is_copy: bool = False


_ACT = date(2015, 1, 1)  # 難病の患者に対する医療等に関する法律
_NUMBERS = date(2016, 1, 1)  # 番号利用法 16条 (本人確認の措置)

#: In the order of the paper form. The form has a box for the My Number, and is treated as holding one.
KINDS: tuple[PaperKind, ...] = (
    PaperKind(FORM, "支給認定申請書", _ACT, holds_number=True),
    PaperKind(NUMBER, "番号確認書類", _NUMBERS, holds_number=True, is_copy=True),
    PaperKind(IDENTITY, "身元確認書類", _NUMBERS, is_copy=True),
    PaperKind("CLINICAL", "臨床調査個人票", _ACT),
    PaperKind("RESIDENT", "住民票", _ACT),
    PaperKind("INSURANCE", "保険の資格情報", _ACT, is_copy=True),
    PaperKind("TAX", "課税（非課税）証明書", _ACT),
    PaperKind("CONSENT", "同意書", _ACT),
    PaperKind("PROXY", "委任状", _ACT),
    PaperKind("OTHER", "その他の書類", _ACT),
)

_BY_CODE = {kind.code: kind for kind in KINDS}


def kinds_on(day: date) -> list[PaperKind]:
    """Return the kinds that are asked for on ``day``."""
    return [kind for kind in KINDS if kind.since <= day and (kind.until is None or day <= kind.until)]


def find(code: str) -> PaperKind | None:
    """Return the kind with this code, in force or not."""
    return _BY_CODE.get(code)


def label(code: str) -> str:
    """Return what a kind is called; a code that nobody knows any more reads as itself."""
    kind = _BY_CODE.get(code)
    return kind.label if kind else code
