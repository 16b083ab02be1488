"""Japanese text as it is typed: what each kind of field keeps, what it refuses, and the keys it is found by.

A name is a legal fact and is kept to the code point: even NFC would replace U+FA19 by another glyph.
Normalised forms are for numbers, for kana, and for the keys beside a name.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import groupby, pairwise
from types import MappingProxyType
from typing import Final

from mynumber.checkdigit import is_valid

HYPHENS: Final = frozenset("-˗‐‑‒–—―−⁃⁻─━ー")
"""What stands for a hyphen in a number once its width is settled. NFKC leaves all but the first apart."""

# What a pasted cell or a careless space bar leaves at either end.
_OUTER_SPACE = " \t\r\n\u00a0\u3000"

_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]+")
_KANA_AND_MARK = re.compile("[\u3041-\u30ff][\u3099\u309a]")
_SEMI_VOICED_MARK = "\u309a"
# These have no composed form: Ainu and nasal kana of JIS X 0213.
_TAKES_SEMI_VOICED_MARK = frozenset("かきくけこカキクケコセツトㇷ")
_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}

_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_IDEOGRAPHS = (
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xF900, 0xFADA),
    # Two planes set aside for ideographs: registers hold some that this Python's tables do not know yet.
    range(0x20000, 0x2FFFE),
    range(0x30000, 0x3FFFE),
)
# Parts of ideographs that look like whole ones: text copied out of a PDF has ⼭ U+2F2D for 山.
_RADICALS = (range(0x2E80, 0x2FE0),)
_NAME_KANA = (
    range(0x3041, 0x3097),
    range(0x30A1, 0x30FB),
    range(0x31F0, 0x3200),
    # 変体仮名, which older registers hold.
    range(0x1B000, 0x1B123),
)
_NAME_LATIN = (range(0x41, 0x5B), range(0x61, 0x7B), range(0xC0, 0x250), range(0x1E00, 0x1F00))
_NAME_WIDE_LATIN = (range(0xFF21, 0xFF3B), range(0xFF41, 0xFF5B))
_NAME_MARKS = frozenset(" \u3000ー・々〻ゝゞヽヾ〆〇-‐’'.,＝゠－＇．，")
_LATIN_ACCENTS = range(0x300, 0x34F)
# The most a letter takes in any of the alphabets that are used for names (Vietnamese).
_MOST_ACCENTS = 2

_KANA_ALLOWED = (range(0x30A1, 0x30FB), range(0x31F0, 0x3200))
_KANA_MARKS = frozenset("ー・ \u3000")

_NEVER_FIT = frozenset({"control", "undecodable", "private_use"})
_CHARACTER_NAMES = MappingProxyType({"\n": "改行", "\r": "改行", "\t": "タブ"})
_ADVICE = MappingProxyType(
    {
        "character": "",
        "control": "",
        "undecodable": "読み取れなかった文字です。入力し直してください",
        "half_width_kana": "半角カナは全角で入力してください",
        "lone_selector": "字形の選択だけが残っています。文字ごと入力し直してください",
        "private_use": "外字は使えません",
    }
)

_SMALL_TO_LARGE = str.maketrans(
    "ァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ",
    "アイウエオツヤユヨワカケクシストヌハヒフヘホムラリルレロ",
)
_SAME_SOUND = str.maketrans("ヴヂヅ", "ブジズ")

# Each group begins with the character people search by; the forms of it that registers hold follow. What Unicode
# itself holds to be the same character (神 U+FA19) is not repeated here. 斉 and 斎 are two characters that people
# take for one, so they are found together.
_VARIANTS = """
高髙 崎﨑嵜㟢 辺邉邊 浜濱濵 徳德悳 吉𠮷 沢澤 斉齊斎齋 広廣 国國圀囯 島嶋嶌㠀 桜櫻 槙槇 滝瀧 竜龍
真眞 恵惠 栄榮 営營 実實 寛寬 宝寳寶 曽曾 会會 関關 静靜 寿壽 豊豐 礼禮 条條 応應 来來 万萬
弥彌 淵渕渊 館舘 船舩 富冨 峰峯 鴎鷗 鶏鷄雞 蔵藏 藪薮籔 桑桒 檜桧 糸絲 縄繩 県縣 総總 緒緖 緑綠
巌巖 凛凜 尭堯 遥遙 瑶瑤 亜亞 亘亙 衛衞 達逹 芦蘆 塩鹽 鉄鐵 黒黑 浅淺 増增 横橫 瀬瀨 頼賴
郷鄕鄉 呉吳 戸戶 歩步 青靑 清淸 教敎 児兒 内內 仏佛 伝傳 当當 与與 円圓 団團 壮壯 将將 禄祿
穂穗 灯燈 発發 観觀 譲讓 鎮鎭 顕顯 亀龜 秋穐 喜㐂 哲喆 野埜 岳嶽 峡峽 権權 気氣 満滿 渋澁澀
渓溪 為爲 狭狹 祢禰 経經 続續 聡聰 台臺 旧舊 荘莊 蒋蔣 芸藝 薬藥 誉譽 釈釋 剣劍劔釼剱 霊靈 駅驛
体體 麦麥 黄黃 柳栁桺 梅楳 松枩 橋槗𣘺 土圡𡈽 岡崗 昇曻 恒恆 済濟 薫薰 村邨 閏閠 鶴靏靍 皐皋
栃杤 今𫝆 晋晉 奥奧 兎兔 園薗 蛍螢 籠篭 稲稻 勲勳 彦彥 姫姬 絵繪 顔顏 乗乘
"""
_FOLDED: Mapping[int, str] = MappingProxyType(
    {ord(variant): group[0] for group in _VARIANTS.split() for variant in group[1:] if variant != group[0]}
)

# Ranked: the wider gap is the stronger boundary.
_NO_GAP, _HYPHEN, _SPACE, _EDGE = range(4)
_LENGTH_OF_MY_NUMBER = 12
_MOST_NESTED = 5


class NotFit(Exception):
    """A text cannot stand in its field as it is.

    ``code`` is one of "character", "control", "undecodable", "half_width_kana", "lone_selector" and
    "private_use". ``message`` is fit to show and names no field; ``character`` is the first that is to blame.
    ``str()`` gives the code alone, because what is typed has no place in a log.
    """

    def __init__(self, code: str, message: str, character: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.character = character


def digits(text: str) -> str:
    """Return the ASCII digits of a number typed in any width, without its hyphens and spaces.

    Raises ``NotFit`` for any other character. How many digits there may be is for the caller to say.
    """
    kept = []
    for character in text:
        plain = unicodedata.normalize("NFKC", character)
        if plain in HYPHENS or plain.isspace():
            continue
        if not (plain.isascii() and plain.isdigit()):
            raise _not_fit(character)
        kept.append(plain)
    return "".join(kept)


def kana(text: str) -> str:
    """Return a reading in full-width katakana: half-width kana widened, hiragana turned into katakana.

    Keeps ー, ・ and inner spaces as they are typed. Raises ``NotFit`` for everything else.
    """
    wide = _HALF_WIDTH_KANA.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text.strip(_OUTER_SPACE))
    cleaned = _compose_kana(wide).translate(_HIRAGANA_TO_KATAKANA)
    for character in cleaned:
        if not (_in(_KANA_ALLOWED, character) or character in _KANA_MARKS):
            raise _not_fit(character)
    return cleaned


def name(text: str, *, private_use_declared: bool = False) -> str:
    """Return a person's name exactly as it was typed, but for spaces around it and decomposed kana.

    Allows what a register can hold: ideographs, each with a variation selector if need be, kana, Latin letters
    and the marks between them. Never normalises. Raises ``NotFit`` for the rest: control and invisible
    characters, half-width kana, selectors with nothing to select, digits, enclosed and abbreviated symbols,
    and private-use code points, which mean nothing without the font they were made for, unless
    ``private_use_declared`` says that the office has it.
    """
    cleaned = _compose_kana(text.strip(_OUTER_SPACE))
    before = ""
    accents = 0
    for character in cleaned:
        if _in(_SELECTORS, character):
            if not _in(_IDEOGRAPHS, before):
                raise _not_fit(character)
        elif ord(character) in _LATIN_ACCENTS:
            accents += 1
            if accents > _MOST_ACCENTS or not (_is_latin(before) or accents > 1):
                raise _not_fit(character)
        elif character == _SEMI_VOICED_MARK:
            if before not in _TAKES_SEMI_VOICED_MARK:
                raise _not_fit(character)
        elif not (_belongs_in_a_name(character) or (private_use_declared and _is_private_use(character))):
            raise _not_fit(character)
        if ord(character) not in _LATIN_ACCENTS:
            accents = 0
        before = character
    return cleaned


def address(text: str, *, private_use_declared: bool = False) -> str:
    """Return an address as it was typed, without the spaces around it.

    Raises ``NotFit`` for control and invisible characters, line breaks, and private-use code points unless declared.
    """
    return _plain_text(text, multiline=False, private_use_declared=private_use_declared)


def free_text(text: str, *, multiline: bool = False, private_use_declared: bool = False) -> str:
    r"""Return a text as it was typed, without the spaces around it, and with ``\n`` for every line break.

    Raises ``NotFit`` for control and invisible characters, for line breaks unless ``multiline``, and for
    private-use code points unless declared.
    """
    return _plain_text(text, multiline=multiline, private_use_declared=private_use_declared)


def name_key(text: str) -> str:
    """Return what a name is searched by: 渡邉󠄐 and 渡辺 give one key, with or without a space, in any width.

    Takes any text and never raises. The key is for comparing only: it is not a name and must never be shown.
    """
    narrow = _narrow_and_bare(text).casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", narrow).translate(_FOLDED))


def kana_key(text: str) -> str:
    """Return what a reading is searched by: small kana as large, ヴ ヂ ヅ as ブ ジ ズ, no ー, ・, hyphens or spaces.

    Takes any text and never raises. Other voiced sounds stay apart: ハ is not バ.
    """
    bare = "".join(character for character in _narrow_and_bare(text) if character not in HYPHENS and character != "・")
    katakana = unicodedata.normalize("NFKC", bare).translate(_HIRAGANA_TO_KATAKANA)
    return _compose_kana(katakana.translate(_SMALL_TO_LARGE)).translate(_SAME_SOUND)


def grapheme_length(text: str) -> int:
    """Return how many characters a reader counts: a letter with its selector, accent or voicing mark is one."""
    return sum(
        1
        for position, character in enumerate(text)
        if position == 0 or unicodedata.category(character) not in {"Mn", "Me"}
    )


def contains_my_number(text: str) -> bool:
    """Tell whether an individual number (個人番号) seems to stand in the text.

    That is twelve digits of any width, together or with hyphens and spaces between, of which the last is the
    right check digit. Twelve digits out of a longer run, unbroken or with hyphens all along, are not one.
    About one in ten of other twelve-digit numbers passes for an individual number.
    """
    return next(_my_number_spans(text), None) is not None


def mask_my_numbers(text: str) -> str:
    """Return the text without anything that ``contains_my_number`` would find, and with nothing in its place.

    The hyphens and spaces between those digits go with them. Takes any text and never raises.
    """
    for _ in range(_MOST_NESTED):
        inside = {position for start, end in _my_number_spans(text) for position in range(start, end)}
        if not inside:
            return text
        text = "".join(character for position, character in enumerate(text) if position not in inside)
    # Numbers within numbers within numbers are no slip: nothing of them is kept.
    return "".join(character for character in text if not _digits_of(character))


def _plain_text(text: str, *, multiline: bool, private_use_declared: bool) -> str:
    cleaned = text.strip(_OUTER_SPACE).replace("\r\n", "\n").replace("\r", "\n")
    for character in cleaned:
        if multiline and character == "\n":
            continue
        if private_use_declared and _is_private_use(character):
            continue
        if _reason_against(character) in _NEVER_FIT:
            raise _not_fit(character)
    return cleaned


def _compose_kana(text: str) -> str:
    """Join a kana and the voicing mark after it where one character exists for both, and touch nothing else."""
    return _KANA_AND_MARK.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)


def _belongs_in_a_name(character: str) -> bool:
    return (
        _in(_IDEOGRAPHS, character) or _in(_NAME_KANA, character) or _is_latin(character) or character in _NAME_MARKS
    )


def _is_latin(character: str) -> bool:
    """Tell whether a character is a Latin letter, in either width, that is no abbreviation of others."""
    if _in(_NAME_WIDE_LATIN, character):
        return True
    return _in(_NAME_LATIN, character) and character.isalpha() and "<" not in unicodedata.decomposition(character)


def _is_private_use(character: str) -> bool:
    return unicodedata.category(character) == "Co"


def _is_noncharacter(character: str) -> bool:
    """Tell whether a code point is one of those that Unicode will never give to a character."""
    return ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF


def _reason_against(character: str) -> str:
    """Return the code of what is wrong with a character that its field does not take."""
    category = unicodedata.category(character)
    if category == "Cs" or character == "\ufffd" or _is_noncharacter(character):
        return "undecodable"
    if category in {"Cc", "Cf", "Zl", "Zp"}:
        return "control"
    if category == "Co":
        return "private_use"
    if _in(_SELECTORS, character):
        return "lone_selector"
    if _HALF_WIDTH_KANA.match(character):
        return "half_width_kana"
    return "character"


def _not_fit(character: str) -> NotFit:
    code = _reason_against(character)
    advice = _ADVICE[code]
    if _in(_RADICALS, character):
        advice = "見た目の似た別の文字です。入力し直してください"
    sentence = f"使えない文字「{_shown(character)}」があります"
    return NotFit(code, f"{sentence}。{advice}" if advice else sentence, character)


def _shown(character: str) -> str:
    """Return the character, or its code point where it cannot be seen or would disturb what stands around it."""
    if character in _CHARACTER_NAMES:
        return _CHARACTER_NAMES[character]
    if unicodedata.category(character)[0] in "CMZ" or character == "\ufffd":
        return f"U+{ord(character):04X}"
    return character


def _in(ranges: tuple[range, ...], character: str) -> bool:
    return len(character) == 1 and any(ord(character) in each for each in ranges)


def _narrow_and_bare(text: str) -> str:
    """Return the text in compatibility form, without selectors, spaces and whatever cannot be seen or stored."""
    visible = "".join(
        character
        for character in text
        if not _in(_SELECTORS, character) and unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
    )
    compatible = unicodedata.normalize("NFKC", visible)
    return "".join(character for character in compatible if not character.isspace())


def _my_number_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each individual number begins and ends in the text; spans may overlap."""
    groups = _groups_of_digits(text)
    gaps = [_EDGE, *(_gap(text[left[1] : right[0]]) for left, right in pairwise(groups)), _EDGE]
    for first, (start, _, _) in enumerate(groups):
        number = ""
        widest = _NO_GAP
        for last in range(first, len(groups)):
            if last > first:
                widest = max(widest, gaps[last])
            number += groups[last][2]
            if widest == _EDGE or len(number) >= _LENGTH_OF_MY_NUMBER:
                break
        if (
            widest < _EDGE
            and _stands_apart(widest, gaps[first])
            and _stands_apart(widest, gaps[last + 1])
            and is_valid(number)
        ):
            yield start, groups[last][1]


