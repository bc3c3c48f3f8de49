"""Two different tests with one node id, which several root folders can bring about, both run."""

from __future__ import annotations

from pathlib import Path

from sharded import Project, functions, read_store

ARGUMENTS = ("-c", "pytest.ini", "../one", "../two", "--import-mode=importlib")


def test_both_tests_of_one_node_id_run_and_are_told_apart(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {})
    project.write(
        {
            "../one/test_it.py": functions("a", "b", "c"),
            "../two/test_it.py": functions("a", "b", body="assert False"),
        }
    )
    plain = project.pytest(*ARGUMENTS)
    assert sorted(plain.ran) == [
        ("test_it::test_a", "failed"),
        ("test_it::test_a", "passed"),
        ("test_it::test_b", "failed"),
        ("test_it::test_b", "passed"),
        ("test_it::test_c", "passed"),
    ]

    for count in (3, 2):
        results = project.run_all(count, *ARGUMENTS)
        assert sorted(test for result in results for test in result.ran) == sorted(plain.ran)
        assert sorted(
            (line["file"], line["test"], line["outcome"]) for result in results for line in result.recorded.tests
        ) == [
            ("../one/test_it.py", "test_a", "passed"),
            ("../one/test_it.py", "test_b", "passed"),
            ("../one/test_it.py", "test_c", "passed"),
            ("../two/test_it.py", "test_a", "failed"),
            ("../two/test_it.py", "test_b", "failed"),
        ]


def test_the_store_keeps_them_apart(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {})
    project.write({"../one/test_it.py": functions("a"), "../two/test_it.py": functions("a", body="assert False")})
    store = tmp_path / "store.json"
    for _ in range(2):
        result = project.pytest("--shard-record", f"--shard-store={store}", *ARGUMENTS)
        assert result.section()[-1] == f"the run is complete: durations taken into {store}"
    files = read_store(store)["files"]
    assert list(files) == ["../one/test_it.py", "../two/test_it.py"]
    assert [[column[0] == "f" for column in file["samples"]] for file in files.values()] == [
        [False, False],
        [True, True],
    ]
