from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from peilian.adapters.search_index import Group, IndexBusyError, IndexLostError, IndexUnavailableError, SearchIndex
from peilian.engine.search import Filters
from support.searching import SHELF, SYNONYMS, entry, first, index_of, names


def test_what_is_put_in_is_found_by_another_reader_at_once(tmp_path):
    writer, reader = index_of(tmp_path), index_of(tmp_path)
    writer.put([Group("a", "1", (entry("a", "发票抬头"),))])
    assert first(reader, "发票") == "a"


def test_a_group_put_in_again_takes_the_place_of_what_it_was(tmp_path):
    index = index_of(tmp_path)
    index.put([Group("a", "1", (entry("a", "发票", group="a"), entry("a#1", "发票抬头", group="a")))])
    index.put([Group("a", "2", (entry("a", "物流", group="a"),))])
    assert names(index.search("发票", Filters())) == []
    assert names(index.search("物流", Filters())) == ["a"]
    assert index.stamps() == {"a": "2"}


def test_what_is_removed_is_gone_and_what_is_not_there_is_passed_over(tmp_path):
    index = index_of(tmp_path, *SHELF)
    index.put([], gone=["refund", "unheard"])
    assert "refund" not in names(index.search("到账", Filters()))
    assert set(index.stamps()) == {one.id for one in SHELF} - {"refund"}
    index.put([], gone=[one.id for one in SHELF])
    assert index.search("", Filters()).total == 0


def test_a_group_without_entries_still_has_its_stamp(tmp_path):
    index = index_of(tmp_path)
    index.put([Group("empty", "7", ())])
    assert index.stamps() == {"empty": "7"}


def test_many_small_changes_are_brought_together_and_nothing_is_lost(tmp_path):
    index = index_of(tmp_path)
    for number in range(40):
        index.put([Group(f"d{number % 25}", str(number), (entry(f"d{number % 25}", f"发票{number}号"),))])
    hits = index.search("发票", Filters(), limit=50)
    assert sorted(names(hits)) == sorted(f"d{number}" for number in range(25))
    assert index.stamps()["d3"] == "28"
    assert first(index, "发票28号") == "d3"


def test_putting_everything_in_leaves_nothing_else(tmp_path):
    index = index_of(tmp_path, *SHELF)
    index.put([Group("only", "1", (entry("only", "退款"),))], is_everything=True)
    assert index.stamps() == {"only": "1"}
    assert names(index.search("退款", Filters())) == ["only"]


def test_a_change_that_fails_leaves_the_index_as_it_was(tmp_path):
    index = index_of(tmp_path, entry("a", "发票"))

    def groups():
        yield Group("a", "2", (entry("a", "物流"),))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        index.put(groups())
    assert index.stamps() == {"a": "1"}
    assert first(index, "发票") == "a"


def test_a_process_that_is_killed_while_writing_leaves_the_index_as_it_was(tmp_path):
    index = index_of(tmp_path, entry("a", "发票"))
    program = """
        import os, sys
        from pathlib import Path
        from peilian.adapters.search_index import Group, SearchIndex
        from peilian.engine.search import Entry, Part

        def groups():
            for number in range(5000):
                yield Group(f"n{number}", "1", (Entry(f"n{number}", f"n{number}", (Part("title", "物流"),)),))
            os.kill(os.getpid(), 9)

        SearchIndex(Path(sys.argv[1])).put(groups(), is_everything=True)
    """
    path = tmp_path / "search" / "library.db"
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(path)], check=False)
    assert done.returncode == -9
    assert index.stamps() == {"a": "1"}
    assert first(index, "发票") == "a"
    index.put([Group("b", "1", (entry("b", "物流"),))])
    assert first(index, "物流") == "b"


def _overwritten(data: bytes, start: int, end: int | None = None) -> bytes:
    end = len(data) if end is None else end
    return data[:start] + b"\xa5" * (end - start) + data[end:]


