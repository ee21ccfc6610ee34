"""Markup that is put together once a page and filled in again and again says what it would say each time anew."""

from __future__ import annotations

import pytest
from django.template import Context, Template, TemplateSyntaxError
from hypothesis import given
from hypothesis import strategies as st

PLAIN = "{% for one in many %}<i id='{{ one }}'>{{ one }} & {{ said }}</i>{% endfor %}"
STENCILLED = (
    "{% for one in many %}{% stencil n=one %}<i id='{{ n }}'>{{ n }} & {{ said }}</i>{% endstencil %}{% endfor %}"
)


@given(st.lists(st.one_of(st.integers(), st.text()), max_size=5), st.text())
def test_it_says_what_the_loop_would_say_without_it(many, said):
    context = {"many": many, "said": said}
    assert Template(STENCILLED).render(Context(context)) == Template(PLAIN).render(Context(context))


def test_what_stands_within_is_put_together_once():
    asked = []
    found = Template("{% for n in many %}{% stencil n=n %}{{ n }}{{ ask }}{% endstencil %}{% endfor %}")
    said = found.render(Context({"many": [1, 2, 3], "ask": lambda: asked.append(1) or "."}))
    assert said == "1.2.3."
    assert asked == [1]


def test_each_rendering_begins_anew():
    found = Template("{% stencil n=n %}{{ n }}{{ said }}{% endstencil %}")
    assert found.render(Context({"n": 1, "said": "a"})) == "1a"
    assert found.render(Context({"n": 2, "said": "b"})) == "2b"


def test_two_stencils_of_a_page_are_apart():
    found = Template("{% stencil n=n %}a{{ n }}{% endstencil %}{% stencil n=n %}b{{ n }}{% endstencil %}")
    assert found.render(Context({"n": 1})) == "a1b1"


@pytest.mark.parametrize("wrong", ["{% stencil %}x{% endstencil %}", "{% stencil n %}x{% endstencil %}"])
def test_a_stencil_without_values_is_refused(wrong):
    with pytest.raises(TemplateSyntaxError):
        Template(wrong)
