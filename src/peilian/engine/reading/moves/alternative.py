"""alternative (替代方案): something else that can be done, said after or before something that cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator

from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.moves import Answer, detector

_OFFERS = ("solve", "compensate", "escalate")
_TURN = re.compile(
    r"但|不过|可以|建议|要不|或者|需要您|只能|能|"
    r"\b(?:but|however|instead|alternatively|you can|could|should|other|rather|or)\b"
)
_REACH = 80


@detector("alternative", order=60)
def find(answer: Answer) -> Iterator[Hit]:
    """An offer within reach behind a refusal, with a word that turns from the one to the other."""
    if answer.with_key("alternative"):
        return
    for refusal in answer.with_key("refuse"):
        for offer in answer.with_key(*_OFFERS):
            between = answer.analysed.text[refusal.end : offer.end]
            if 0 <= offer.start - refusal.end <= _REACH and _TURN.search(between):
                yield Hit("move", "alternative", "alternative.after-refusal", offer.start, offer.end)
                return
