"""Every how-to guide is followed as written, in a project that is in the state that the guide begins with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pages import HOW_TO, ROOT, Command, blocks, follow, readers_environment, type_in, write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are those of a POSIX shell")

RECIPE = "its recipe is run by test_recipes_run.py"

SUITE = {
    "test_orders.py": "class TestCheckout:\n    def test_total(self):\n        pass\n",
    "test_search.py": "def test_index():\n    pass\n\n\ndef test_query():\n    pass\n",
    "test_users.py": "def test_name():\n    pass\n",
}

ARTIFACTS = (
    "SMARTSHARD_RUN=nightly pytest --shard=1/2",
    "SMARTSHARD_RUN=nightly pytest --shard=2/2",
    "mkdir artifacts && mv .smartshard/runs/nightly artifacts/from-all-jobs && rm -r .smartshard",
)
"""Leaves in the folder ``artifacts`` what the jobs of a run have kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What a guide takes for granted: the files of the project, commands that were run in it, variables.

    ``codes`` are the exit codes of commands that do not end with 0. ``without`` is the reason why it has no
    command; those that it has are run in any case.
    """

    files: Mapping[str, str] = field(default_factory=lambda: SUITE)
    before: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)
    without: str = ""


def commands(page: Path) -> list[Command]:
    return [command for block in blocks(page) if block.language == "console" for command in block.commands]


def below(folder: str) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in SUITE.items()}


def tutorial() -> dict[str, str]:
    """The suite of the tutorial, as it is before its last test is added."""
    named = {block.file: block.body for block in blocks(ROOT / "docs" / "tutorial" / "first-shards.md")}
    return {name: named[name] for name in ("test_orders.py", "test_search.py", "test_users.py")}


GUIDES = {
    "azure-pipelines": Guide(without=RECIPE),
    "buildkite": Guide(without=RECIPE),
    "circleci": Guide(without=RECIPE),
    "files-that-need-others": Guide(
        files={
            "formats.py": "known = []\n",
            "test_csv.py": "import formats\n\nformats.known.append('csv')\n\n\ndef test_csv():\n    pass\n",
            "test_export.py": "import formats\n\n\ndef test_all_formats():\n    assert formats.known\n",
        },
        before=(
            *(f"SMARTSHARD_RUN=nightly pytest --shard={shard}/2 || true" for shard in (1, 2)),
            "mv .smartshard/runs artifacts && rm -r .smartshard",
        ),
        codes={"pytest test_export.py": 1},
    ),
    "from-pytest-split": Guide(
        files={**SUITE, ".test_durations": '{"test_search.py::test_index": 0.5}'},
        without="it says what to write in place of another plugin's options",
    ),
    "github-actions": Guide(without=RECIPE),
    "gitlab-ci": Guide(without=RECIPE),
    "import-durations": Guide(
        files={
            **SUITE,
            ".test_durations": '{"test_search.py::test_index": 0.5}',
            ".balance/durations.jsonl": '{"test_id": "test_users.py::test_name", "duration": 0.25, '
            '"timestamp": "2026-05-01T12:00:00+00:00", "run_id": "r1"}\n',
        },
        before=("mkdir reports", *(f"pytest --junitxml=reports/{number}.xml" for number in (1, 2))),
    ),
    "merge-coverage-and-junit": Guide(
        environ={"PYTEST_ADDOPTS": "-p no:randomly"},
        files={
            "app.py": "def double(number):\n    return 2 * number\n",
            **{
                f"test_{name}.py": f"from app import double\n\n\ndef test_{name}():\n    assert double(1) == 2\n"
                for name in ("orders", "users")
            },
        },
    ),
    "run-what-is-left": Guide(
        before=(
            "SMARTSHARD_RUN=nightly pytest --shard=1/2",
            "mv .smartshard/runs artifacts && rm -r .smartshard",
        ),
        codes={"smartshard merge artifacts": 3},
    ),
    "index": Guide(without="it lists the guides"),
    "keep-the-store": Guide(before=(*ARTIFACTS, "git init -q -b main")),
    "keep-tests-together": Guide(),
    "look-into-the-store": Guide(
        files={**SUITE, **below("backend"), "test_old.py": "def test_old():\n    pass\n"},
        environ={"SMARTSHARD_ENV": "linux-3.12"},
        before=(
            "touch backend/__init__.py",
            "pytest --shard-record",
            "SMARTSHARD_ENV=linux-3.13 pytest --shard-record",
            "pytest --shard-record -o shard_suite=frontend",
            "rm test_old.py",
            *(f"SMARTSHARD_STORE=other SMARTSHARD_RUN=nightly pytest --shard={shard}/2" for shard in (1, 2)),
            "mv .smartshard/runs/nightly artifacts",
        ),
        codes={"smartshard store diff before .smartshard/durations": 1},
    ),
    "mend-warnings": Guide(without="it is about lines that other tests assert, each where it is printed"),
    "merge-artifacts": Guide(before=ARTIFACTS),
    "monorepo": Guide(files={**below("backend"), **below("frontend")}),
    "name-a-run-and-an-environment": Guide(),
    "other-ci": Guide(environ={"SHARD": "2", "PARENT_BUILD": "1207"}),
    "pin-a-plan": Guide(before=("pytest --shard=1/1",)),
    "read-the-report": Guide(
        files=tutorial(), before=("pytest --shard=1/1", *(f"pytest --shard={shard}/3" for shard in (1, 2, 3)))
    ),
    "several-systems": Guide(),
    "stop-hung-tests": Guide(),
    "use-with-xdist": Guide(),
}


def test_every_guide_is_followed() -> None:
    """A new guide needs a row in the table."""
    assert sorted(GUIDES) == sorted(path.stem for path in HOW_TO.glob("*.md"))


def test_a_guide_has_commands_or_a_reason() -> None:
    no_commands = {name for name in GUIDES if not commands(HOW_TO / f"{name}.md")}
    assert no_commands == {name for name in no_commands if GUIDES[name].without}


@pytest.mark.parametrize("name", [name for name in GUIDES if commands(HOW_TO / f"{name}.md")])
def test_a_guide(name: str, tmp_path: Path) -> None:
    guide = GUIDES[name]
    environ = readers_environment(guide.environ)
    for file, text in guide.files.items():
        write(tmp_path, file, text)
    for line in guide.before:
        code, output = type_in(line, tmp_path, environ)
        assert code == 0, f"$ {line}\n{output}"
    assert follow(blocks(HOW_TO / f"{name}.md"), tmp_path, environ, guide.codes) > 0


def test_the_readme(tmp_path: Path) -> None:
    """Its first block has no prompts: that is for a checkout of this project, which test_project.py looks at."""
    prompted = [block for block in blocks(ROOT / "README.md") if block.body.startswith("$ ")]
    for file, text in SUITE.items():
        write(tmp_path, file, text)
    assert follow(prompted, tmp_path, readers_environment()) >= 5