def _foreign(data: bytes) -> bytes:
    """Somebody else's database, with tables of the same names."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE meta (other TEXT)")
    connection.execute("CREATE VIEW entries AS SELECT other FROM meta")
    return connection.serialize()


DAMAGES = {
    "empty": lambda data: b"",
    "no database": lambda data: b"no database at all" * 500,
    "everything behind the first page": lambda data: _overwritten(data, 4096),
    "a page in the middle": lambda data: _overwritten(data, len(data) // 2 // 4096 * 4096, len(data) // 2 + 4096),
    "the first page behind its head": lambda data: _overwritten(data, 100, 4096),
    "the second half is missing": lambda data: data[: len(data) // 2],
    "the end of the last page is missing": lambda data: data[:-700],
    "somebody else's": _foreign,
}


@pytest.fixture
def damaged(tmp_path, request):
    index = index_of(tmp_path)
    index.put([Group(f"x{number}", "1", (entry(f"x{number}", "退款", "多久到账" * 300),)) for number in range(30)])
    path = tmp_path / "search" / "library.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    path.write_bytes(DAMAGES[request.param](path.read_bytes()))
    return index


@pytest.mark.parametrize("damaged", list(DAMAGES), indirect=True)
def test_a_file_damaged_anywhere_is_begun_anew_by_who_reads(damaged):
    # Reading goes through all of it sooner or later; what is sound until then is found.
    for _ in range(3):
        assert damaged.search("退款到账", Filters(), limit=50).total in (0, 30)
        damaged.search("", Filters(), limit=50)
    missing = {f"x{number}" for number in range(30)} - damaged.stamps().keys()
    assert len(missing) in (0, 30)
    damaged.put([Group("a", "1", (entry("a", "发票"),))])
    assert first(damaged, "发票") == "a"


@pytest.mark.parametrize("damaged", list(DAMAGES), indirect=True)
def test_who_writes_into_a_damaged_file_is_told_that_nothing_is_there_any_more(damaged):
    everything = [Group(f"x{number}", "2", (entry(f"x{number}", "发票"),)) for number in range(30)]
    try:
        damaged.put(everything)
    except IndexLostError:
        assert damaged.stamps() == {}
        damaged.put(everything)
    assert set(damaged.stamps()) == {f"x{number}" for number in range(30)}
    assert damaged.search("发票", Filters()).total == 30


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE segments SET data = zeroblob(length(data))",
        "UPDATE segments SET dead = zeroblob(99)",
        "UPDATE postings SET data = substr(data, 1, 5) || zeroblob(length(data) - 5)",
        "UPDATE postings SET data = zeroblob(2)",
        "UPDATE entries SET data = '[1, 2]'",
        "UPDATE entries SET data = CAST(x'a5a5' AS TEXT)",
        "DELETE FROM entries",
        "DROP TABLE spelling",
    ],
)
def test_what_is_not_what_was_put_in_is_damage_too(tmp_path, change):
    index = index_of(tmp_path, *SHELF)
    connection = sqlite3.connect(tmp_path / "search" / "library.db")
    connection.execute(change)
    connection.execute("UPDATE meta SET value = 'another' WHERE key = 'id'")  # nobody has it in memory
    connection.commit()
    connection.close()
    assert index.search("退款 投素", Filters()).total == 0
    assert index.stamps() == {}


def test_who_does_not_wait_is_told_that_somebody_else_writes_and_others_read_on(tmp_path):
    index = index_of(tmp_path, entry("a", "发票"))

    def groups():
        with pytest.raises(IndexBusyError):
            index.put([Group("c", "1", ())], waits=False)
        assert first(index, "发票") == "a"
        yield Group("b", "1", (entry("b", "物流"),))

    index.put(groups())
    assert index.stamps() == {"a": "1", "b": "1"}


def test_a_folder_that_cannot_be_used_is_said_to_be_so(tmp_path):
    (tmp_path / "search").write_text("a file where the folder should be")
    with pytest.raises(IndexUnavailableError):
        index_of(tmp_path).stamps()


class _Likeness:
    """Two meanings: whatever has to do with money, and the rest."""

    name = "likeness"

    def vector(self, text: str) -> np.ndarray:
        return np.array([1.0, 0.0] if any(word in text for word in ("钱", "款", "薪水", "账")) else [0.0, 1.0])


def _shelf_of_money():
    other = (entry(f"o{number}", f"其他事情{number}") for number in range(12))
    return entry("pay", "工资发放"), entry("money", "款项结算"), *other


def test_with_vectors_what_means_the_same_is_found_without_a_common_word(tmp_path):
    groups = [Group(one.group, "1", (one,)) for one in _shelf_of_money()]
    path = tmp_path / "i.db"
    index = SearchIndex(path, SYNONYMS, _Likeness())
    index.put(groups)
    hits = index.search("薪水", Filters())
    assert names(hits) == ["money"]
    assert [why.key for why in hits.items[0].why] == ["search.alike"]
    for number in range(12):  # small segments are brought together, vectors with them
        index.put([Group(f"x{number}", "1", (entry(f"x{number}", "另外的"),))])
    assert names(index.search("薪水", Filters())) == ["money"]


def test_an_index_made_without_vectors_is_begun_anew_with_them(tmp_path):
    path = tmp_path / "i.db"
    SearchIndex(path).put([Group("a", "1", (entry("a", "发票"),))])
    assert SearchIndex(path, embedder=_Likeness()).stamps() == {}


def test_words_are_remembered_for_spelling_only_while_somebody_says_them(tmp_path):
    index = index_of(tmp_path, entry("a", "投诉处理"), entry("b", "发票"))
    assert index.search("投素", Filters()).meant == "投诉"
    index.put([Group("b", "2", (entry("b", "发货"),))])
    index.put([Group("a", "2", (entry("a", "别的事"),))])
    for number in range(10):
        index.put([Group(f"n{number}", "1", (entry(f"n{number}", "尺码"),))])
    assert index.search("投素", Filters()).meant is None
