"""The towns of 見本県, a prefecture that no map shows, with its hospitals.

Postal codes begin with 000, which the post has given to nobody, and telephone numbers are made of ranges that the
numbering plan leaves empty, so no letter and no call can reach a stranger.
"""

from dataclasses import dataclass

PREFECTURE = "見本県"


@dataclass(frozen=True, slots=True)
class Municipality:
    """A city, town or village. ``office`` is the health centre that accepts its residents' applications."""

    number: int
    name: str
    office: str
    people: int
    quarters: tuple[str, ...]


def _municipality(number: int, name: str, office: str, people: int, quarters: str) -> Municipality:
    return Municipality(number, name, office, people, tuple(quarters.split()))


MUNICIPALITIES: tuple[Municipality, ...] = (
    _municipality(
        1,
        "見本市",
        "CHUO",
        340,
        "中央町 本町 大手町 見本台 緑ケ丘 桜坂 若葉町 栄町 新町 東見本 西見本 南見本 北見本 港通 学園前 文教町 城下町",
    ),
    _municipality(2, "架空市", "CHUO", 140, "架空町 雲井 天神町 虹の丘 空見台 風町 雲雀が丘 夢野 大字架空 宙町"),
    _municipality(3, "例示市", "KITA", 110, "例示 引例町 凡例台 前例町 好例が丘 北例示 駅前町 大字用例 松風町 千歳台"),
    _municipality(4, "雛形市", "KITA", 60, "雛形本町 桃の里 雛菊町 人形町 白酒町 菱町 大字雛形 橘町"),
    _municipality(5, "青葉町", "KITA", 30, "青葉 若芽 木漏日 大字青葉 新緑台 緑風"),
    _municipality(6, "仮名市", "MINAMI", 100, "いろは町 仮名町 平仮名台 片仮名台 五十音通 筆町 硯町 紙漉町 大字仮名"),
    _municipality(7, "若草市", "MINAMI", 50, "若草 春野 菫台 蓬町 野遊町 花野 土筆が丘 大字若草"),
    _municipality(8, "試作市", "HIGASHI", 70, "試作 工房町 図面町 鋳物町 鉋町 東試作 大字試作 匠が丘"),
    _municipality(9, "星見町", "HIGASHI", 20, "星見 北極 昴 大字星見 天の川"),
    _municipality(10, "朝霧村", "HIGASHI", 10, "朝霧 上朝霧 下朝霧 露草"),
    _municipality(11, "夕凪市", "NISHI", 50, "夕凪 茜町 灯台町 浜通 帆町 西夕凪 大字夕凪 汐見台"),
    _municipality(12, "白波町", "NISHI", 20, "白波 磯町 貝塚 大字白波 千鳥"),
)

BUILDINGS: tuple[str, ...] = (
    "コーポ見本", "メゾン青空", "ハイツ若葉", "グランドール架空", "サンライズ桜坂", "県営見本団地", "市営第二住宅",
    "レジデンス空見", "パークサイド緑", "シャトー夕凪", "フラワーハイム", "第一見本ビル",
)  # fmt: skip

HOSPITALS: tuple[str, ...] = (
    "見本県立中央医療センター", "見本大学医学部附属病院", "架空市民病院", "例示総合病院", "雛形記念病院",
    "青葉神経内科クリニック", "仮名赤心病院", "若草消化器病院", "試作労働者病院", "夕凪リウマチ内科", "白波診療所",
    "見本こども病院", "星見眼科", "朝霧記念病院", "緑ケ丘循環器病センター", "桜坂皮膚科", "空見台腎クリニック",
    "港通呼吸器病院",
)  # fmt: skip


def postal_code(municipality: Municipality, quarter: str) -> str:
    """Return the seven digits of a postal code that the post does not use."""
    return f"000{municipality.number:02d}{municipality.quarters.index(quarter) + 1:02d}"
