"""Messages per second and core that the reading engine reads.

    python bench/reading/speed.py --data DATA [--limit 400]

Processor time of one process, lexicons loaded before, every conversation read once.
"""

from __future__ import annotations

import argparse
import time
from itertools import islice
from pathlib import Path

from corpora import LOADERS, as_conversation

from peilian.engine.reading import read_conversation
from peilian.flows import reading


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the data sets")
    parser.add_argument("--limit", type=int, default=400, help="conversations per data set")
    options = parser.parse_args()
    started = time.process_time()
    lexicons = reading.lexicons()
    print(f"lexicons loaded in {time.process_time() - started:.2f} s")
    for dataset, loader in LOADERS.items():
        found = islice(loader(options.data / dataset), options.limit)
        conversations = [as_conversation(name, turns) for name, turns in found]
        n = sum(len(conversation.messages) for conversation in conversations)
        chars = sum(len(message.text) for conversation in conversations for message in conversation.messages)
        started = time.process_time()
        for conversation in conversations:
            read_conversation(conversation, lexicons)
        seconds = time.process_time() - started
        print(f"{dataset}: {n} messages of {chars / n:.0f} characters, {n / seconds:,.0f} messages/s")


if __name__ == "__main__":
    main()
