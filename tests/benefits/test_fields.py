from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.utils.translation import gettext_lazy
from hypothesis import given, settings, strategies as st

from benefits import fields
from benefits.rules.check_digits import m10w21
from mynumber.checkdigit import check_digit

TODAY = date(2026, 11, 23)
# Kept apart from its check digit, so that no individual number is written down anywhere.
PAYLOAD = "10000000000"
NUMBER = PAYLOAD + check_digit(PAYLOAD)
LONE_SURROGATE = chr(0xD800)
NAMES = "渡邉\U000e0110 \ufa19 𠮷 髙 﨑 葛\U000e0103"

MakeField = Callable[..., fields.LabelledField]

TYPED: list[MakeField] = [
    fields.WarekiDateField,
    fields.DigitsField,
    fields.PhoneField,
    fields.PostalCodeField,
    fields.InsurerNumberField,
    fields.KanaField,
    fields.NameField,
    fields.AddressField,
    fields.FreeTextField,
    fields.YenField,
]


def refusal_of(field: forms.Field, value: Any) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        field.clean(value)
    return refused.value.error_list[0]


def message_of(field: forms.Field, value: Any) -> str:
    return refusal_of(field, value).messages[0]


def bound(field: forms.Field, value: Any) -> forms.BoundField:
    class EntryForm(forms.Form):
        entry = field

    return EntryForm(data={"entry": value})["entry"]


@pytest.mark.parametrize("make_field", TYPED)
@pytest.mark.parametrize("nothing", ["", None, " ", "\u3000"])
def test_an_empty_field_asks_for_its_entry_by_name(make_field: MakeField, nothing: str | None) -> None:
    assert message_of(make_field(label="見出し"), nothing) == "見出しを入力してください"
    assert refusal_of(make_field(label="見出し"), nothing).code == "required"


@pytest.mark.parametrize("nothing", ["", None])
def test_an_empty_choice_asks_for_a_choice_by_name(nothing: str | None) -> None:
    choice = fields.ChoiceCodeField(label="性別", choices=[("1", "男"), ("2", "女")])

    assert message_of(choice, nothing) == "性別を選んでください"


def test_an_optional_field_may_stay_empty() -> None:
    for make_field in TYPED:
        assert make_field(label="見出し", required=False).clean(" ") in ("", None)
    assert fields.WarekiDateField(required=False).clean("") is None
    assert fields.YenField(required=False).clean("") is None
    assert fields.NameField(required=False).clean("") == ""
    assert fields.ChoiceCodeField(required=False, choices=[("1", "男")]).clean("") == ""


def test_messages_follow_the_label_when_a_form_changes_it() -> None:
    field = fields.NameField(label=gettext_lazy("氏名"))

    field.label = "世帯員1の氏名"

    assert message_of(field, "") == "世帯員1の氏名を入力してください"


def test_a_field_without_a_label_still_says_a_whole_sentence() -> None:
    assert message_of(fields.NameField(), "") == "この項目を入力してください"


def test_a_page_may_word_a_message_itself() -> None:
    field = fields.NameField(label="氏", error_messages={"required": "%(label)sは申請書の①の欄です"})

    assert message_of(field, "") == "氏は申請書の①の欄です"


@pytest.mark.parametrize("make_field", TYPED)
@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        f"{NUMBER[:4]} {NUMBER[4:8]} {NUMBER[8:]}",
        "".join(chr(ord(digit) + 0xFEE0) for digit in NUMBER),
        f"番号{NUMBER}",
    ],
)
def test_no_field_takes_an_individual_number_or_draws_it_again(make_field: MakeField, text: str) -> None:
    refusal = refusal_of(make_field(label="見出し"), text)
    drawn = bound(make_field(label="見出し"), text)

    assert refusal.code == "my_number"
    assert refusal.messages == [
        "見出しに個人番号と同じ形の数字があります。個人番号は個人番号の欄だけに入力してください。この欄の内容は消しました"
    ]
    assert drawn.value() == ""
    assert text not in str(drawn)
    assert NUMBER not in repr(refusal)


def test_what_was_typed_is_drawn_again_as_it_was_typed() -> None:
    assert bound(fields.WarekiDateField(), "S65.3.4").value() == "S65.3.4"
    assert bound(fields.KanaField(), "ﾐﾎﾝ①").value() == "ﾐﾎﾝ①"
    assert bound(fields.YenField(), "1,23").value() == "1,23"
    assert bound(fields.NameField(), f"見{LONE_SURROGATE}").value() == "見?"


