"""The catalogue of Chinese texts: what is collected, kept, dropped, and complained about."""

from __future__ import annotations

import gettext
import os
import re
from pathlib import Path

import pytest
from django.utils import translation

from peilian.web.shell import messages


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "web" / "templates").mkdir(parents=True)
    (tmp_path / "apps").mkdir()
    (tmp_path / "web" / "templates" / "page.html").write_text(
        """{% extends "base.html" %}
{% block title %}{% translate "Good morning" %}{% endblock %}
  {% if a %}
      <p title="{% translate 'A hint' %}">{% blocktranslate count n=n trimmed %}
          {{ n }} row
        {% plural %}
          {{ n }} rows
      {% endblocktranslate %}</p>
    {% endif %}
{% translate "May" context "month" %}
"""
    )
    (tmp_path / "apps" / "code.py").write_text(
        '_("Good morning")\nngettext("%d day", "%d days", 3)\nother("not this")\n'
    )
    return tmp_path


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return tmp_path / "django.po"


def _translate(catalogue: Path, english: str, chinese: str) -> None:
    text = catalogue.read_text()
    assert f'msgid "{english}"\nmsgstr ""' in text
    catalogue.write_text(text.replace(f'msgid "{english}"\nmsgstr ""', f'msgid "{english}"\nmsgstr "{chinese}"'))


def test_texts_are_collected_from_templates_and_code(package, catalogue):
    assert messages.update(catalogue, package) == 5
    text = catalogue.read_text()
    assert '#: apps/code.py web/templates/page.html\nmsgid "Good morning"' in text
    assert 'msgid_plural "%(n)s rows"' in text
    assert 'msgctxt "month"\nmsgid "May"' in text
    assert "not this" not in text


def test_collecting_twice_changes_nothing(package, catalogue):
    messages.update(catalogue, package)
    _translate(catalogue, "Good morning", "早上好")
    messages.update(catalogue, package)
    once = catalogue.read_bytes()
    messages.update(catalogue, package)
    assert catalogue.read_bytes() == once
    assert "早上好".encode() in once


def test_texts_are_sorted_and_carry_no_line_numbers_or_dates(package, catalogue):
    messages.update(catalogue, package)
    text = catalogue.read_text()
    assert text.index('"A hint"') < text.index('"Good morning"')
    assert "page.html:" not in text
    assert "Date" not in text


def test_a_text_that_is_gone_is_dropped(package, catalogue):
    messages.update(catalogue, package)
    (package / "apps" / "code.py").unlink()
    messages.update(catalogue, package)
    assert "%d day" not in catalogue.read_text()


def test_a_changed_text_takes_no_guessed_translation(package, catalogue):
    messages.update(catalogue, package)
    _translate(catalogue, "Good morning", "早上好")
    (package / "apps" / "code.py").write_text('_("Good mornings")')
    (package / "web" / "templates" / "page.html").write_text("")
    assert messages.update(catalogue, package) == 1
    assert "早上好" not in catalogue.read_text()


def test_the_check_names_what_lacks_chinese_or_was_not_collected(package, catalogue):
    messages.update(catalogue, package)
    _translate(catalogue, "Good morning", "早上好")
    (package / "apps" / "new.py").write_text('_("Brand new")')
    found = messages.faults(catalogue, package)
    assert any("not collected: 'Brand new' in apps/new.py" in fault for fault in found)
    assert any(fault == "no Chinese: 'A hint' in web/templates/page.html" for fault in found)
    assert not any("Good morning" in fault for fault in found)


def test_the_check_finds_a_placeholder_that_was_lost(package, catalogue):
    (package / "web" / "templates" / "page.html").write_text(
        "{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}"
    )
    messages.update(catalogue, package)
    _translate(catalogue, "Hello %(name)s", "你好")
    assert any("Hello" in fault for fault in messages.faults(catalogue, package))


def test_a_doubtful_translation_is_a_fault(package, catalogue):
    messages.update(catalogue, package)
    _translate(catalogue, "A hint", "提示")
    catalogue.write_text(catalogue.read_text().replace('msgid "A hint"', '#, fuzzy\nmsgid "A hint"'))
    assert "not reviewed: 'A hint'" in messages.faults(catalogue, package)


def test_what_is_compiled_is_what_was_translated(package, catalogue):
    messages.update(catalogue, package)
    _translate(catalogue, "Good morning", "早上好")
    messages.ensure_compiled(catalogue)
    with catalogue.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Good morning") == "早上好"


def test_a_compiled_file_that_is_new_enough_is_left_alone(package, catalogue):
    messages.update(catalogue, package)
    compiled = messages.compile_catalogue(catalogue)
    before = compiled.stat().st_mtime_ns
    messages.ensure_compiled(catalogue)
    assert compiled.stat().st_mtime_ns == before


def test_chinese_has_chinese_punctuation():
    # Written as code points, because the two forms look alike.
    narrow = re.compile(r"[\u4e00-\u9fff][,:;?!]|[,:;?!][\u4e00-\u9fff]")
    lines = messages.CATALOGUE.read_text().splitlines()
    assert [line for line in lines if line.startswith("msgstr") and narrow.search(line)] == []


def test_every_text_of_the_interface_has_chinese():
    assert messages.faults() == []


def test_a_page_made_right_after_compiling_speaks_the_new_texts(tmp_path, settings):
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = folder / "django.po"
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    catalogue.write_text(f'{head}msgid "a text of this test"\nmsgstr "旧译文"\n', encoding="utf-8")
    settings.LOCALE_PATHS = [tmp_path]
    messages.ensure_compiled(catalogue)
    with translation.override("zh-hans"):
        assert translation.gettext("a text of this test") == "旧译文"
    catalogue.write_text(f'{head}msgid "a text of this test"\nmsgstr "新译文"\n', encoding="utf-8")
    later = catalogue.with_suffix(".mo").stat().st_mtime + 10
    os.utime(catalogue, (later, later))
    messages.ensure_compiled(catalogue)
    with translation.override("zh-hans"):
        assert translation.gettext("a text of this test") == "新译文"


def test_the_speaker_and_the_colour_scheme_called_system_are_two_words():
    with translation.override("zh-hans"):
        assert translation.pgettext("speaker", "System") == "系统"
        assert translation.pgettext("theme", "System") == "跟随系统"


# What is called ``name`` and is mostly in Latin letters: files, formats, sign-in names.
LATIN = {
    "%(name)s cannot be read; choose a file that ends in %(endings)s.",
    "%(name)s cannot be read; choose files that end in %(endings)s.",
    "%(name)s is empty; a table with a heading and rows is needed.",
    "%(name)s is empty; a table with messages is needed.",
    "First rows of %(name)s",
    "Your sign-in name is %(name)s. Choose your password.",
    "format %(name)s",
}
_NAME = r"%\((?:name|who|whom|by|person)\)s"
_SPACED = re.compile(rf"{_NAME} [\u4e00-\u9fff]|[\u4e00-\u9fff] {_NAME}")


def test_names_of_people_stand_in_chinese_without_spaces():
    spaced = []
    for message in messages._read(messages.CATALOGUE):
        texts = [message.string] if isinstance(message.string, str) else message.string
        keys = [message.id] if isinstance(message.id, str) else message.id
        if keys[0] not in LATIN and any(_SPACED.search(text) for text in texts):
            spaced.append(keys[0])
    assert not spaced, spaced
