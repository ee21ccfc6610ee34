"""Texts as data (内容): how two versions differ, and how two people's changes come together."""

from peilian.engine.content.difference import Change, differences
from peilian.engine.content.merging import Conflict, Merged, merge

__all__ = ["Change", "Conflict", "Merged", "differences", "merge"]
