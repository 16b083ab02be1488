import unicodedata

import pytest
from hypothesis import given, settings, strategies as st

from benefits import japanese_text
from benefits.japanese_text import NotFit
from mynumber.checkdigit import check_digit

# Kept apart from its check digit, so that no individual number is written down anywhere.
PAYLOAD = "10000000000"
NUMBER = PAYLOAD + check_digit(PAYLOAD)
WRONG = PAYLOAD + str((int(check_digit(PAYLOAD)) + 1) % 10)

LONE_SURROGATE = chr(0xD800)
KAMI = "\ufa19"  # 神, another glyph than U+795E
NAMES = [
    "渡邉\U000e0110",
    KAMI,
    "\ufa10\ufa1a\ufa1e",  # 塚 祥 羽, which NFC would replace as well
    "𠮷",
    "髙",
    "﨑",
    "葛\U000e0103",
    "神\ufe00",
    f"渡邉\U000e0110 {KAMI} 𠮷 髙 﨑 葛\U000e0103",
    "佐々木",
    "見本\u3000太郎",
    "見本  太郎",
    "さくら",
    "サクラ",
    "ヴァイオレット",
    "セ\u309aッ",
    "\U0001b002",
    "NGUYEN THI HOA",
    "ＮＧＵＹＥＮ",
    "Nguyễn",
    "e\u0301e\u0301e\u0301",
    unicodedata.normalize("NFD", "Nguyễn"),
    "O'Brien-Smith Jr.",
    "ジャン＝ポール・ベルモンド",
    "一二三",
    "〆木",
    "\U00031350",
]

ANYTHING = st.text(alphabet=st.characters(exclude_categories=()))
TRICKY = st.text(
    alphabet="0123456789０１²③⑫٣ -－ー\u3000\t\n神\ufa19邉\U000e0110\ufe00かﾊﾞハﾞ\u3099\u309aァヴ゛ゝ・"
    f"Aéﬁ\u0301\u200b\u202e\x00\ufffd\ue000{LONE_SURROGATE}"
)


def _refusal_of(attempt: object, text: str) -> NotFit:
    with pytest.raises(NotFit) as not_fit:
        attempt(text)
    return not_fit.value


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("12345678", "12345678"),
        ("１２３４５６７８", "12345678"),
        ("1234-5678", "12345678"),
        ("１２３４－５６７８", "12345678"),
        ("1234ー5678", "12345678"),
        ("1234ｰ5678", "12345678"),
        ("06−1234‐5678", "0612345678"),
        ("1–2—3―4‑5‒6─7", "1234567"),
        (" 1234\u30005678\n", "12345678"),
        ("0012", "0012"),
        ("", ""),
        ("  - ", ""),
    ],
)
def test_a_number_is_kept_as_its_digits_whatever_the_width_hyphens_and_spaces(text: str, kept: str) -> None:
    assert japanese_text.digits(text) == kept


@pytest.mark.parametrize(
    "character", ["A", "あ", "一", "٣", "½", "〒", "#", ".", "\u200b", "\x00", LONE_SURROGATE, "\ufffd"]
)
def test_a_number_takes_nothing_but_digits(character: str) -> None:
    refusal = _refusal_of(japanese_text.digits, f"12{character}34")

    assert refusal.character == character
    assert refusal.message.startswith("使えない文字「")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ミホン", "ミホン"),
        ("ﾐﾎﾝ ﾀﾛｳ", "ミホン タロウ"),
        ("みほん", "ミホン"),
        ("ｶﾞｷﾞﾊﾟ", "ガギパ"),
        ("カﾞ", "ガ"),
        ("か\u3099", "ガ"),
        ("ゔぁゎゕゖ", "ヴァヮヵヶ"),
        ("ｼﾞｮｰﾝ･ｽﾐｽ", "ジョーン・スミス"),
        ("ミホン\u3000タロウ", "ミホン\u3000タロウ"),
        ("\u3000ミホン ", "ミホン"),
        ("ヷヸヹヺ", "ヷヸヹヺ"),
        ("", ""),
    ],
)
def test_a_reading_becomes_full_width_katakana(text: str, kept: str) -> None:
    assert japanese_text.kana(text) == kept


