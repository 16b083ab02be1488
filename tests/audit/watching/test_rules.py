"""Each rule raises at its threshold and not below, and says what to look at."""

import dataclasses
import uuid
from datetime import timedelta
from string import Formatter

import pytest

from audit import words
from audit.watching.rules import LOGIC, Seen, is_mashed
from tests.audit.watching.office_of_rules import (
    APPROVED,
    CASE_VIEW,
    EXPORTED,
    LOOKED_UP,
    MORNING,
    REVEAL,
    SAVED,
    SEARCH,
    SIGNED_IN,
    THRESHOLDS,
    VIEW,
    Answers,
    findings,
    minutes,
    seen,
)

ANNE = uuid.uuid4()


def kinds(code: str, events: list[Seen], answers: Answers | None = None, **thresholds: int) -> list[str]:
    return [finding.kind for finding in findings(code, events, answers, **thresholds)]


def test_every_rule_has_logic_thresholds_words_and_a_sentence_for_each_kind() -> None:
    assert set(LOGIC) == set(THRESHOLDS) == set(words.codes()) == {code for code, _kind in words.kinds()}
    for code in words.codes():
        assert words.name(code) != code
        assert words.about(code)
        assert all(words.threshold(key) != key for key in THRESHOLDS[code])


def test_every_sentence_names_what_to_look_at_and_none_names_anybody() -> None:
    for code, kind in words.kinds():
        template = str(words._SENTENCES[(code, kind)])
        names = {name for _text, name, _spec, _conversion in Formatter().parse(template) if name}
        assert template.endswith(("ください。",)), template
        assert not names & {"actor", "person", "name", "who"}


def test_a_sentence_of_data_that_is_not_there_says_what_the_rule_is_about() -> None:
    assert words.sentence("W4", "", {"days": 3, "viewers": 4}).startswith(
        "3日間で4人が、申請の動いていない受給者の記録を開きました。"
    )
    assert words.sentence("W4", "", {}) == words.about("W4")
    assert words.sentence("W99", "", {}) == "W99"


@pytest.mark.parametrize(
    ("explanation", "ground", "raised"), [("E0", "NONE", 1), ("E0", "CASE", 0), ("E6", "NONE", 0), ("E1", "NONE", 0)]
)
def test_w1_a_reveal_that_neither_the_viewers_work_nor_any_case_explains(
    explanation: str, ground: str, raised: int
) -> None:
    assert len(findings("W1", [seen(REVEAL, explanation=explanation, details={"ground": ground})])) == raised


def test_w1_can_ask_about_reveals_with_somebody_elses_case_too() -> None:
    assert findings("W1", [seen(REVEAL, details={"ground": "CASE"})], with_others_cases=1)


@pytest.mark.parametrize(("explanation", "raised"), [("E0", 1), ("E2", 1), ("E6", 1), ("E1", 0), ("E4", 0)])
def test_w2_a_protected_person_seen_by_somebody_whose_case_it_is_not(explanation: str, raised: int) -> None:
    view = seen(person_id=ANNE, explanation=explanation)

    assert len(findings("W2", [view], Answers(protected={ANNE}))) == raised
    assert not findings("W2", [view])
    assert len(findings("W2", [view], Answers(protected={ANNE}), explained_too=1)) == 1


def test_w2_says_it_once_a_day() -> None:
    views = [seen(person_id=ANNE, at=MORNING + minutes(step)) for step in range(3)]

    assert len(findings("W2", views, Answers(protected={ANNE}))) == 1


@pytest.mark.parametrize(
    ("relation", "severity"), [("SELF", "HIGH"), ("DECLARED", "HIGH"), ("SURNAME", "REVIEW"), ("", None)]
)
def test_w3_oneself_and_whom_one_knows(relation: str, severity: str | None) -> None:
    found = findings("W3", [seen(person_id=ANNE, explanation="E1")], Answers(relations={(1, ANNE): relation}))

    assert [(one.kind, one.severity) for one in found] == ([(relation, severity)] if severity else [])


def test_w3_can_leave_out_people_of_the_same_name_nearby() -> None:
    assert not findings("W3", [seen(person_id=ANNE)], Answers(relations={(1, ANNE): "SURNAME"}), surname_and_block=0)


