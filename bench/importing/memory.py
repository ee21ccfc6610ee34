"""Memory and speed of an import: makes a CSV of the given size, imports it in a process of its own, says what it took.

    python bench/importing/memory.py --megabytes 200

The figures of the last run are in docs/algorithms/lake.md.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OPENINGS = ["你好,我的快递三天了还没到", "这个尺码偏大吗", "退款什么时候到账", "收到的杯子碎了,怎么处理", "能开发票吗"]
ANSWERS = [
    "您好,这边马上为您查询,请稍等",
    "非常抱歉给您带来不便,我们会在24小时内为您处理",
    "亲,已经为您登记,退款预计1到3天到账",
]
FILLER = "麻烦您再提供一下收货信息,我们核对之后尽快回复您,感谢您的耐心等待。"


def write_log(path: Path, n_bytes: int, rng: random.Random) -> int:
    """Write conversations of a busy shop, interleaved as a platform exports them; returns the number of messages."""
    n = 0
    at = 1_704_067_200_000
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("conversation_id", "message_id", "at", "role", "author", "text", "channel", "order"))
        conversation = 0
        while file.tell() < n_bytes:
            open_now = [
                (f"c{conversation + k:08d}", f"buyer{rng.randrange(400_000)}", f"agent{rng.randrange(80)}")
                for k in range(20)
            ]
            conversation += 20
            for turn in range(8):
                for cid, buyer, agent in open_now:
                    at += rng.randrange(200, 4000)
                    is_customer = turn % 2 == 0
                    text = rng.choice(OPENINGS if is_customer else ANSWERS) + FILLER * rng.randrange(3)
                    if rng.random() < 0.05:
                        text += f" 电话138{rng.randrange(10**8):08d}"
                    writer.writerow(
                        (
                            cid,
                            f"m{n}",
                            at,
                            "customer" if is_customer else "agent",
                            buyer if is_customer else agent,
                            text,
                            "chat",
                            f"{rng.randrange(10**18)}",
                        )
                    )
                    n += 1
    return n


def main() -> None:
    """Make, import, report, clean up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="peilian-bench-") as folder:
        path = Path(folder) / "messages.csv"
        n = write_log(path, chosen.megabytes << 20, random.Random(1))
        for run in ("first import", "import of the same again"):
            started = time.perf_counter()
            command = [sys.executable, "-c", "from peilian.cli import main; main()"]
            subprocess.run([*command, "import", str(path), "--into", str(Path(folder) / "lake")], check=True)
            seconds = time.perf_counter() - started
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(
                f"{run}: {n} messages, {path.stat().st_size / 2**20:.0f} MB, {seconds:.1f} s, {n / seconds:,.0f}/s, "
                f"peak {peak:.0f} MB"
            )


if __name__ == "__main__":
    main()