@pytest.mark.parametrize(
    "character", ["見", "A", "1", "-", "。", "ヽ", "゛", "\u200b", "\x00", "\t", LONE_SURROGATE, "\ue000"]
)
def test_a_reading_takes_nothing_but_katakana(character: str) -> None:
    refusal = _refusal_of(japanese_text.kana, f"ミ{character}ホン")

    assert refusal.character == character


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_kept_to_the_code_point(name: str) -> None:
    assert japanese_text.name(name) == name
    assert japanese_text.name(f" \u3000{name}\n") == name


def test_only_decomposed_kana_in_a_name_is_composed() -> None:
    assert japanese_text.name("か\u3099き ハ\u309aト") == "がき パト"
    assert japanese_text.name(f"{KAMI}か\u3099") == f"{KAMI}が"
    assert japanese_text.name("e\u0301") == "e\u0301"


@pytest.mark.parametrize(
    ("text", "code", "character"),
    [
        ("見本①", "character", "①"),
        ("㈱見本", "character", "㈱"),
        ("㍻太郎", "character", "㍻"),
        ("見本Ⅲ", "character", "Ⅲ"),
        ("見本1", "character", "1"),
        ("見本１", "character", "１"),
        ("見本（太郎）", "character", "（"),
        ("見本☆", "character", "☆"),
        ("見本\U0001f600", "character", "\U0001f600"),
        ("\u2f2d本", "character", "\u2f2d"),  # ⼭ of the radicals
        ("김", "character", "김"),
        ("ﬁ", "character", "ﬁ"),
        ("Ĳ", "character", "Ĳ"),
        ("A×B", "character", "×"),
        ("𝐀", "character", "𝐀"),
        ("\u3164", "character", "\u3164"),
        ("ﾐﾎﾝ", "half_width_kana", "ﾐ"),
        ("ハﾞ", "half_width_kana", "ﾞ"),
        ("\U000e0110邉", "lone_selector", "\U000e0110"),
        ("邉\U000e0110\U000e0111", "lone_selector", "\U000e0111"),
        ("か\ufe00", "lone_selector", "\ufe00"),
        ("見\ue000", "private_use", "\ue000"),
        ("見\U000f0000", "private_use", "\U000f0000"),
        ("見\x00本", "control", "\x00"),
        ("見\t本", "control", "\t"),
        ("見\n本", "control", "\n"),
        ("見\u200b本", "control", "\u200b"),
        ("見\u200d本", "control", "\u200d"),
        ("見\u202e本", "control", "\u202e"),
        ("見\u2067本", "control", "\u2067"),
        ("見\ufeff本", "control", "\ufeff"),
        ("見\u2028本", "control", "\u2028"),
        ("見\ufffd本", "undecodable", "\ufffd"),
        (f"見{LONE_SURROGATE}本", "undecodable", LONE_SURROGATE),
        ("見\uffff本", "undecodable", "\uffff"),
        ("\u0301e", "character", "\u0301"),
        ("e\u0301\u0301\u0301", "character", "\u0301"),
        ("見\u3099", "character", "\u3099"),
        ("あ\u309a", "character", "\u309a"),
    ],
)
def test_what_no_register_holds_is_refused_in_a_name(text: str, code: str, character: str) -> None:
    refusal = _refusal_of(japanese_text.name, text)

    assert refusal.code == code
    assert refusal.character == character