def test_w4_three_who_look_at_one_person_within_seven_days() -> None:
    views = [seen(person_id=ANNE, actor=actor, at=MORNING + timedelta(days=actor)) for actor in (1, 2, 3, 4)]
    found = findings("W4", views)

    assert [finding.event for finding in found] == [views[2]]
    assert found[0].data == {"days": 7, "viewers": 3}
    assert list(found[0].others) == views[:2]
    assert not findings("W4", views[:2])


def test_w4_neither_slowly_nor_with_a_case_nor_the_same_one_over_and_over() -> None:
    slowly = [seen(person_id=ANNE, actor=actor, at=MORNING + timedelta(days=4 * actor)) for actor in (1, 2, 3)]
    working = [seen(person_id=ANNE, actor=actor, explanation="E2") for actor in (1, 2, 3)]
    alone = [seen(person_id=ANNE, actor=actor) for actor in (1, 2, 2, 2)]

    assert not findings("W4", slowly)
    assert not findings("W4", working)
    assert not findings("W4", alone)


def spread(count: int, *, over: timedelta) -> list[Seen]:
    return [seen(at=MORNING + over * step / max(count, 1), explanation="E1") for step in range(count)]


def test_w5_more_people_in_a_day_than_one_and_ones_section_ever_look_at() -> None:
    day = timedelta(hours=8)

    assert kinds("W5", spread(20, over=day)) == []
    assert kinds("W5", spread(21, over=day)) == ["DAY"]
    assert kinds("W5", spread(24, over=day), Answers(usual=8)) == []
    assert kinds("W5", spread(25, over=day), Answers(usual=8)) == ["DAY"]
    assert kinds("W5", spread(30, over=day), Answers(team=15)) == []
    assert kinds("W5", spread(31, over=day), Answers(team=15)) == ["DAY"]


def test_w5_more_than_five_in_a_minute_and_sixty_in_an_hour() -> None:
    assert kinds("W5", spread(5, over=timedelta(seconds=50))) == []
    assert kinds("W5", spread(6, over=timedelta(seconds=50))) == ["MINUTE"]
    assert "HOUR" not in kinds("W5", spread(60, over=minutes(59)), Answers(usual=100))
    assert kinds("W5", spread(61, over=minutes(59)), Answers(usual=100)) == ["HOUR"]


def test_w5_opening_one_person_again_is_no_volume() -> None:
    assert not findings("W5", [seen(person_id=ANNE, at=MORNING + minutes(step / 60)) for step in range(30)])


def browsing(people: int) -> list[Seen]:
    return [
        seen(SEARCH, person_id=None, explanation=""),
        *(seen(at=MORNING + minutes(1 + step)) for step in range(people)),
    ]


def test_w6_five_people_after_a_search_and_nothing_done() -> None:
    assert len(findings("W6", browsing(5))) == 1
    assert len(findings("W6", browsing(9))) == 1
    assert not findings("W6", browsing(4))
    assert not findings("W6", browsing(5)[1:])


def test_w6_whoever_then_works_did_not_browse() -> None:
    assert not findings("W6", [*browsing(5), seen(SAVED, at=MORNING + minutes(30))])
    assert findings("W6", [*browsing(5), seen(SAVED, at=MORNING + minutes(40))])


def test_w7_outside_the_hours_and_on_days_off_without_overtime() -> None:
    early = seen(at=MORNING.replace(hour=7, minute=29))
    late = seen(at=MORNING.replace(hour=20, minute=0))
    in_time = [seen(at=MORNING.replace(hour=7, minute=30)), seen(at=MORNING.replace(hour=19, minute=59))]
    saturday = seen(at=MORNING + timedelta(days=3))

    assert kinds("W7", [early]) == kinds("W7", [late]) == ["HOURS"]
    assert kinds("W7", in_time) == []
    assert kinds("W7", [saturday]) == ["HOLIDAY"]
    assert kinds("W7", in_time, Answers(holidays={MORNING.date()})) == ["HOLIDAY"]
    assert kinds("W7", [late], Answers(overtime={1})) == []
    assert len(findings("W7", [late, seen(at=MORNING.replace(hour=22))])) == 1


