"""Reading (解读): what an agent does, how the customer feels, what it took, how satisfied it leaves the customer."""

from peilian.engine.reading.lexicon import Condition, Cue, Lexicons, MarkKind, SatisfactionModel, compile_lexicons
from peilian.engine.reading.reader import read_conversation
from peilian.engine.reading.values import (
    EMOTIONS,
    FAULTS,
    ISSUES,
    MOVES,
    Reading,
)

__all__ = [
    "EMOTIONS",
    "FAULTS",
    "ISSUES",
    "MOVES",
    "Condition",
    "Cue",
    "Lexicons",
    "MarkKind",
    "Reading",
    "SatisfactionModel",
    "compile_lexicons",
    "read_conversation",
]
