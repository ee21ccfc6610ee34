"""What commands write: nothing that a terminal obeys or a spreadsheet runs."""

from __future__ import annotations

import csv
import io

import pytest

from peilian.cli._output import write_rows

NASTY = ["=cmd|' /C calc'!A1", "+1", "-1", "@SUM(A1)", "\tx"]


@pytest.mark.parametrize("text", NASTY)
def test_a_text_that_a_spreadsheet_would_run_is_written_as_a_text(text, capsys):
    write_rows([{"person": text, "points": -1.5}], form="csv", out=None)
    _head, row = csv.reader(io.StringIO(capsys.readouterr().out))
    assert row == [f"'{text}", "-1.5"]


def test_a_table_neither_rings_the_bell_nor_colours_the_terminal(capsys):
    write_rows([{"person": "\x1b[31m小林\x07\u202e", "points": 1}], form="table", out=None)
    shown = capsys.readouterr().out
    assert "小林" in shown
    assert all(char.isprintable() or char == "\n" for char in shown)


@pytest.mark.parametrize("form", ["csv", "table"])
def test_half_a_character_ends_no_command(form, capsys):
    write_rows([{"person": "\ud800小林"}], form=form, out=None)
    assert "小林" in capsys.readouterr().out