def test_w8_the_same_person_on_three_days_without_a_step_in_their_case() -> None:
    days = [seen(person_id=ANNE, at=MORNING + timedelta(days=7 * step)) for step in range(4)]

    assert [finding.event for finding in findings("W8", days)] == [days[2]]
    assert findings("W8", days)[0].data == {"within_days": 30, "days": 3}
    assert not findings("W8", days[:2])
    assert not findings("W8", days, Answers(active={(ANNE, 1)}))
    assert not findings("W8", [dataclasses.replace(day, explanation="E2") for day in days])
    assert not findings("W8", [seen(person_id=ANNE, at=MORNING + minutes(step)) for step in range(9)])


def test_w9_how_the_right_to_see_numbers_is_used() -> None:
    reveal = seen(REVEAL, client="10.0.0.1")
    used = Answers(revealed_before=MORNING - timedelta(days=2))

    assert kinds("W9", [reveal]) == ["FIRST"]
    assert kinds("W9", [reveal], first_reveal=0) == []
    assert kinds("W9", [reveal], used) == []
    assert kinds("W9", [reveal], Answers(revealed_before=MORNING - timedelta(days=59))) == []
    assert kinds("W9", [reveal], Answers(revealed_before=MORNING - timedelta(days=60))) == ["IDLE"]
    soon, later = MORNING.date() + timedelta(days=30), MORNING.date() + timedelta(days=31)
    assert kinds("W9", [reveal], dataclasses.replace(used, leaving={1: soon})) == ["LEAVING"]
    assert kinds("W9", [reveal], dataclasses.replace(used, leaving={1: later})) == []
    assert kinds("W9", [reveal], dataclasses.replace(used, new_terminal=True)) == ["TERMINAL"]


def test_w9_two_terminals_at_once() -> None:
    first = seen(SIGNED_IN, person_id=None, client="10.0.0.1")
    second = seen(SIGNED_IN, person_id=None, client="10.0.0.2", at=MORNING + minutes(9))
    later = dataclasses.replace(second, at=MORNING + minutes(11))

    assert kinds("W9", [first, second]) == ["TWO"]
    assert kinds("W9", [first, later]) == []


def export(rows: int, *, action: str = EXPORTED, day: int = 0) -> Seen:
    return seen(action, person_id=None, explanation="", details={"count": rows}, at=MORNING + timedelta(days=day))


def test_w10_many_rows_more_than_ever_and_any_with_numbers() -> None:
    usual = [export(100, day=step) for step in range(5)]

    assert kinds("W10", [export(500)]) == []
    assert kinds("W10", [export(501)]) == ["ROWS"]
    assert kinds("W10", [*usual, export(300, day=6)]) == []
    assert kinds("W10", [*usual, export(301, day=6)]) == ["ROWS"]
    assert kinds("W10", [export(1, action="benefits.import.requested")]) == ["NUMBERS"]


def approval(case: str = "a", *, at: timedelta = timedelta(0)) -> Seen:
    return seen(APPROVED, subject_id=case, at=MORNING + at)


def test_w11_an_approval_without_the_time_to_read() -> None:
    opened = seen(CASE_VIEW, subject_id="a")

    assert kinds("W11", [opened, approval(at=timedelta(seconds=4.9))]) == ["FAST"]
    assert kinds("W11", [opened, approval(at=timedelta(seconds=5))]) == []
    assert kinds("W11", [seen(CASE_VIEW, subject_id="b"), approval(at=timedelta(seconds=1))]) == []


def test_w11_one_checker_for_one_maker_and_many_at_once() -> None:
    assert kinds("W11", [approval()], Answers(shares=(7, 45, 50))) == []
    assert kinds("W11", [approval()], Answers(shares=(7, 46, 50))) == ["SHARE"]
    assert kinds("W11", [approval()], Answers(shares=(7, 49, 49))) == []
    burst = [approval(str(step), at=timedelta(seconds=2 * step)) for step in range(21)]
    assert kinds("W11", burst[:20]) == []
    assert kinds("W11", burst) == ["BURST"]


def reasons(*texts: str, days: int = 0) -> tuple[list[Seen], Answers]:
    given = [
        seen(REVEAL, sealed_reason=b"sealed", at=MORNING + timedelta(days=days * step)) for step in range(len(texts))
    ]
    return given, Answers(said={one.id: text for one, text in zip(given, texts, strict=True)})