def test_a_name_may_hold_private_use_characters_where_the_office_has_their_font() -> None:
    assert japanese_text.name("見\ue000", private_use_declared=True) == "見\ue000"
    with pytest.raises(NotFit):
        japanese_text.name("見\u200b", private_use_declared=True)
    with pytest.raises(NotFit):
        japanese_text.name("見①", private_use_declared=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("①", "使えない文字「①」があります"),
        ("ﾐ", "使えない文字「ﾐ」があります。半角カナは全角で入力してください"),
        ("a\u202eb", "使えない文字「U+202E」があります"),
        ("a\nb", "使えない文字「改行」があります"),
        ("a\tb", "使えない文字「タブ」があります"),
        ("\ue000", "使えない文字「U+E000」があります。外字は使えません"),
        ("\ufffd", "使えない文字「U+FFFD」があります。読み取れなかった文字です。入力し直してください"),
        (LONE_SURROGATE, "使えない文字「U+D800」があります。読み取れなかった文字です。入力し直してください"),
        (
            "\U000e0110",
            "使えない文字「U+E0110」があります。字形の選択だけが残っています。文字ごと入力し直してください",
        ),
        ("\u2f2d", "使えない文字「\u2f2d」があります。見た目の似た別の文字です。入力し直してください"),
    ],
)
def test_a_refusal_names_the_character_in_words_that_can_be_shown(text: str, message: str) -> None:
    refusal = _refusal_of(japanese_text.name, text)

    assert refusal.message == message
    assert str(refusal) == refusal.code


@pytest.mark.parametrize(
    "text",
    ["見本市中央1-2-3", "見本市中央１丁目２－３", "ﾒｿﾞﾝ見本101", "①番館", "葛\U000e0103城市", f"{KAMI}戸市", "Ⅲ〜～"],
)
def test_an_address_is_kept_as_it_is_typed(text: str) -> None:
    assert japanese_text.address(f" {text}\u3000") == text
    assert japanese_text.free_text(f" {text}\u3000") == text


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\t", "\n", "\u202e", "\u2066", "\u200b", "\ufffd", LONE_SURROGATE, "\ue000"]
)
def test_addresses_and_notes_refuse_what_cannot_be_seen_or_read(character: str) -> None:
    for attempt in (japanese_text.address, japanese_text.free_text):
        assert _refusal_of(attempt, f"見本{character}市").character == character


def test_addresses_and_notes_may_hold_declared_private_use_characters() -> None:
    assert japanese_text.address("\ue000町", private_use_declared=True) == "\ue000町"
    assert japanese_text.free_text("\ue000町", private_use_declared=True) == "\ue000町"


def test_a_note_of_several_lines_keeps_its_lines_with_one_kind_of_line_break() -> None:
    assert japanese_text.free_text("\r\n一\r\n二\r三\n四\n", multiline=True) == "一\n二\n三\n四"
    assert _refusal_of(japanese_text.free_text, "一\r\n二").character == "\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("渡邉\U000e0110", "渡辺"),
        ("渡邊", "渡辺"),
        ("髙﨑", "高崎"),
        ("濵田", "浜田"),
        ("濱田", "浜田"),
        ("𠮷野", "吉野"),
        ("齋藤", "斉藤"),
        ("齊藤", "斎藤"),
        ("廣澤", "広沢"),
        ("國嶋", "国島"),
        ("德永", "徳永"),
        (KAMI, "神"),
        ("見本\u3000太郎", "見本太郎"),
        ("見本 太郎", "見本太郎"),
        ("ﾐﾎﾝ", "ミホン"),
        ("ＮＧＵＹＥＮ Thi", "nguyen thi"),
        ("神\ufe00", "神"),
    ],
)
def test_a_name_is_found_by_any_form_of_its_characters(one: str, other: str) -> None:
    assert japanese_text.name_key(one) == japanese_text.name_key(other)


def test_different_names_have_different_keys() -> None:
    assert (
        len({japanese_text.name_key(name) for name in ("見本太郎", "見本次郎", "見元太郎", "ミホン", "みほん")}) == 5
    )


