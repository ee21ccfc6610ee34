"""Text (文本): normalising with spans that lead back, clauses, questions, quotation, negation, pattern matching."""

from peilian.engine.text.analysis import Analysed, Clause, analyse
from peilian.engine.text.language import guess_language
from peilian.engine.text.matcher import Match, Matcher
from peilian.engine.text.normalise import Normalised, normalise
from peilian.engine.text.patterns import Pattern, PatternCompiler, PatternError
from peilian.engine.text.questions import Question

__all__ = [
    "Analysed",
    "Clause",
    "Match",
    "Matcher",
    "Normalised",
    "Pattern",
    "PatternCompiler",
    "PatternError",
    "Question",
    "analyse",
    "guess_language",
    "normalise",
]
