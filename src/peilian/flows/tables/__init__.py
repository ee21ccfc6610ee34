"""Business tables (经营数据表): orders, targets, attendance and their like, from the files that companies have.

A file is opened, its kind recognised, its columns are mapped, what it leaves open is asked, and its rows are checked.
"""

from peilian.flows.tables.checking import Checked, Directory, TableRow, check_table
from peilian.flows.tables.kinds import KINDS, Column, TableKind
from peilian.flows.tables.mapping import ColumnMap, Question, guess, recognise
from peilian.flows.tables.reading import ENDINGS, Sheet, open_sheet

__all__ = [
    "ENDINGS",
    "KINDS",
    "Checked",
    "Column",
    "ColumnMap",
    "Directory",
    "Question",
    "Sheet",
    "TableKind",
    "TableRow",
    "check_table",
    "guess",
    "open_sheet",
    "recognise",
]