def test_no_character_of_the_table_of_variants_is_in_two_groups_or_undone_by_normalising() -> None:
    groups = japanese_text._VARIANTS.split()
    characters = "".join(groups)

    assert len(set(characters)) == len(characters)
    assert unicodedata.normalize("NFKC", characters) == characters
    assert all(len(group) >= 2 for group in groups)
    assert len(groups) >= 60


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ﾐﾎﾝ ﾀﾛｳ", "ミホンタロウ"),
        ("みほん\u3000たろう", "ミホンタロウ"),
        ("ジョー・スミス", "ジヨスミス"),
        ("ヴァイオレット", "ブアイオレツト"),
        ("ハナヂ", "ハナジ"),
        ("ミカヅキ", "ミカズキ"),
        ("オーノ", "オノ"),
        ("オ-ノ", "オノ"),
        ("オ−ノ", "オノ"),
        ("ヵヶ", "カケ"),
        ("か\u3099", "ガ"),
        ("ㇰㇷ\u309a", "クプ"),
        ("", ""),
    ],
)
def test_a_reading_is_found_without_regard_to_small_kana_long_vowels_and_marks(text: str, key: str) -> None:
    assert japanese_text.kana_key(text) == key


def test_voiced_and_unvoiced_readings_stay_apart() -> None:
    assert japanese_text.kana_key("ハタ") != japanese_text.kana_key("ハダ")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("見本", 2),
        ("渡邉\U000e0110", 2),
        ("𠮷", 1),
        ("葛\U000e0103城", 2),
        ("か\u3099", 1),
        ("e\u0301", 1),
        ("\U000e0110", 1),
        ("見本 太郎", 5),
    ],
)
def test_length_is_what_a_reader_counts(text: str, length: int) -> None:
    assert japanese_text.grapheme_length(text) == length


def _spaced(number: str, gap: str) -> str:
    return gap.join((number[:4], number[4:8], number[8:]))


HIDDEN_NUMBERS = {
    "alone": NUMBER,
    "full width": "".join(chr(ord(digit) + 0xFEE0) for digit in NUMBER),
    "other digits": "".join(chr(ord(digit) - 0x30 + 0x660) for digit in NUMBER),
    "circled": "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(digit)] for digit in NUMBER),
    "spaces": _spaced(NUMBER, " "),
    "wide spaces": _spaced(NUMBER, "\u3000\u3000"),
    "tabs": _spaced(NUMBER, "\t"),
    "hyphens": _spaced(NUMBER, "-"),
    "long vowels": _spaced(NUMBER, "ー"),
    "minus signs and spaces": _spaced(NUMBER, " − "),
    "one by one": " ".join(NUMBER),
    "hyphens one by one": "-".join(NUMBER),
    "unevenly": f"{NUMBER[:1]} {NUMBER[1:9]}-{NUMBER[9:]}",
    "zero width": "\u200b".join(NUMBER),
    "in a sentence": f"番号は{NUMBER}です",
    "after letters": f"No.{NUMBER}x",
    "before a telephone number": f"{NUMBER} 06-1234-5678",
    "spaced before a telephone number": f"{_spaced(NUMBER, ' ')} 06-1234-5678",
    "hyphens after a telephone number": f"06-1234-5678 {_spaced(NUMBER, '-')}",
    "unbroken before a hyphen": f"{NUMBER}-1",
    "on the second line": f"1234\n{NUMBER}",
}


@pytest.mark.parametrize("text", HIDDEN_NUMBERS.values(), ids=HIDDEN_NUMBERS.keys())
def test_an_individual_number_is_found_however_it_is_written(text: str) -> None:
    assert japanese_text.contains_my_number(text)
    assert not japanese_text.contains_my_number(japanese_text.mask_my_numbers(text))


OTHER_NUMBERS = {
    "wrong check digit": WRONG,
    "eleven digits": NUMBER[:11],
    "thirteen digits": f"{NUMBER}1",
    "thirteen digits from the other side": f"1{NUMBER}",
    "sixteen digits with hyphens": f"{_spaced(NUMBER, '-')}-3456",
    "sixteen digits with hyphens from the other side": f"3457-{_spaced(NUMBER, '-')}",
    "thirteen digits with something invisible in them": f"1\u200b{NUMBER}",
    "a telephone number": "06-1234-5678",
    "two lines": f"{NUMBER[:6]}\n{NUMBER[6:]}",
    "an amount": "123,456,789,012",
    "slashes": _spaced(NUMBER, "/"),
    "no digits": "見本太郎",
    "empty": "",
}