def test_a_field_that_is_switched_off_keeps_what_it_had() -> None:
    field = fields.NameField(disabled=True, initial="見本")

    assert bound(field, NUMBER).value() == "見本"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("きのう", "生年月日は日付として読み取れません。例のように入力してください"),
        ("R6.2.30", "生年月日は暦にない日付です"),
        ("450401", "生年月日は元号がないため読み取れません。元号か西暦4桁を付けて入力してください"),
        ("S65.3.4", "生年月日を確かめてください。昭和は64年1月7日までです。平成2年3月4日ではありませんか"),
        ("M1.1.1", "生年月日を確かめてください。明治6年（1873年）より前の日付は、暦が異なるため扱えません"),
        ("R8.11.24", "生年月日は今日までの日付にしてください"),
        ("M33.12.31", "生年月日は明治34年1月1日以後の日付にしてください"),
    ],
)
def test_a_date_that_cannot_stand_is_refused_by_name(text: str, message: str) -> None:
    field = fields.WarekiDateField(label="生年月日", not_future=True, not_before=date(1901, 1, 1), today=lambda: TODAY)

    assert message_of(field, text) == message


@pytest.mark.parametrize("text", ["S45.4.1", "Ｓ４５．４．１", "昭和45年4月1日", "S450401", "1970/4/1", " 19700401 "])
def test_a_date_is_read_in_every_way_it_is_typed(text: str) -> None:
    assert fields.WarekiDateField().clean(text) == date(1970, 4, 1)


def test_the_limits_of_a_date_are_themselves_allowed() -> None:
    field = fields.WarekiDateField(not_future=True, not_before=date(1901, 1, 1), today=lambda: TODAY)

    assert field.clean("R8.11.23") == TODAY
    assert field.clean("M34.1.1") == date(1901, 1, 1)


def test_without_limits_a_date_may_lie_ahead() -> None:
    assert fields.WarekiDateField().clean("R99.1.1") == date(2117, 1, 1)


def test_a_day_outside_its_era_comes_with_the_day_to_confirm() -> None:
    refusal = refusal_of(fields.WarekiDateField(label="診断年月日"), "H31.5.1")

    assert refusal.code == "out_of_era"
    assert refusal.params["corrected"] == date(2019, 5, 1)


def test_seven_digits_are_a_date_only_where_the_page_says_so() -> None:
    assert fields.WarekiDateField(era_numbers=True).clean("3450401") == date(1970, 4, 1)
    assert refusal_of(fields.WarekiDateField(), "3450401").code == "unreadable"


def test_a_stored_day_is_drawn_as_clerks_type_it_and_is_no_change() -> None:
    field = fields.WarekiDateField()

    assert field.prepare_value(date(1970, 4, 1)) == "S45.4.1"
    assert field.prepare_value(date(1872, 1, 1)) == date(1872, 1, 1)
    assert field.prepare_value("きのう") == "きのう"
    assert field.clean(date(1970, 4, 1)) == date(1970, 4, 1)
    assert field.clean(datetime(1970, 4, 1, 12)) == date(1970, 4, 1)  # noqa: DTZ001 - a day has no zone
    assert not field.has_changed(date(1970, 4, 1), "昭和45年4月1日")
    assert field.has_changed(date(1970, 4, 1), "昭和45年4月2日")


@pytest.mark.parametrize(
    ("lengths", "text", "message"),
    [
        ((8,), "1234567", "番号は8桁で入力してください（入力 7桁）"),
        ((8,), "１２３４－５６７８９", "番号は8桁で入力してください（入力 9桁）"),
        ((6, 8), "1234567", "番号は6桁または8桁で入力してください（入力 7桁）"),
        ((1, 2, 3), "1234", "番号は1桁から3桁で入力してください（入力 4桁）"),
        ((2,), "1a", "番号に使えない文字「a」があります"),
        ((2,), "1٣", "番号に使えない文字「٣」があります"),
    ],
)
def test_a_number_of_the_wrong_length_or_with_other_characters_is_refused(
    lengths: tuple[int, ...], text: str, message: str
) -> None:
    assert message_of(fields.DigitsField(label="番号", lengths=lengths), text) == message


