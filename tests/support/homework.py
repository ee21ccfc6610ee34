"""What tests of homework share: a lesson that asks for it, somebody who hands it in, files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

from peilian.apps.learning import api as learning
from support.curriculum import a_lesson, taught

KEY = "mine/first"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
TASK = {"do": {"zh": "写三句接住客户的话"}, "judged_by": [{"zh": "先接住情绪"}, {"zh": "有下一步"}]}
MET = (learning.Criterion(True), learning.Criterion(True))
HALF = (learning.Criterion(True), learning.Criterion(False, "没说什么时候回复"))


def a_workbook() -> bytes:
    """What an xlsx file begins like, with the part that tells it apart."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return kept.getvalue()


def homework_set(folder: Path, *, check: Any = None, **more: Any) -> None:
    """A library with a lesson that ends in homework alone, unless it has a check too."""
    taught(folder, a_lesson(check=check, homework={**TASK, **more}))


def hands_in(user: Any, text: str = "您先别急，我马上查，十分钟内回您。", **more: Any) -> learning.Homework:
    """Hand in the homework, or its next version."""
    sent = {"client_id": uuid4(), **more}
    return learning.hand_in_homework(actor=user, lesson=KEY, what=learning.HandIn(text=text, **sent))


def judges(user: Any, row: learning.Homework, *, accepts: bool = True, **more: Any) -> learning.Homework:
    """Decide the version that is there."""
    usual = {"criteria": MET if accepts else HALF, "note": "" if accepts else "第二句还差时间", "number": 1}
    return learning.decide_homework(actor=user, pk=row.pk, accepts=accepts, **{**usual, **more})
