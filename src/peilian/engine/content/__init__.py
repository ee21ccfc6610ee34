"""Texts as data (内容): how two versions differ, and how two people's changes come together."""

from peilian.engine.content.difference import Change, differences
from peilian.engine.content.files import named_files
from peilian.engine.content.marking import LinePair, Piece, line_pairs
from peilian.engine.content.merging import Conflict, Merged, merge
from peilian.engine.content.settling import LostPlaceError, take_theirs

__all__ = [
    "Change",
    "Conflict",
    "LinePair",
    "LostPlaceError",
    "Merged",
    "Piece",
    "differences",
    "line_pairs",
    "merge",
    "named_files",
    "take_theirs",
]
