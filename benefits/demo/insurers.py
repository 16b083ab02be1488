"""The insurers of 見本県: right check digits, a prefecture code that no prefecture has.

Prefecture codes end at 47. With 48 in its place a number reads, checks and prints like a real one and belongs to
no insurer in the country.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from benefits.demo.places import MUNICIPALITIES
from benefits.rules.check_digits import m10w21

PREFECTURE_CODE = "48"


@dataclass(frozen=True, slots=True)
class Insurer:
    """A medical insurer. ``number`` is its 保険者番号, six digits for 国民健康保険 and eight for the others."""

    number: str
    name: str


def _insurer(law: str, serial: int, name: str) -> Insurer:
    payload = f"{law}{PREFECTURE_CODE}{serial:03d}"
    return Insurer(f"{payload}{m10w21(payload)}", name)


INSURERS: Mapping[str, tuple[Insurer, ...]] = MappingProxyType(
    {
        "KYOKAI": (_insurer("01", 1, "全国健康保険協会見本支部"),),
        "KUMIAI": tuple(
            _insurer("06", serial, f"{company}健康保険組合")
            for serial, company in enumerate(
                (
                    "見本電機", "架空製作所", "例示自動車", "雛形百貨店", "青葉製薬", "仮名印刷", "若草食品",
                    "試作精密", "星見通信", "夕凪造船", "白波海運", "見本銀行", "見本新聞", "架空鉄道", "例示ガス",
                    "緑風不動産",
                ),
                start=101,
            )
        ),
        "KYOSAI": (
            _insurer("32", 1, "見本県職員共済組合"),
            _insurer("32", 2, "見本県市町村職員共済組合"),
            _insurer("34", 1, "見本県学校共済組合"),
            _insurer("33", 1, "見本県警察共済組合"),
        ),
        "SENIN": (_insurer("02", 1, "見本船員保険"),),
        "KOKUHO": tuple(_insurer("", place.number, place.name) for place in MUNICIPALITIES),
        "KOKUHO_KUMIAI": (
            _insurer("", 301, "見本県建設国民健康保険組合"),
            _insurer("", 302, "見本県医師国民健康保険組合"),
            _insurer("", 303, "見本県美容国民健康保険組合"),
        ),
        "KOUKI": tuple(_insurer("39", place.number, "見本県後期高齢者医療広域連合") for place in MUNICIPALITIES),
        "SEIHO": (),
    }
)  # fmt: skip
"""Insurers by the code of their kind. 国保 and 後期 stand in the order of the municipalities they serve."""
