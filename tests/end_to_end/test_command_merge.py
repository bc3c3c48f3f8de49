"""``smartshard merge``: journals from wherever they were carried to, into the store, once each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sharded import GIVE_ALL, SEGMENT, Journal, Project, exactly_once, functions, names_in, read_store

import pytest_smartshard

NAMES = [f"n{number}" for number in range(4)]
SUITE = {f"test_{file}.py": functions(*NAMES) for file in "ab"}
CI = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "41"}
RUN = "github-41"
PROVED = f"{SEGMENT}: proved: 8 tests ran exactly once in 3 shards"


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The run folders of three jobs of one run, each from a checkout of its own."""
    folder = tmp_path_factory.mktemp("artifacts")
    machines = [Project.make(folder / f"machine-{shard}" / "project", SUITE) for shard in (1, 2, 3)]
    results = [machine.run(shard, 3, env=CI) for shard, machine in enumerate(machines, start=1)]
    for result in results:
        assert result.section()[-1] == f"1 of 3 shards of run {RUN} have finished here"
    exactly_once(results, machines[0].pytest())
    return [machine.home for machine in machines]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The checkout of the job that merges."""
    return Project.make(tmp_path / "project", SUITE)


def first_of(artifacts: list[Path]) -> Journal:
    """The journal of the first shard."""
    return Journal.read(artifacts[0] / "runs" / RUN / SEGMENT / "0-1-of-3-1.jsonl")


def test_folders_as_they_came_nested_and_flattened_give_one_store(
    project: Project, artifacts: list[Path], tmp_path: Path
) -> None:
    nested, flat, single = tmp_path / "nested", tmp_path / "flat", tmp_path / "single"
    flat.mkdir()
    for number, artifact in enumerate(artifacts):
        shutil.copytree(artifact, nested / f"results-{number}" / "x")
        for file in (artifact / "runs" / RUN / SEGMENT).iterdir():
            shutil.copy(file, flat)
            shutil.copytree(artifact / "runs" / RUN, single / RUN, dirs_exist_ok=True)

    stores = []
    for name, paths in {
        "as they came": artifacts,
        "nested": [nested],
        "flat": [flat],
        "single": [single],
    }.items():
        store = project.root / f"{name}.json"
        result = project.smartshard("merge", "--store", store, *paths)
        assert (result.code, result.errors) == (0, ())
        assert result.lines == (f"{SEGMENT}: 3 journals read, {store} now knows 8 tests", PROVED)
        stores.append(store.read_bytes())

    assert len(set(stores)) == 1


def test_the_store_is_that_of_a_run_on_one_machine_but_for_the_times(
    project: Project, artifacts: list[Path]
) -> None:
    assert project.smartshard("merge", *artifacts).code == 0
    merged = project.store()
    shutil.rmtree(project.home)
    project.run_all(3, env=CI)
    alone = project.store()

    def shapes_of(lines: object, name: str) -> dict[str, object]:
        assert isinstance(lines, dict)
        return {
            file: {
                name: line[name],
                "costs": len(line["costs"]),
                "samples": [len(column.split()) for column in line["samples"]],
            }
            for file, line in lines.items()
        }

    def without_times(store: dict[str, object]) -> dict[str, object]:
        runs = store["runs"]
        assert isinstance(runs, list)
        return {
            **store,
            "files": shapes_of(store["files"], "tests"),
            "shared": shapes_of(store["shared"], "names"),
            "runs": [{**run, "started": 0, "digests": 1} for run in runs],
        }

    assert without_times(merged) == without_times(alone)


def test_merging_again_or_in_another_order_changes_no_byte(project: Project, artifacts: list[Path]) -> None:
    one, two = project.root / "one.json", project.root / "two.json"
    project.smartshard("merge", "--store", one, *artifacts)
    before = one.read_bytes()

    again = project.smartshard("merge", "--store", one, *artifacts, artifacts[0])
    assert again.lines == (f"{SEGMENT}: 3 journals read, {one} already knew all of it: 8 tests", PROVED)
    assert one.read_bytes() == before

    codes = [project.smartshard("merge", "--store", two, artifacts[number]).code for number in (2, 0, 1)]
    assert codes == [3, 3, 3]  # two shards were missing each time
    assert two.read_bytes() == before


def test_a_missing_shard_is_named_and_what_is_there_is_taken_in(project: Project, artifacts: list[Path]) -> None:
    result = project.smartshard("merge", artifacts[1])

    assert result.code == 3
    journal = artifacts[1] / "runs" / RUN / SEGMENT / "0-2-of-3-1.jsonl"
    own = {f"{line['file']}::{line['test']}" for line in Journal.read(journal).tests}
    lost = sorted({f"test_{file}.py::test_{name}" for file in "ab" for name in NAMES} - own)
    assert 0 < len(lost) < 8
    assert result.lines == (
        f"{SEGMENT}: 1 journal read, {project.store_path} now knows {len(own)} tests",
        f"{SEGMENT}: NOT PROVED: {len(lost)} of 8 tests did not run to the end",
        f"{SEGMENT}: run {RUN} lacks shards 1, 3 of 3{GIVE_ALL}",
        f"{SEGMENT}: {len(lost)} tests in no journal that is there: {', '.join(lost)}",
        f"run what is left with pytest --shard-rerun={artifacts[1]}",
    )
    assert len(project.stored()) == len(own)

    quiet = project.smartshard("merge", "--quiet", *artifacts[1:])
    lost = [f"{test['file']}::{test['test']}" for test in first_of(artifacts).tests]
    assert (quiet.code, quiet.lines) == (
        3,
        (
            f"{SEGMENT}: NOT PROVED: {len(lost)} of 8 tests did not run to the end",
            f"{SEGMENT}: run {RUN} lacks shard 1 of 3{GIVE_ALL}",
            f"{SEGMENT}: {len(lost)} tests assigned and not run, by shard 1/3: {', '.join(sorted(lost))}",
            "run what is left with pytest --shard-rerun=FOLDER, where FOLDER holds all that was given here",
        ),
    )


def test_quiet_says_nothing_where_nothing_is_wrong(project: Project, artifacts: list[Path]) -> None:
    result = project.smartshard("merge", "--quiet", *artifacts)
    assert (result.code, result.lines, result.errors) == (0, (), ())
    assert len(project.stored()) == 8


def test_shards_that_planned_differently_are_found_out(project: Project, artifacts: list[Path]) -> None:
    other = Project.make(project.root.parent / "other" / "project", SUITE)
    differing = other.run(3, 3, "--shard-packer=hash", env=CI).recorded

    result = project.smartshard("merge", *artifacts[:2], differing.path)

    assert result.code == 3
    journal = next((artifacts[0] / "runs" / RUN / SEGMENT).glob("*.plan.json"))
    digests = ", ".join(sorted([differing.header["digest"], journal.name[2:14]]))
    assert (
        f"{SEGMENT}: the shards of run {RUN} followed different plans ({digests}), so tests may have run twice "
        "or never; give all shards the same store, options and environment"
    ) in result.lines
    assert (
        f"{SEGMENT}: probably the option shard_packer differs: --shard-packer=hash in 3, not given in 1-2"
    ) in result.lines


def test_a_torn_journal_is_named_and_its_whole_lines_are_taken_in(
    project: Project, artifacts: list[Path], tmp_path: Path
) -> None:
    torn = tmp_path / "0-1-of-3-1.jsonl"
    whole = (artifacts[0] / "runs" / RUN / SEGMENT / torn.name).read_bytes()
    torn.write_bytes(whole[:-20])
    number = whole.count(b"\n")

    result = project.smartshard("merge", torn, *artifacts[1:])

    assert result.code == 3
    assert result.lines == (
        f"{torn}: line {number} is torn and was set aside",
        f"{SEGMENT}: 3 journals read, {project.store_path} now knows 8 tests",
        f"{SEGMENT}: NOT PROVED: the journals do not show that every test ran exactly once",
        f"{SEGMENT}: shard 1/3 died in attempt 1: its journal has no end",
        "run what is left with pytest --shard-rerun=FOLDER, where FOLDER holds all that was given here",
    )


def test_what_is_no_journal_is_named_and_left_out(
    project: Project, artifacts: list[Path], tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.jsonl"
    foreign.write_text('{"event": "something else"}\n', encoding="ascii")
    result = project.smartshard("merge", foreign, *artifacts)
    assert result.code == 0
    assert result.lines[0] == f"{foreign} has no journal header: left out"


def test_a_journal_of_a_newer_version_is_refused(project: Project, artifacts: list[Path], tmp_path: Path) -> None:
    newer = tmp_path / "newer.jsonl"
    whole = (artifacts[0] / "runs" / RUN / SEGMENT / "0-1-of-3-1.jsonl").read_text("ascii")
    newer.write_text(whole.replace('"format":3', '"format":7'), encoding="ascii")

    result = project.smartshard("merge", newer, *artifacts)

    assert result.code == 4
    assert result.errors == (
        f"smartshard: {newer} has format 7, and this version reads up to 3; upgrade pytest-smartshard",
    )
    assert not project.home.exists()


def test_where_there_is_nothing_to_merge_it_is_a_usage_error(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    none = project.smartshard("merge", empty)
    assert (none.code, none.lines) == (4, ())
    assert none.errors == (f"smartshard: PATH={empty}: no journal of a shard is there; name the folder of a run",)

    absent = project.smartshard("merge", tmp_path / "nowhere", tmp_path / "nor-here", empty)
    assert (absent.code, absent.lines) == (4, ())
    assert absent.errors == tuple(
        f"smartshard: PATH={tmp_path / name}: does not exist; name a folder of artifacts or a journal"
        for name in ("nowhere", "nor-here")
    )
    assert not project.home.exists()


def test_a_store_that_names_nothing_or_a_folder_is_refused(
    project: Project, artifacts: list[Path], tmp_path: Path
) -> None:
    unnamed = project.smartshard("merge", "--store=", *artifacts)
    assert (unnamed.code, unnamed.lines) == (4, ())
    assert unnamed.errors == ("smartshard: --store=: no value; give one, or leave the option out",)

    folder = tmp_path / "store.json"
    folder.mkdir()
    refused = project.smartshard("merge", "--store", folder, *artifacts)
    assert (refused.code, refused.lines) == (4, ())
    assert refused.errors[0].startswith(f"smartshard: {folder}: ")
    assert refused.errors[0].endswith("; let this user read and write there, or name another path")
    assert not project.home.exists()


def test_one_file_cannot_take_two_segments_and_a_folder_takes_each_into_its_own(
    project: Project, tmp_path: Path
) -> None:
    for name in ("old", "new"):
        project.run(1, 1, "--shard-run=nightly", f"--shard-env={name}")
    runs = project.home / "runs"

    refused = project.smartshard("merge", "--store", tmp_path / "one.json", runs)
    assert refused.code == 4
    assert refused.errors == (
        (
            f"smartshard: --store={tmp_path / 'one.json'}: one file cannot hold root@new@all, root@old@all; give "
            "a folder"
        ),
    )
    assert not (tmp_path / "one.json").exists()

    assert project.smartshard("merge", "--store", tmp_path / "store", runs).code == 0
    for name in ("old", "new"):
        assert len(names_in(read_store(tmp_path / "store" / f"root@{name}@all.json"))) == 8


def test_the_store_is_where_pytest_would_look_for_it(project: Project, artifacts: list[Path]) -> None:
    project.write({"pytest.ini": "[pytest]\nshard_store = history\n", "folder/keep": ""})
    project.smartshard("merge", *artifacts, folder=project.root / "folder")
    assert len(names_in(read_store(project.root / "history" / f"{SEGMENT}.json"))) == 8
    assert "100 % of the time from history" in project.run(1, 2).collected_line


def test_artifacts_lead_to_no_file_outside_the_store_folder(
    project: Project, artifacts: list[Path], tmp_path: Path
) -> None:
    whole = (artifacts[0] / "runs" / RUN / SEGMENT / "0-1-of-3-1.jsonl").read_text("ascii")
    evil = tmp_path / "evil.jsonl"
    evil.write_text(whole.replace(SEGMENT, "../../../root@x@y"), encoding="ascii")
    result = project.smartshard("merge", "--store", project.root / "store", evil)
    assert result.code == 4
    assert result.errors[0] == f"smartshard: {evil} has no journal header: left out"
    assert not (project.root / "store").exists()


def test_the_command_names_its_version_and_refuses_what_it_does_not_know(project: Project) -> None:
    version = project.smartshard("--version")
    assert (version.code, version.lines) == (0, (f"smartshard {pytest_smartshard.__version__}",))
    for arguments in ([], ["merge"], ["nonsense"], ["merge", "--nonsense", "x"]):
        assert project.smartshard(*arguments).code == 4