def test_a_number_is_kept_as_its_digits() -> None:
    assert fields.DigitsField(lengths=(8,)).clean(" １２３４-５６７８ ") == "12345678"
    assert fields.DigitsField(lengths=(2,)).clean("00") == "00"
    assert fields.DigitsField().clean("1" * 20) == "1" * 20


@pytest.mark.parametrize("text", ["06-1234-5678", "06（1234）5678", "０６ー１２３４ー５６７８", "(06) 1234 5678"])
def test_a_telephone_number_is_kept_as_its_digits(text: str) -> None:
    assert fields.PhoneField().clean(text) == "0612345678"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1234-5678", "電話番号は市外局番から10桁または11桁で入力してください（入力 8桁）"),
        ("1612345678", "電話番号は0から始まる番号を入力してください"),
        ("06-1234-567x", "電話番号に使えない文字「x」があります"),
    ],
)
def test_what_is_no_telephone_number_is_refused(text: str, message: str) -> None:
    assert message_of(fields.PhoneField(label="電話番号"), text) == message


def test_a_postal_code_is_seven_digits_with_or_without_its_mark() -> None:
    assert fields.PostalCodeField().clean("〒540-0001") == "5400001"
    assert fields.PostalCodeField().clean("５４０－０００１") == "5400001"
    assert message_of(fields.PostalCodeField(label="郵便番号"), "540-001") == (
        "郵便番号は7桁で入力してください（入力 6桁）"
    )


@pytest.mark.parametrize("payload", ["0127001", "12345"])
def test_an_insurer_number_must_end_in_the_right_digit(payload: str) -> None:
    right = m10w21(payload)
    field = fields.InsurerNumberField(label="保険者番号")

    assert field.clean(f"{payload}{right}") == f"{payload}{right}"
    for digit in set(range(10)) - {right}:
        refusal = refusal_of(field, f"{payload}{digit}")
        assert refusal.code == "check_digit"
        assert refusal.messages == ["保険者番号の検査数字が合いません。原本と見比べてください"]


def test_an_insurer_number_of_the_wrong_length_is_told_its_length_first() -> None:
    assert message_of(fields.InsurerNumberField(label="保険者番号"), "1234567") == (
        "保険者番号は6桁または8桁で入力してください（入力 7桁）"
    )


def test_a_name_is_kept_to_the_code_point() -> None:
    assert fields.NameField().clean(NAMES) == NAMES
    assert fields.NameField().clean(f"\u3000{NAMES} ") == NAMES


def test_what_no_name_holds_is_refused_by_name_and_character() -> None:
    field = fields.NameField(label="氏")

    assert message_of(field, "見本①") == "氏に使えない文字「①」があります"
    assert message_of(field, "ﾐﾎﾝ") == "氏に使えない文字「ﾐ」があります。半角カナは全角で入力してください"
    assert message_of(field, "\ue000") == "氏に使えない文字「U+E000」があります。外字は使えません"
    assert fields.NameField(private_use_declared=True).clean("\ue000") == "\ue000"


def test_a_reading_becomes_katakana() -> None:
    assert fields.KanaField().clean("みほん ﾀﾛｳ") == "ミホン タロウ"
    assert message_of(fields.KanaField(label="フリガナ（氏）"), "見本") == (
        "フリガナ（氏）に使えない文字「見」があります"
    )


def test_addresses_and_notes_are_kept_as_they_are_typed() -> None:
    assert fields.AddressField().clean("見本市１－２ ﾒｿﾞﾝ①") == "見本市１－２ ﾒｿﾞﾝ①"
    assert fields.FreeTextField(multiline=True).clean("一\r\n二") == "一\n二"
    assert message_of(fields.FreeTextField(label="備考"), "一\n二") == "備考に使えない文字「改行」があります"
    assert message_of(fields.AddressField(label="建物名"), "見本\u202e") == "建物名に使えない文字「U+202E」があります"


def test_length_is_counted_as_a_reader_counts() -> None:
    field = fields.NameField(label="氏", max_length=3)

    assert field.clean("邉\U000e0110" * 3) == "邉\U000e0110" * 3
    assert message_of(field, "邉\U000e0110" * 4) == "氏は3文字以内で入力してください（入力 4文字）"
    assert message_of(fields.FreeTextField(label="備考", max_length=40), "あ" * 81) == (
        "備考は40文字以内で入力してください（入力 81文字）"
    )


