"""Which tests failed when they were seen last."""

from __future__ import annotations

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.session.item_order import failed_tests


def test_the_newest_sample_of_a_test_says_whether_it_failed() -> None:
    columns = ["f1 f1 10 10 10 f1", "", "f2 10 c3 t4 s5 -"]
    history = History(
        files={
            "a.py": FileHistory(list("abcdef"), [1] * 6, columns),
            "b.py": FileHistory(["a"], [1], ["10", "10", "10"]),
            "c.py": FileHistory(["a"], [1], []),
            "d.py": FileHistory(["a"], [1], ["f1", "f?"]),
        }
    )

    assert failed_tests(history) == {ItemKey("a.py", tail) for tail in "acdf"} | {ItemKey("d.py", "a")}
    assert failed_tests(History()) == frozenset()