def _stands_apart(widest_within: int, outside: int) -> bool:
    """Tell whether a gap ends a number whose own gaps are no wider than ``widest_within``.

    Hyphens hold one number together, so 4-4-4-4 digits are sixteen; a space may part one number from the next.
    """
    return outside > widest_within or outside == widest_within == _SPACE


def _groups_of_digits(text: str) -> list[tuple[int, int, str]]:
    """Return every unbroken run of digits: where it begins, where it ends, and the digits in ASCII."""
    found = [_digits_of(character) for character in text]
    groups = []
    for is_number, run in groupby(range(len(found)), key=lambda position: found[position] != ""):
        if is_number:
            positions = list(run)
            groups.append((positions[0], positions[-1] + 1, "".join(found[position] for position in positions)))
    return groups


@lru_cache(maxsize=4096)
def _digits_of(character: str) -> str:
    """Return the ASCII digits a character stands for in any script, width or circle; "" when it is no number."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain.isascii() and plain.isdigit() else ""


def _gap(between: str) -> int:
    """Return how strongly what stands between two runs of digits parts them; what cannot be seen does not."""
    widest = _NO_GAP
    for character in between:
        plain = unicodedata.normalize("NFKC", character)
        if plain in HYPHENS:
            widest = max(widest, _HYPHEN)
        elif character == "\t" or unicodedata.category(character) == "Zs":
            widest = max(widest, _SPACE)
        elif unicodedata.category(character) != "Cf":
            return _EDGE
    return widest