def test_marks_without_end_do_not_get_round_the_length() -> None:
    field = fields.FreeTextField(label="備考", max_length=10)

    assert refusal_of(field, "a" + "\u0301" * 1000).code == "max_length"


@pytest.mark.parametrize(
    ("text", "yen"),
    [
        ("0", 0),
        ("1234567", 1_234_567),
        ("1,234,567", 1_234_567),
        ("１，２３４，５６７", 1_234_567),
        ("1、234、567", 1_234_567),
        ("￥1,234,567", 1_234_567),
        ("¥1234567", 1_234_567),
        ("\\1234567", 1_234_567),
        ("1234567円", 1_234_567),
        (" １２３４５６７ 円 ", 1_234_567),
        ("007", 7),
        ("9,999,999,999", 9_999_999_999),
        ("0" * 1_900 + "1", 1),
    ],
)
def test_an_amount_is_read_however_it_is_written(text: str, yen: int) -> None:
    assert fields.YenField().clean(text) == yen


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10000000000", "所得割は9,999,999,999円までの金額を入力してください"),
        ("9" * 1_900, "所得割は9,999,999,999円までの金額を入力してください"),
        ("-5", "所得割は金額として読み取れません。数字で入力してください"),
        ("▲5", "所得割に使えない文字「▲」があります"),
        ("1.5", "所得割に使えない文字「.」があります"),
        ("1万", "所得割に使えない文字「万」があります"),
        ("円", "所得割は金額として読み取れません。数字で入力してください"),
        (",", "所得割は金額として読み取れません。数字で入力してください"),
        ("1,23", "所得割は桁区切りの位置が合いません。金額を確かめてください"),
        ("12,34,567", "所得割は桁区切りの位置が合いません。金額を確かめてください"),
        ("1,234,", "所得割は桁区切りの位置が合いません。金額を確かめてください"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, message: str) -> None:
    assert message_of(fields.YenField(label="所得割"), text) == message


def test_a_stored_amount_is_drawn_with_its_commas_and_is_no_change() -> None:
    field = fields.YenField()

    assert field.prepare_value(1_234_567) == "1,234,567"
    assert field.prepare_value("1,23") == "1,23"
    assert not field.has_changed(1_234_567, "１２３４５６７")


def test_an_unknown_choice_is_refused_without_repeating_it() -> None:
    choice = fields.ChoiceCodeField(label="性別", choices=[("1", "男"), ("2", "女")])

    assert choice.clean("1") == "1"
    assert message_of(choice, "9") == "性別を選び直してください"
    assert message_of(choice, NUMBER) == "性別を選び直してください"


def test_a_list_to_choose_from_begins_with_nothing_chosen() -> None:
    listed = fields.ChoiceCodeField(choices=[("1", "男"), ("2", "女")])
    radio = fields.ChoiceCodeField(choices=[("1", "男"), ("2", "女")], widget=forms.RadioSelect)

    assert list(listed.choices) == [("", "選んでください"), ("1", "男"), ("2", "女")]
    assert list(radio.choices) == [("1", "男"), ("2", "女")]


def test_several_choices_are_kept_or_refused_together() -> None:
    documents = fields.ChoiceCodesField(label="書類", choices=[("TAX", "課税証明"), ("CONSENT", "同意書")])

    assert documents.clean(["TAX", "CONSENT"]) == ["TAX", "CONSENT"]
    assert message_of(documents, []) == "書類を選んでください"
    assert message_of(documents, ["TAX", "OTHER"]) == "書類を選び直してください"
    assert message_of(documents, "TAX") == "書類を選び直してください"
    assert fields.ChoiceCodesField(choices=[], required=False).clean([]) == []


