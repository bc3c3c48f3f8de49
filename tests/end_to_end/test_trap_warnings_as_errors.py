"""A suite that takes every warning for an error, leaked handles too, finds none of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import Project, functions

SUITE = {
    "test_a.py": functions("a", "b"),
    "test_z.py": """
        import gc

        def test_nothing_of_ours_is_left_unclosed():
            gc.collect()
        """,
}
STRICT = ("-X", "dev", "-W", "error")


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_no_warning_comes_from_a_sharded_run(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", SUITE, "filterwarnings = error")
    plain = project.pytest(*arguments, python=STRICT)
    assert plain.code == 0

    for shard, expected in ((1, "no history yet"), (2, "no history yet")):
        result = project.pytest(f"--shard={shard}/2", "--shard-report", *arguments, python=STRICT)
        assert result.code == 0, result
        assert result.errors == plain.errors
        assert not any("Warning" in line for line in result.lines)
        assert expected in result.collected_line
    assert len(project.stored()) == 3


def test_a_killed_store_and_an_unwritable_folder_warn_nobody_either(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE, "filterwarnings = error")
    project.home.write_text("a file where a folder should be", encoding="ascii")

    result = project.pytest("--shard=1/1", f"--shard-store={tmp_path / 'store'}", python=STRICT)

    assert result.code == 0, result
    assert len(result.ran) == 3
    (line,) = result.section()
    assert line.startswith(f"nothing was recorded, because {project.home} cannot be written: ")
    assert result.errors == ()
