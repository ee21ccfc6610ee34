"""What an exam warns of: keys, questions that harm, options that fool no one."""

from __future__ import annotations

import random

import pytest

from peilian.engine.assessment.psychometrics import Answer, ExamItem, Responses, analyse_exam
from peilian.flows.wording import say

OPTIONS = ("A", "B", "C", "D")


def alarms(special, *, key="A", people=240, options=OPTIONS, seed=1, choices=True):
    """Alarms of a question beside fifteen sound ones. ``special`` gives the options chosen, from ability and chance."""
    rng = random.Random(seed)
    items = [ExamItem(f"q{n}", 1.0, OPTIONS, frozenset("A")) for n in range(15)]
    items.append(ExamItem("special", 1.0, options if choices else (), frozenset(key) if choices else frozenset()))
    answers = []
    for person in range(people):
        ability = rng.gauss(0, 1)
        for n in range(15):
            is_right = rng.gauss(0, 1) < ability - (n - 8) / 6
            answers.append(Answer(f"p{person}", f"q{n}", chosen=frozenset("A" if is_right else rng.choice("BCD"))))
        chosen = frozenset(special(ability, rng))
        points = None if choices else float(chosen == frozenset(key))
        answers.append(Answer(f"p{person}", "special", points, chosen if choices else frozenset()))
    return analyse_exam(Responses.of(answers, items)).items[-1].alarms


def sound(right, *, place=0.0):
    """Who is able chooses ``right``, the others anything else."""

    def choose(ability, rng):
        others = [option for option in OPTIONS if option != right]
        return right if rng.gauss(0, 1) < ability - place else rng.choice(others)

    return choose


def keys_of(found):
    return [alarm.key.removeprefix("psychometrics.") for alarm in found]


def test_a_sound_question_raises_no_alarm():
    assert alarms(sound("A")) == ()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("place", [-1.0, 0.0, 1.0])
def test_a_wrong_key_is_told_with_the_option_that_strong_people_choose(seed, place):
    found = alarms(sound("C", place=place), key="A", seed=seed)
    assert found[0].key == "psychometrics.wrong_key"
    assert (found[0].params["option"], found[0].params["key"]) == ("C", "A")
    assert not {"too_hard", "below_guessing", "weak"} & set(keys_of(found))


def test_a_wrong_key_is_put_into_words():
    first = alarms(sound("C"))[0]
    assert say(first, "zh").startswith("标准答案可能标错了：成绩最好的三分之一里，")
    assert "chose C and" in say(first, "en")


def test_a_common_misconception_of_weak_people_is_no_wrong_key():
    def choose(ability, rng):
        if rng.gauss(0, 1) < ability - 1.2:
            return "A"
        return "B" if rng.random() < 0.8 else rng.choice("CD")

    assert "wrong_key" not in keys_of(alarms(choose))


def test_too_few_people_accuse_no_key():
    assert "wrong_key" not in keys_of(alarms(sound("C"), people=30))


def test_marks_that_run_backwards_are_told_without_options():
    found = alarms(lambda ability, rng: "A" if rng.gauss(0, 1) > ability else "B", choices=False)
    assert keys_of(found) == ["wrong_key_unseen", "harms"]


def test_two_right_answers_are_told():
    def choose(ability, rng):
        return rng.choice("AAABB") if rng.gauss(0, 1) < ability else rng.choice("CD")

    (found,) = alarms(choose, people=400)
    assert (found.key, found.params["option"]) == ("psychometrics.second_answer", "B")


def test_an_option_that_nobody_takes_is_told():
    found = alarms(lambda ability, rng: "A" if rng.gauss(0, 1) < ability else rng.choice("BC"))
    assert keys_of(found) == ["unused_option"]
    assert found[0].params == {"option": "D", "n": 0, "share": 0.0}


@pytest.mark.parametrize(("place", "expected"), [(-4.0, "too_easy"), (2.2, "too_hard"), (9.0, "too_hard")])
def test_questions_that_all_or_none_can_do_are_told(place, expected):
    def choose(ability, rng):
        return "A" if rng.gauss(0, 0.6) < ability - place else "B"

    assert keys_of(alarms(choose, people=600, choices=False)) == [expected]


def test_people_who_do_worse_than_guessing_are_told():
    def choose(ability, rng):
        return "A" if rng.random() < (0.2 if ability > 0 else 0.1) else rng.choice("BCD")

    assert keys_of(alarms(choose, people=600)) == ["below_guessing"]


def test_a_question_about_something_else_is_told_as_weak():
    found = keys_of(alarms(lambda _ability, rng: rng.choice("AABCD"), people=800))
    assert "weak" in found


def test_a_key_that_lacks_a_right_option_is_told():
    def choose(ability, rng):
        return "ABC" if rng.gauss(0, 1) < ability + 0.3 else rng.choice(["A", "C", "AD", "AC"])

    found = alarms(choose, key="AC")
    assert (found[0].key, found[0].params["option"]) == ("psychometrics.key_lacks_part", "B")


def test_a_key_with_a_part_too_many_is_told():
    def choose(ability, rng):
        return "AB" if rng.gauss(0, 1) < ability + 0.3 else rng.choice(["ABC", "AC", "C"])

    found = alarms(choose, key="ABC")
    assert (found[0].key, found[0].params["option"]) == ("psychometrics.key_has_wrong_part", "C")


def test_every_alarm_has_words_in_both_languages():
    for special in (sound("C"), sound("A", place=3), lambda _a, rng: rng.choice("ABCD")):
        for alarm in alarms(special):
            assert say(alarm, "zh")
            assert say(alarm, "en")