@pytest.mark.parametrize(
    ("field", "attrs"),
    [
        (fields.WarekiDateField(), {"data-kind": "date", "inputmode": None, "spellcheck": "false"}),
        (fields.DigitsField(lengths=(6, 8)), {"data-kind": "digits", "inputmode": "numeric", "data-digits": "6,8"}),
        (fields.PhoneField(), {"data-kind": "digits", "inputmode": "numeric"}),
        (fields.PostalCodeField(), {"data-kind": "digits", "inputmode": "numeric", "data-digits": "7"}),
        (fields.InsurerNumberField(), {"data-kind": "digits", "inputmode": "numeric", "data-digits": "6,8"}),
        (fields.KanaField(), {"data-kind": "kana", "inputmode": None, "spellcheck": "false"}),
        (fields.NameField(), {"data-kind": "name", "inputmode": None, "spellcheck": "false"}),
        (fields.AddressField(), {"data-kind": None, "inputmode": None, "spellcheck": "false"}),
        (fields.FreeTextField(multiline=True), {"data-kind": None, "inputmode": None, "rows": "3"}),
        (fields.YenField(), {"data-kind": "yen", "inputmode": "numeric"}),
        (fields.ChoiceCodeField(), {"data-kind": None}),
    ],
)
def test_controls_carry_what_keyboards_and_scripts_need(field: forms.Field, attrs: dict[str, str | None]) -> None:
    assert {name: field.widget.attrs.get(name) for name in attrs} == attrs
    assert field.widget.attrs["autocomplete"] == "off"
    assert "maxlength" not in field.widget.attrs


def test_what_the_author_put_on_a_control_stays() -> None:
    field = fields.DigitsField(lengths=(8,), widget=forms.TextInput(attrs={"size": "20", "data-digits": "9"}))

    assert field.widget.attrs["size"] == "20"
    assert field.widget.attrs["data-digits"] == "9"
    assert field.widget.attrs["inputmode"] == "numeric"


def test_a_field_carries_what_is_drawn_beside_it() -> None:
    field = fields.NameField(paper_box="⑫", requirement="conditional", shown_when="kind=SELF", is_wide=True)

    assert (field.paper_box, field.requirement, field.shown_when, field.is_wide) == (
        "⑫",
        "conditional",
        "kind=SELF",
        True,
    )


def test_further_validators_may_use_the_label_or_words_of_their_own() -> None:
    labelled = fields.FreeTextField(
        label="備考",
        validators=[MaxLengthValidator(2)],
        error_messages={"max_length": "%(label)sは%(limit_value)d文字以内で入力してください"},
    )
    own = fields.FreeTextField(label="備考", validators=[RegexValidator("x", message="xが要ります")])

    assert message_of(labelled, "あいう") == "備考は2文字以内で入力してください"
    assert message_of(own, "y") == "xが要ります"


def test_in_a_form_every_message_names_its_field() -> None:
    class EntryForm(forms.Form):
        birth_on = fields.WarekiDateField(label="生年月日")
        insurer_number = fields.InsurerNumberField(label="保険者番号")
        family_name = fields.NameField(label="氏")
        sex = fields.ChoiceCodeField(label="性別", choices=[("1", "男")], widget=forms.RadioSelect)

    form = EntryForm(data={"birth_on": "R6.2.30", "insurer_number": "12", "family_name": "①", "sex": ""})

    assert form.errors == {
        "birth_on": ["生年月日は暦にない日付です"],
        "insurer_number": ["保険者番号は6桁または8桁で入力してください（入力 2桁）"],
        "family_name": ["氏に使えない文字「①」があります"],
        "sex": ["性別を選んでください"],
    }


@settings(deadline=None)
@given(
    st.text(alphabet=st.characters(exclude_categories=()))
    | st.text(alphabet="MTSHR令和平成昭元年月日0123456789０１９²③٣./-,、円¥￥\\〒()（） ー神邉\U000e0110\x00")
    | st.integers()
    | st.none()
    | st.dates()
    | st.lists(st.text(), max_size=2),
    st.integers(min_value=1, max_value=50),
)
def test_whatever_is_sent_is_taken_or_refused_with_a_sentence_and_drawn_again(value: Any, max_length: int) -> None:
    typed = [make_field(label="見出し", max_length=max_length) for make_field in TYPED]
    choices = [("1", "男")]
    for field in (
        *typed,
        fields.FreeTextField(label="見出し", multiline=True, required=False),
        fields.WarekiDateField(label="見出し", not_future=True, not_before=date(1900, 1, 1), era_numbers=True),
        fields.ChoiceCodeField(label="見出し", choices=choices),
        fields.ChoiceCodesField(label="見出し", choices=choices),
    ):
        try:
            field.clean(value)
        except ValidationError as error:
            refused: ValidationError | None = error
        else:
            refused = None

        if refused:
            assert all(message.startswith("見出し") for message in refused.messages)
        str(bound(field, value)).encode()