@pytest.mark.parametrize("text", OTHER_NUMBERS.values(), ids=OTHER_NUMBERS.keys())
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not japanese_text.contains_my_number(text)
    assert japanese_text.mask_my_numbers(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (NUMBER, ""),
        (f"番号は{NUMBER}です", "番号はです"),
        (f"番号は{_spaced(NUMBER, '-')}です", "番号はです"),
        (f"{NUMBER}、{NUMBER}", "、"),
        (f"{NUMBER} {NUMBER}", " "),
        (f"電話 06-1234-5678 {NUMBER}", "電話 06-1234-5678 "),
        (f"{NUMBER[:4]} {NUMBER} {NUMBER[4:8]} {NUMBER[8:]}", ""),
    ],
)
def test_masking_takes_out_the_number_and_nothing_else(text: str, masked: str) -> None:
    assert japanese_text.mask_my_numbers(text) == masked


def test_numbers_hidden_within_numbers_are_all_taken_out() -> None:
    text = ""
    for _ in range(1000):
        text = f"{NUMBER[:4]} {text} {NUMBER[4:]}"

    assert not japanese_text.contains_my_number(japanese_text.mask_my_numbers(f"見本{text}"))
    assert japanese_text.mask_my_numbers(f"見本{text}").startswith("見本")


@settings(deadline=None)
@given(st.text(alphabet="0123456789", min_size=11, max_size=11), st.text(max_size=5), st.text(max_size=5))
def test_no_individual_number_survives_masking(payload: str, before: str, after: str) -> None:
    text = f"{before}、{payload}{check_digit(payload)}、{after}"

    masked = japanese_text.mask_my_numbers(text)

    assert japanese_text.contains_my_number(text)
    assert not japanese_text.contains_my_number(masked)


@settings(deadline=None)
@given(ANYTHING | TRICKY)
def test_whatever_is_typed_is_either_kept_or_refused_with_a_sentence(text: str) -> None:
    for attempt in (
        japanese_text.digits,
        japanese_text.kana,
        japanese_text.name,
        lambda typed: japanese_text.name(typed, private_use_declared=True),
        japanese_text.address,
        japanese_text.free_text,
        lambda typed: japanese_text.free_text(typed, multiline=True),
    ):
        try:
            kept = attempt(text)
        except NotFit as not_fit:
            refusal: NotFit | None = not_fit
        else:
            refusal = None
            # What was kept once is kept again as it is, and can be stored.
            assert attempt(kept) == kept
            kept.encode()
            assert "\x00" not in kept
        if refusal:
            assert "があります" in refusal.message
            assert refusal.message.isprintable()


@settings(deadline=None)
@given(ANYTHING | TRICKY)
def test_keys_are_made_of_any_text_and_made_of_a_key_are_the_same(text: str) -> None:
    for key_of in (japanese_text.name_key, japanese_text.kana_key):
        key = key_of(text)

        assert key_of(key) == key
        assert "\x00" not in key
        key.encode()
    assert 0 <= japanese_text.grapheme_length(text) <= len(text)
    assert not japanese_text.contains_my_number(japanese_text.mask_my_numbers(text))


@settings(deadline=None)
@given(TRICKY)
def test_a_name_that_is_kept_loses_nothing_but_the_space_around_it_and_decomposed_kana(text: str) -> None:
    try:
        kept = japanese_text.name(text)
    except NotFit:
        return
    decomposed = unicodedata.normalize("NFD", kept)
    assert decomposed == unicodedata.normalize("NFD", text.strip())
    assert [character for character in kept if not "\u3041" <= character <= "\u30ff"] == [
        character
        for character in text.strip()
        if not "\u3041" <= character <= "\u30ff" and character not in "\u3099\u309a"
    ]
