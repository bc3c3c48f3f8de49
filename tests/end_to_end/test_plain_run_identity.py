"""Law 6: a shard has the outcomes, order, warnings and exit code that plain pytest gives the same tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sharded import Project, Result, exactly_once, functions

SUITE = {
    "conftest.py": """
        import pytest

        @pytest.fixture(scope="session")
        def counted():
            yield []
        """,
    "test_mixed.py": """
        import warnings, pytest

        @pytest.fixture(scope="module", params=["red", "blue"])
        def colour(request):
            return request.param

        def test_prints(capsys):
            print("out")
            assert capsys.readouterr().out == "out\\n"

        def test_fails():
            print("said before failing")
            assert [1, 2] == [1, 3]

        def test_colour(colour): warnings.warn("old " + colour, DeprecationWarning)

        def test_colour_again(colour): pass

        class TestThings:
            @pytest.mark.parametrize("number", [3, 1, 2])
            def test_number(self, number, counted): counted.append(number)

            @pytest.mark.skip(reason="not here")
            def test_skipped(self): pass

            @pytest.mark.xfail(reason="known")
            def test_xfails(self): assert False
        """,
    "folder/test_more.py": """
        import warnings, pytest

        def test_warns(): warnings.warn("careful")

        @pytest.fixture
        def broken(): raise RuntimeError("no set-up")

        def test_error(broken): pass

        def test_unexpected(): pass
        """,
}

_TIME = re.compile(r"\d+\.\d\ds|0x[0-9a-f]+")


def failures(result: Result) -> dict[str, str]:
    """The text below each heading of a failure or an error."""
    text = "\n".join(_TIME.sub("", line) for line in result.lines)
    headings_and_blocks = re.split(r"^_{3,} (.+?) _{3,}$", text, flags=re.MULTILINE)[1:]
    blocks = (
        re.split(r"\n(?:=+|-+) (?:generated|smartshard|[a-z ]+ summary|X?FAILURES)", block)[0].strip()
        for block in headings_and_blocks[1::2]
    )
    return dict(zip(headings_and_blocks[::2], blocks, strict=True))


def warned(result: Result) -> set[str]:
    """Each warning of the summary with its place."""
    return {line.strip() for line in result.lines if "Warning: " in line}


@pytest.mark.parametrize("count", [1, 3])
def test_shards_show_what_a_plain_run_shows(tmp_path: Path, count: int) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest("-p", "no:smartshard", "-ra")
    assert plain.code == 1

    results = project.run_all(count, "-ra")

    exactly_once(results, plain)
    for result in results:
        assert list(result.ran) == [test for test in plain.ran if test in result.ran]
        failed = any(outcome in ("failed", "error") for _, outcome in result.ran)
        assert result.code == int(failed)
        assert result.errors == plain.errors
    assert {name: text for result in results for name, text in failures(result).items()} == failures(plain)
    assert set().union(*map(warned, results)) == warned(plain)
    short = re.compile(r"(FAILED|ERROR|SKIPPED|XFAIL) ")
    assert sorted(line for result in results for line in result.lines if short.match(line)) == sorted(
        line for line in plain.lines if short.match(line)
    )


def test_stopping_at_the_first_failure_stops_where_a_plain_run_stops(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest("-p", "no:smartshard", "-x")
    result = project.run(1, 1, "-x")
    assert result.code == plain.code == 1
    assert result.ran == plain.ran
    assert "!!!!!!!!!!!!!!!!!!!!!!!!!! stopping after 1 failures !!!!!!!!!!!!!!!!!!!!!!!!!!!" in result.lines


EXITS = {
    "all green": ({"test_a.py": functions("a", "b")}, 0),
    "a failure": ({"test_a.py": functions("a", "b", body="assert False")}, 1),
    "a file that cannot be imported": (
        {"test_a.py": "import nothing_of_that_name", "test_b.py": functions("b")},
        2,
    ),
    "an exit": ({"test_a.py": functions("a", body="import pytest; pytest.exit('enough', 7)")}, 7),
    "no tests": ({"notes.txt": ""}, 5),
}


@pytest.mark.parametrize("name", EXITS)
def test_the_exit_code_is_that_of_a_plain_run(tmp_path: Path, name: str) -> None:
    suite, code = EXITS[name]
    project = Project.make(tmp_path / "project", suite)
    assert project.pytest("-p", "no:smartshard").code == code
    assert project.run(1, 1).code == code


def test_the_exit_code_for_a_path_that_does_not_exist_is_that_of_a_plain_run(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"test_a.py": functions("a")})
    assert project.run(1, 2, "nowhere").code == project.pytest("nowhere").code == 4


def test_nothing_of_ours_gets_into_the_junit_file(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    junit = tmp_path / "own.xml"
    project.run(1, 1, f"--junitxml={junit}")
    text = junit.read_text("utf-8")
    assert "smartshard" not in text.replace(str(tmp_path), "")
    assert "<properties>" not in text
