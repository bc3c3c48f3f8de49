"""What fixtures cost that tests share: measured by who pays, named as needed, and unseen by the suite."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sharded import Project, Result
from watched import set_up_names, watch

SHORT, LONG = 20_000, 500_000
"""Microseconds that something sleeps. A busy machine adds to both, but hardly the difference."""

CONFTEST = """
    import pytest

    @pytest.fixture(scope="session")
    def server():
        yield

    @pytest.fixture(scope="package")
    def folder():
        yield

    @pytest.fixture(scope="module")
    def database(server):
        yield

    @pytest.fixture(scope="module", params=["red", "blue"])
    def colour(request):
        yield request.param

    @pytest.fixture(scope="class")
    def table(database):
        yield
    """

SUITE = {
    "tests/__init__.py": "",
    "tests/conftest.py": CONFTEST,
    "tests/test_a.py": """
        import unittest
        import pytest

        def setup_module(): pass
        def teardown_module(): pass

        @pytest.fixture(scope="module")
        def database(database):
            yield

        class TestA:
            @classmethod
            def setup_class(cls): pass

            def test_first(self, table): pass
            def test_last(self, table, folder): pass

            class TestInner:
                @classmethod
                def setup_class(cls): pass

                def test_inner(self): pass

        def test_colour(colour): pass

        def test_alone(table): pass

        class TestPlain(unittest.TestCase):
            def test_plain(self): pass

        class TestUnit(unittest.TestCase):
            @classmethod
            def setUpClass(cls): pass

            def test_unit(self): pass
            def test_unit_again(self): pass
        """,
    "tests/test_b.py": """
        def test_b(colour, server, tmp_path_factory): pass

        def test_asks_late(request):
            request.getfixturevalue("database")
        """,
}


@pytest.mark.parametrize("arguments", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_each_shared_fixture_is_paid_by_the_first_and_the_last(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    watched = watch(Project.make(tmp_path / "project", SUITE), *arguments)

    assert watched.result.code == 0
    assert watched.paid["TestA::test_first"][-2:] == [
        "+tests/test_a.py: class TestA setup_class",
        "+tests/test_a.py: class TestA table",
    ]
    assert set_up_names(watched.paid.values()) == [
        "package tests folder",
        "session tests server",
        "tests/test_a.py: class TestA setup_class",
        "tests/test_a.py: class TestA table",
        "tests/test_a.py: class TestA::TestInner setup_class",
        "tests/test_a.py: class TestUnit setUpClass",
        "tests/test_a.py: module colour[0]",
        "tests/test_a.py: module colour[1]",
        "tests/test_a.py: module database",
        "tests/test_a.py: module database+1",
        "tests/test_a.py: module setup_module",
        "tests/test_b.py: module colour[0]",
        "tests/test_b.py: module colour[1]",
        "tests/test_b.py: module database",
    ]
    paid = {tail: {name[1:] for name in paid} for tail, paid in watched.paid.items()}
    assert paid["TestA::test_last"] == {"package tests folder"}
    assert paid["test_colour[blue]"] == {"tests/test_a.py: module colour[0]", "tests/test_a.py: module colour[1]"}
    assert {"tests/test_a.py: class TestUnit setUpClass", "tests/test_a.py: module database"} <= paid[
        "TestUnit::test_unit_again"
    ]
    assert "test_alone" not in paid
    # The last test of the session.
    assert {"package tests folder", "session tests server"} <= paid["test_asks_late"]
    assert {"session tests server"} <= set(watched.needs["test_b[red]"])


def test_needs_are_what_is_measured(tmp_path: Path) -> None:
    watched = watch(Project.make(tmp_path / "project", SUITE))

    needs = {tail: set(needed) for tail, needed in watched.needs.items()}
    module = {"module setup_module"}
    assert needs["TestA::test_first"] - {"session tests server"} == {
        *module,
        "class TestA setup_class",
        "class TestA table",
        "module database",
        "module database+1",
    }
    assert needs["TestA::test_last"] == needs["TestA::test_first"] | {"package tests folder"}
    assert needs["test_colour[blue]"] == {*module, "module colour[1]"}
    assert needs["test_alone"] == needs["TestA::test_first"] - {"class TestA setup_class", "class TestA table"}
    assert needs["TestPlain::test_plain"] == module
    assert needs["TestUnit::test_unit"] == {*module, "class TestUnit setUpClass"}
    assert needs["test_b[red]"] == {"module colour[0]", "session tests server"}
    assert needs["test_asks_late"] == set()
    for tail, paid in watched.paid.items():
        if tail not in ("test_asks_late", "TestA::TestInner::test_inner"):
            set_up = {name.rpartition(": ")[2].lstrip("+±") for name in paid if name[0] in "+±"}
            assert set_up - {"session tests server"} <= needs[tail], tail


NESTED = f"""
    import time
    import pytest

    SHORT, LONG = {SHORT} / 1e6, {LONG} / 1e6

    @pytest.fixture(scope="session")
    def inner():
        time.sleep(LONG)
        yield
        time.sleep(LONG)

    @pytest.fixture(scope="module")
    def outer(request):
        time.sleep(SHORT)
        request.getfixturevalue("inner")
        time.sleep(SHORT)
        yield
        time.sleep(SHORT)

    def test_it(outer):
        time.sleep(SHORT)
    """


def test_times_are_net_of_each_other_and_kept_from_the_test(tmp_path: Path) -> None:
    watched = watch(Project.make(tmp_path / "project", {"test_it.py": NESTED}))

    test = watched.tests["test_it"]
    times = {name: (setup, teardown) for _, name, setup, teardown in test["shared"]}
    assert list(times) == ["session test_it.py inner", "module outer"]
    inner, outer = times.values()
    assert min(inner) >= LONG
    assert 2 * SHORT <= outer[0] < LONG
    assert SHORT <= outer[1] < LONG
    assert test["own"] == test["duration"] - sum(inner) - sum(outer)
    assert SHORT <= test["own"] < LONG


BROKEN = """
    import pytest

    @pytest.fixture(scope="module")
    def good():
        yield

    @pytest.fixture(scope="module")
    def bad(good):
        raise RuntimeError("no set-up")

    @pytest.fixture(scope="module")
    def skips():
        pytest.skip("not here")

    @pytest.fixture(scope="class")
    def bad_end():
        yield
        raise RuntimeError("no tear-down")

    class TestA:
        def test_bad(self, bad): pass
        def test_bad_again(self, bad): pass
        def test_skips(self, skips): pass
        def test_bad_end(self, bad_end): pass

    def test_good(good): pass
    """


def test_a_set_up_that_fails_or_skips_is_nobodys(tmp_path: Path) -> None:
    watched = watch(Project.make(tmp_path / "project", {"test_it.py": BROKEN}))

    assert watched.result.code == 1
    found = {tail: [name for _, name, _, _ in line["shared"]] for tail, line in watched.tests.items()}
    assert found == {
        "TestA::test_bad": ["module good"],
        "TestA::test_bad_again": [],
        "TestA::test_skips": [],
        "TestA::test_bad_end": ["class TestA bad_end"],
        "test_good": ["module good"],
    }


FLAKY = f"""
    import pathlib, time
    import pytest

    MARK = pathlib.Path(__file__).with_name("mark.txt")

    @pytest.fixture(scope="module")
    def slow():
        time.sleep({LONG} / 1e6)
        yield

    @pytest.fixture(scope="module")
    def fails_once():
        if not MARK.exists():
            MARK.write_text("")
            raise RuntimeError("not yet")

    RUNS = []

    def test_flaky(slow):
        RUNS.append(1)
        assert len(RUNS) == 3

    def test_set_up(fails_once): pass
    """


def test_what_a_repeated_run_paid_counts(tmp_path: Path) -> None:
    watched = watch(Project.make(tmp_path / "project", {"test_it.py": FLAKY}), "--reruns=2")

    assert watched.result.code == 0
    flaky = watched.tests["test_flaky"]
    assert flaky["reruns"] == 2
    ((place, name, setup, _),) = flaky["shared"]
    assert (place, name) == ("test_it.py", "module slow")
    assert LONG <= setup <= flaky["setup"]
    assert flaky["own"] < LONG
    assert {name for _, name, _, _ in watched.tests["test_set_up"]["shared"]} == {
        "module fails_once",
        "module slow",
    }


WRAPPED = """
    import asyncio, functools, inspect
    import pytest

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(fixturedef, request):
        # As plugins for asynchronous fixtures do it.
        function = fixturedef.func
        if inspect.isasyncgenfunction(function):
            loop = asyncio.new_event_loop()

            def synchronous():
                generator = function()
                value = loop.run_until_complete(generator.__anext__())

                def finish():
                    with pytest.raises(StopAsyncIteration):
                        loop.run_until_complete(generator.__anext__())
                    loop.close()

                request.addfinalizer(finish)
                return value

            fixturedef.func = synchronous
            yield
            fixturedef.func = function
        else:
            yield
    """

ASYNCHRONOUS = f"""
    import asyncio
    import pytest

    @pytest.fixture(scope="module")
    async def slow():
        await asyncio.sleep({LONG} / 1e6)
        yield 5
        await asyncio.sleep({SHORT} / 1e6)

    def test_it(slow):
        assert slow == 5
    """


def test_asynchronous_fixtures_are_measured_whole(tmp_path: Path) -> None:
    watched = watch(Project.make(tmp_path / "project", {"conftest.py": WRAPPED, "test_it.py": ASYNCHRONOUS}))

    assert watched.result.code == 0
    ((_, name, setup, teardown),) = watched.tests["test_it"]["shared"]
    assert name == "module slow"
    assert setup >= LONG
    assert SHORT <= teardown < LONG


NAMESAKES = {
    "conftest.py": """
        import pytest
        pytest_plugins = ["elsewhere"]

        @pytest.fixture(scope="session")
        def db(db): yield
        """,
    "elsewhere.py": """
        import pytest

        def scope_of(fixture_name, config):
            return "session"

        @pytest.fixture(scope=scope_of)
        def db(): yield
        """,
    "a/conftest.py": """
        import pytest

        @pytest.fixture(scope="session")
        def db(): yield
        """,
    "b/conftest.py": """
        import pytest

        @pytest.fixture(scope="session")
        def db(): yield
        """,
    "a/test_a.py": "def test_a(db): pass\n",
    "b/test_b.py": "def test_b(db): pass\n",
    "test_c.py": """
        import pytest

        def test_c(db): pass

        @pytest.fixture(scope="session")
        def own(): yield

        @pytest.mark.parametrize("own", [1, 2], indirect=True, scope="function")
        def test_own_for_each(own): pass

        def test_own(own): pass

        @pytest.mark.parametrize("number", [1, 2], scope="module")
        def test_number(number): pass
        """,
}


def test_namesakes_are_told_apart(tmp_path: Path) -> None:
    watched = watch(Project.make(tmp_path / "project", NAMESAKES))

    assert watched.result.code == 0
    assert watched.needs == {
        "test_a": ["session a db"],
        "test_b": ["session b db"],
        "test_c": ["session db", "session db+1"],
        "test_own_for_each[1]": [],
        "test_own_for_each[2]": [],
        "test_own": ["session test_c.py own"],
        "test_number[1]": [],
        "test_number[2]": [],
    }
    assert set_up_names(watched.paid.values()) == [
        "session a db",
        "session b db",
        "session db",
        "session db+1",
        "session test_c.py own",
    ]


def test_a_needs_nothing_where_pytest_says_nothing(tmp_path: Path) -> None:
    files = {
        "conftest.py": """
            import pytest

            class File(pytest.File):
                def collect(self):
                    yield Item.from_parent(self, name="only")

            class Item(pytest.Item):
                def runtest(self): pass

            def pytest_collect_file(file_path, parent):
                if file_path.suffix == ".custom":
                    return File.from_parent(parent, path=file_path)
            """,
        "a.custom": "",
        "test_doc.txt": ">>> 1 + 1\n2\n",
    }
    watched = watch(Project.make(tmp_path / "project", files), "--doctest-glob=*.txt")

    assert watched.result.code == 0
    assert list(watched.needs.values()) == [[], []]
    assert watched.paid == {}


ORDERED = {
    "conftest.py": """
        import pytest

        @pytest.fixture(scope="session")
        def broken():
            yield
            raise RuntimeError("no tear-down of the session")

        @pytest.fixture(scope="module")
        def fails(broken):
            raise RuntimeError("no set-up")

        @pytest.fixture(scope="module")
        def twice(request):
            request.addfinalizer(lambda: print("first added"))
            request.addfinalizer(lambda: print("last added"))
            yield
            yield
        """,
    "test_it.py": """
        import pytest

        @pytest.fixture(scope="class", params=[1, 2])
        def number(request, twice):
            print("up", request.param)
            yield
            print("down", request.param)

        @pytest.fixture(scope="class")
        def depends(number):
            yield
            print("before", number)

        class TestA:
            def test_a(self, depends): pass
            def test_b(self, number, request):
                request.addfinalizer(lambda: print("test's own"))

        def test_fails(fails): pass
        def test_fails_again(fails): pass
        def test_missing(nowhere): pass
        def test_skip(): pytest.skip("not here")
        """,
}


@pytest.mark.parametrize("style", ["long", "short", "line"])
def test_nobody_else_sees_it(tmp_path: Path, style: str) -> None:
    project = Project.make(tmp_path / "project", ORDERED)
    arguments = ("--setup-show", "-rA", f"--tb={style}", "-s")

    plain, shard = project.pytest(*arguments), project.run(1, 1, *arguments)

    assert (plain.code, plain.ran) == (shard.code, shard.ran)
    assert said(plain) == said(shard)
    assert "no set-up" in "\n".join(said(shard))


def said(result: Result) -> list[str]:
    """What pytest printed, without times and what is ours."""
    ours = set(result.section()) if any("- smartshard -" in line for line in result.lines) else set()
    lines = [re.sub(r"\d+\.\d+s", "", line) for line in result.lines if line not in ours]
    return [line for line in lines if line and not re.match(r"shard 1/1 |.*smartshard|.*\.xml", line)]