def test_w12_reasons_that_say_nothing() -> None:
    proper = "本人確認のため窓口で照合する"

    assert kinds("W12", *reasons(proper)) == []
    assert kinds("W12", *reasons("照会に使うのみ７")) == ["SHORT"]
    assert kinds("W12", *reasons("ああああああああああああ")) == ["KEYS"]
    assert kinds("W12", *reasons(*[proper] * 9)) == []
    assert kinds("W12", *reasons(*[proper] * 10)) == ["SAME"]
    assert kinds("W12", *reasons(*[f"{proper}{step}" for step in range(10)])) == []
    assert kinds("W12", *reasons(*[proper] * 10, days=4)) == []


@pytest.mark.parametrize(
    "text", ["qwerty", "ｑｗｅｒｔｙ", "asdfgh", "12345678", "aaaaaaaa", "あいうえお", "abcabcabc", "poiuy"]
)
def test_keyboard_runs_are_seen(text: str) -> None:
    assert is_mashed(text)


@pytest.mark.parametrize("text", ["", "照会", "年末調整の照会のため", "住所変更", "1234番の照会"])
def test_words_are_no_keyboard_runs(text: str) -> None:
    assert not is_mashed(text)


def test_w13_watchers_are_watched() -> None:
    unseen = {"person_id": None, "explanation": "", "roles": "AUDITOR"}

    def search(kind: str, *boxes: str) -> Seen:
        return seen("audit.log.searched", details={"kind": kind, "fields": list(boxes)}, **unseen)

    assert kinds("W13", [seen(roles="AUDITOR")]) == ["VIEW"]
    assert kinds("W13", [seen(roles="CHECKER,ISSUER")]) == []
    assert (
        kinds("W13", [search("all", "actor", "from_on")])
        == kinds("W13", [search("section", "actor_id")])
        == ["SEARCH"]
    )
    assert kinds("W13", [search("all", "from_on")]) == kinds("W13", [search("own", "actor_id")]) == []
    assert kinds("W13", [seen("audit.rule.approved", **unseen)]) == ["RULE"]
    assert kinds("W13", [seen("benefits.protection.lifted", roles="SECTION_HEAD")]) == ["PROTECTION"]


def test_w14_what_must_not_happen_by_itself() -> None:
    failed = seen("mynumber.number.reveal_failed", result="FAILED", details={"code": "seal_broken"})
    full = seen("mynumber.number.reveal_failed", result="FAILED", details={"code": "KY007"})

    assert kinds("W14", [failed]) == ["EVENT"]
    assert kinds("W14", [full]) == []


def looked_up(*answers: str) -> list[Seen]:
    return [
        seen(LOOKED_UP, person_id=None, details={"answer": answer}, at=MORNING + minutes(step))
        for step, answer in enumerate(answers)
    ]


def test_w15_numbers_that_nobody_has_asked_for_one_after_another() -> None:
    assert len(findings("W15", looked_up(*["NOT_FOUND"] * 4))) == 1
    assert len(findings("W15", looked_up(*["NOT_FOUND"] * 3, "FOUND"))) == 0
    assert len(findings("W15", looked_up(*["NOT_FOUND", "FOUND"] * 3))) == 0
    assert len(findings("W15", looked_up(*["OUT_OF_REACH"] * 4))) == 1


def test_w16_a_person_who_does_not_exist_even_with_a_case() -> None:
    view = seen(person_id=ANNE, explanation="E1")

    assert len(findings("W16", [view], Answers(canaries={ANNE}))) == 1
    assert not findings("W16", [view])


@pytest.mark.parametrize("code", ["W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W16"])
def test_what_was_refused_was_not_seen(code: str) -> None:
    sees = Answers(protected={ANNE}, relations={(1, ANNE): "SELF"}, canaries={ANNE})
    refused = [
        seen(action, person_id=ANNE, actor=actor, result="REFUSED", at=MORNING.replace(hour=22))
        for action in (VIEW, REVEAL)
        for actor in (1, 2, 3)
    ]

    assert not findings(code, refused, sees)
