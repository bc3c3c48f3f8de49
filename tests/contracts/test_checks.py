"""Every finding has a checkout that provokes it, and near misses that do not."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_smartshard.checking.numbering import FIRST_NUMBER, TOTALS
from pytest_smartshard.checking.table import CHECKS
from pytest_smartshard.model.finding import ERROR, WARNING
from pytest_smartshard.operations.examining.examine import examine
from pytest_smartshard.providers.table import PROVIDERS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "doctor.md"
WORKFLOW = ".github/workflows/tests.yml"

RESTORE = """
      - uses: actions/cache/restore@v4
        with:
          path: .smartshard/durations
          key: smartshard-
"""
UPLOAD = """
      - uses: actions/upload-artifact@v4
        with:
          path: .smartshard/runs
"""
MERGE = """
  merge:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v4
      - run: smartshard merge .
"""


def github(
    steps: str = "- run: pytest --shard=${{ matrix.shard }}/3",
    *,
    matrix: str = "shard: [1, 2, 3]",
    before: str = RESTORE,
    after: str = UPLOAD,
    others: str = MERGE,
    on: str = "push",
) -> dict[str, str]:
    """A workflow with which nothing is wrong unless a part of it is replaced."""
    lines = [
        f"on: {on}",
        "jobs:",
        "  shards:",
        "    runs-on: ubuntu-latest",
        "    strategy:",
        "      matrix:",
        textwrap.indent(textwrap.dedent(matrix).strip(), " " * 8),
        "    steps:",
        "      - uses: actions/checkout@v4",
        before.strip("\n"),
        textwrap.indent(textwrap.dedent(steps).strip(), " " * 6),
        after.strip("\n"),
        others.strip("\n"),
    ]
    return {WORKFLOW: "\n".join(lines) + "\n"}


def gitlab(shards: str, **others: str) -> dict[str, str]:
    parts = {"shards": shards, "merge": "script: [smartshard merge .smartshard/runs]", **others}
    text = "".join(
        f"{name}:\n{textwrap.indent(textwrap.dedent(part).strip(), '  ')}\n" for name, part in parts.items()
    )
    return {".gitlab-ci.yml": text}


GITLAB_REST = """
    cache: {paths: [.smartshard/durations/], policy: pull}
    artifacts: {paths: [.smartshard/runs/]}
"""


def circleci(step: str, *, jobs: str = "[shards]") -> dict[str, str]:
    return {
        ".circleci/config.yml": textwrap.dedent(f"""
            version: 2.1
            jobs:
              shards:
                parallelism: 4
                steps:
                  - restore_cache: {{keys: [v1-]}}
                  - run: {step}
                  - persist_to_workspace: {{root: ., paths: [.smartshard/runs]}}
              merge:
                steps:
                  - attach_workspace: {{at: .}}
                  - run: smartshard merge .
                  - when:
                      condition: x
                      steps:
                        - save_cache: {{key: v1-, paths: [.smartshard/durations]}}
            workflows:
              tests:
                jobs: {jobs}
            """)
    }


COV = {"pytest.ini": "[pytest]\naddopts = --cov=app\n"}
MERGE_COV = MERGE.replace("merge .", "merge --cov .")
COMBINE = MERGE_COV + "      - run: coverage combine artifacts\n"
UNDER_COVERAGE = "- run: coverage run -m pytest --shard=${{ matrix.shard }}/3\n- run: coverage report"
GROUPS = {
    "test_a.py": "import pytest\n@pytest.mark.xdist_group('a')\ndef test_a(): pass\n",
    "uv.lock": 'name = "pytest"\nversion = "9.2.0"\n\nname = "pytest-xdist"\nversion = "3.8.0"\n',
    "pytest.ini": "[pytest]\naddopts = -n 4 --dist=loadgroup\n",
}


def parametrised(values: str) -> dict[str, str]:
    return {"test_a.py": f"import pytest\n\n\n@pytest.mark.parametrize('x', {values})\ndef test_a(x): pass\n"}


class Case(NamedTuple):
    files: Mapping[str, str]
    spot: str = ""
    what: str = ""


PROVOKED: dict[str, list[Case]] = {
    "index-counts-matrix": [
        Case(
            github(
                "- run: pytest --shard=$((${{ strategy.job-index }}+1))/${{ strategy.job-total }}",
                matrix="python: ['3.12', '3.13']\nshard: [1, 2, 3]",
            ),
            f"{WORKFLOW}:15",
            "strategy.job-index and strategy.job-total in job shards count every cell of the matrix "
            "(python, shard), "
            "so no environment runs all tests",
        ),
        Case(
            gitlab(
                "parallel:\n  matrix: [{PYTHON: ['3.12', '3.13'], SHARD: ['1', '2']}]\n"
                f"script: [pytest --shard=auto]{textwrap.dedent(GITLAB_REST)}"
            ),
            ".gitlab-ci.yml:4",
            "--shard=auto in job shards is refused, as GitLab CI numbers the cells of a matrix there",
        ),
        Case(
            gitlab(
                "parallel:\n  matrix: [{PYTHON: ['3.12', '3.13'], SHARD: ['1', '2']}]\n"
                f"script: [pytest --shard=$CI_NODE_INDEX/$CI_NODE_TOTAL]{textwrap.dedent(GITLAB_REST)}"
            ),
            ".gitlab-ci.yml:4",
            "CI_NODE_INDEX and CI_NODE_TOTAL in job shards count every cell of the matrix (PYTHON, SHARD), so no "
            "environment runs all tests",
        ),
    ],
    "index-from-zero": [
        Case(
            circleci("pytest --shard=$CIRCLE_NODE_INDEX/$CIRCLE_NODE_TOTAL"),
            ".circleci/config.yml:8",
            "CIRCLE_NODE_INDEX counts from 0 and shards from 1, so shard 0 is refused and the last never runs",
        ),
        Case(
            github("- run: pytest --shard=${{ strategy.job-index }}/3"),
            f"{WORKFLOW}:14",
            "strategy.job-index counts from 0 and shards from 1, so shard 0 is refused and the last never runs",
        ),
    ],
    "shards-incomplete": [
        Case(
            github("- run: pytest --shard=${{ matrix.shard }}", matrix="shard: [1/3, 2/3]"),
            f"{WORKFLOW}:14",
            "of shards 1 to 3 the jobs lack 3",
        ),
        Case(
            github("- run: pytest --shard=${{ matrix.shard }}/4"),
            f"{WORKFLOW}:14",
            "of shards 1 to 4 the jobs lack 4",
        ),
        Case(
            github(matrix="shard: [0, 1, 2]"),
            f"{WORKFLOW}:14",
            "of shards 1 to 3 the jobs lack 3 and hold 0, which is none of them",
        ),
        Case(
            github(
                matrix="python: ['3.12', '3.13']\nshard: [1, 2, 3]\nexclude:\n  - {python: '3.12', shard: 2}",
            ),
            f"{WORKFLOW}:17",
            "of shards 1 to 3 the jobs with python 3.12 lack 2",
        ),
        Case(
            github(
                "- run: pytest --shard=$SHARD\n  env:\n    SHARD: ${{ matrix.shard }}/${{ matrix.of }}",
                matrix="include:\n  - {shard: 1, of: 3}\n  - {shard: 3, of: 3}",
            ),
            f"{WORKFLOW}:16",
            "of shards 1 to 3 the jobs lack 2",
        ),
        Case(
            gitlab(f"parallel: 4\nscript: ['pytest --shard=$CI_NODE_INDEX/5']{textwrap.dedent(GITLAB_REST)}"),
            ".gitlab-ci.yml:3",
            "of shards 1 to 5 the jobs lack 5",
        ),
        Case(
            circleci("pytest --shard=$((CIRCLE_NODE_INDEX + 1))/5"),
            ".circleci/config.yml:8",
            "of shards 1 to 5 the jobs lack 5",
        ),
    ],
    "hidden-files-not-uploaded": [
        Case(
            github(after=UPLOAD.replace("/runs", "")),
            f"{WORKFLOW}:15",
            "the upload of .smartshard passes over hidden files, and .smartshard is one",
        ),
        Case(
            github(after=UPLOAD.replace(".smartshard/runs", "'**/.smartshard/runs/*'")),
            f"{WORKFLOW}:15",
            "the upload of **/.smartshard/runs/* passes over hidden files, and .smartshard is one",
        ),
    ],
    "coverage-gate-per-shard": [
        Case(
            {
                **github(UNDER_COVERAGE),
                ".coveragerc": "[run]\nrelative_files = true\n[report]\nfail_under = 90\n",
            },
            f"{WORKFLOW}:14",
            "fail_under in .coveragerc is 90, and each shard in job shards is held to it with its part of "
            "the tests",
        ),
        Case(
            github(f"{UNDER_COVERAGE} --fail-under=85"),
            f"{WORKFLOW}:14",
            "--fail-under is 85, and each shard in job shards is held to it with its part of the tests",
        ),
    ],
    "loadgroup-not-grouping": [
        Case(
            GROUPS,
            "pytest.ini",
            "with pytest 9.2 or later and pytest-xdist 3.8, --dist=loadgroup does not keep tests of one "
            "xdist_group "
            "on one worker",
        ),
    ],
    "no-store-restored": [
        Case(
            github(before=""),
            f"{WORKFLOW}:11",
            "job shards runs shards and nothing brings .smartshard/durations, so each run is split without "
            "history",
        ),
        Case(
            gitlab("parallel: 4\nscript: [pytest --shard=auto]\nartifacts: {paths: [.smartshard/runs/]}"),
            ".gitlab-ci.yml:3",
            "job shards runs shards and nothing brings .smartshard/durations, so each run is split without "
            "history",
        ),
    ],
    "nothing-merged": [
        Case(
            github(others=""),
            f"{WORKFLOW}:14",
            "no job runs smartshard merge, so no history forms and lost tests are not found out",
        ),
        Case(
            github(after=""),
            f"{WORKFLOW}:14",
            "job shards keeps no .smartshard/runs, so smartshard merge gets nothing of its shards",
        ),
    ],
    "cache-saved-from-pull-requests": [
        Case(
            github(before=RESTORE.replace("/restore", ""), on="[push, pull_request]"),
            f"{WORKFLOW}:10",
            "job shards saves the store on pull requests and branches too, so shards may start from "
            "different stores",
        ),
        Case(
            gitlab(
                "parallel: 4\nscript: [pytest --shard=auto]\ncache: {paths: [.smartshard/durations/]}\n"
                "artifacts: {paths: [.smartshard/runs/]}"
            ),
            ".gitlab-ci.yml:4",
            "job shards saves the store on pull requests and branches too, so shards may start from "
            "different stores",
        ),
    ],
    "coverage-not-merged": [
        Case(
            {**github(), **COV},
            f"{WORKFLOW}:22",
            "shards in job shards measure coverage, and no job combines and judges it, so smartshard merge "
            "refuses to call a run proved",
        ),
        Case(
            gitlab(
                "parallel: 4\nscript: [pytest --cov --shard=auto]" + textwrap.dedent(GITLAB_REST),
                merge="script: ['python -m pytest_smartshard merge .smartshard/runs || code=$?']",
            ),
            ".gitlab-ci.yml:7",
            "shards in job shards measure coverage, and no job combines and judges it, so smartshard merge "
            "refuses to call a run proved",
        ),
    ],
    "coverage-not-relative": [
        Case(
            {**github(others=COMBINE), **COV, "pyproject.toml": "[tool.coverage.run]\nbranch = true\n"},
            "pyproject.toml",
            "shards measure coverage and another job combines it, while its paths are those of each machine",
        ),
    ],
    "unstable-ids": [
        Case(
            parametrised("{'a', 'b'}"),
            "test_a.py:4",
            "test_a is parametrised over a set of texts, whose order changes from process to process, so its "
            "parameters stay in one shard and share one duration",
        ),
    ],
    "order-dependent": [],
    "ci-file-unreadable": [
        Case(
            {WORKFLOW: "jobs:\n  a: [1\n  b: 2\n"},
            WORKFLOW,
            "the file is no YAML (line 3), so nothing in it was looked at",
        ),
        Case(
            {WORKFLOW: "a: &a [*a]\n"},
            WORKFLOW,
            "the file is no CI file (an alias within itself), so nothing in it was looked at",
        ),
    ],
}
"""By code; what history shows is in the tests of :mod:`pytest_smartshard.operations.examining.stored`."""

SPLIT_ENVIRONMENTS = "python: ['3.12', '3.13']\nshard: [1, 2, 3]"

SILENT: dict[str, Mapping[str, str]] = {
    "nothing wrong": github(),
    "two environments with all shards": github(matrix=SPLIT_ENVIRONMENTS),
    "matrix of shards alone, counted by GitHub": github(
        "- run: pytest --shard=$((${{ strategy.job-index }}+1))/${{ strategy.job-total }}"
    ),
    "one Python, so that only the shards vary": github(
        "- run: pytest --shard=$((${{ strategy.job-index }}+1))/${{ strategy.job-total }}",
        matrix="python: ['3.12']\nshard: [1, 2, 3]",
    ),
    "computed matrix": github(
        "- run: pytest --shard=$((${{ strategy.job-index }}+1))/${{ strategy.job-total }}",
        matrix="shard: ${{ fromJSON(needs.plan.outputs.shards) }}\npython: ['3.12', '3.13']",
    ),
    "include that only describes a cell": github(
        matrix="shard: [1, 2, 3]\ninclude:\n  - {shard: 2, label: slow}\n  - {shard: 3, label: last}"
    ),
    "include that adds an environment": github(
        matrix="python: ['3.12']\nshard: [1, 2, 3]\ninclude:\n"
        + "".join(f"  - {{python: '3.14', shard: {number}}}\n" for number in (1, 2, 3))
    ),
    "N that nobody knows": github("- run: pytest --shard=${{ matrix.shard }}/${{ inputs.shards }}"),
    "step that may not run": github("- run: pytest --shard=${{ matrix.shard }}/9\n  if: matrix.shard > 1"),
    "K and N as one value": github("- run: pytest --shard ${{ matrix.shard }}", matrix="shard: [1/2, 2/2]"),
    "loadgroup without workers": {**GROUPS, "pytest.ini": "[pytest]\naddopts = --dist=loadgroup\n"},
    "one shard as a sample": github("- run: pytest --shard=1/10"),
    "another program's shards": github("- run: npx playwright test --shard=${{ matrix.shard }}/9", before=""),
    "installing is no run": github("- run: pip install pytest pytest-smartshard --shard=1/2", before=""),
    "commented out": github("- run: |\n    # pytest --shard=${{ matrix.shard }}/9\n    true", before=""),
    "collection only": github("- run: pytest --collect-only --shard=1/6 --shard-plan-out=plan", before=""),
    "a script may restore": github("- run: ./ci/restore\n- run: pytest --shard=${{ matrix.shard }}/3", before=""),
    "somebody's action may restore": github(
        before="      - uses: someone/restore-everything@v1", steps="- run: pytest --shard=${{ matrix.shard }}/3"
    ),
    "merge in an action of the repository": {
        **github(others="  merge: {steps: [{uses: ./merge}]}"),
        "merge/action.yml": "runs: {steps: [{run: smartshard merge artifacts, shell: bash}]}\n",
    },
    "pytest-cov switched off": github("- run: pytest -p no:pytest_cov --cov --cov-fail-under=9 --shard=1/2"),
    "another project's tests": {
        **github(
            "- run: pytest",
            before="      - uses: actions/checkout@v4\n        with: {repository: someone/else}",
            after="",
            others="",
        ),
        "pytest.ini": "[pytest]\naddopts = --shard=1/3 --cov --cov-fail-under=80\n",
    },
    "pytest-split's file is committed": {**github(before="", others="", after=""), ".test_durations": "{}"},
    "everything is uploaded": github(after=UPLOAD.replace(".smartshard/runs", ".")),
    "hidden files included": github(after=UPLOAD.replace("/runs", "") + "          include-hidden-files: true\n"),
    "release before hidden files were left out": github(
        after=UPLOAD.replace("/runs", "").replace("@v4", "@v4.3.6")
    ),
    "cache saved on the default branch": github(
        before=RESTORE.replace("/restore", "").replace(
            "      - uses", "      - if: github.ref_name == 'main'\n        uses"
        ),
        on="[push, pull_request]",
    ),
    "another cache": github(
        before=RESTORE
        + "      - uses: actions/cache@v4\n        with:\n          path: ~/.cache/pip\n          key: pip\n",
        on="pull_request",
    ),
    "coverage combined with relative files": {
        **github(others=COMBINE),
        **COV,
        "pyproject.toml": "[tool.coverage.run]\nrelative_files = true\n",
    },
    "coverage combined by the merge": {
        **github("- run: pytest --cov-fail-under=80 --shard=${{ matrix.shard }}/3", others=MERGE_COV),
        **COV,
        ".coveragerc": "[report]\nfail_under = 90\n",
    },
    "coverage that the merge may combine": {
        **github(others=MERGE.replace("merge .", "merge $OPTIONS .")),
        **COV,
    },
    "coverage that goes another way": github(
        "- run: COVERAGE_FILE=data pytest --cov --shard=${{ matrix.shard }}/3"
    ),
    "coverage of a run without shards": github(others=MERGE + "  whole: {steps: [{run: pytest --cov}]}\n"),
    "coverage measured, and nothing merged here": github(
        "- run: ./ci/prepare\n- run: pytest --cov --shard=${{ matrix.shard }}/3", others=""
    ),
    "limit without a report": {
        **github(UNDER_COVERAGE.partition("\n")[0]),
        ".coveragerc": "[report]\nfail_under = 90\n",
    },
    "limit taken back": {
        **github(f"{UNDER_COVERAGE} --fail-under=0"),
        ".coveragerc": "[report]\nfail_under = 90\n",
    },
    "limit of another configuration": {
        **github(f"{UNDER_COVERAGE} --rcfile=other"),
        ".coveragerc": "[report]\nfail_under = 90\n",
    },
    "limit without coverage": {**github(), ".coveragerc": "[report]\nfail_under = 90\n"},
    "loadgroup with an older pytest": {
        **GROUPS,
        "uv.lock": 'name = "pytest"\nversion = "9.1.1"\n\nname = "pytest-xdist"\nversion = "3.8.0"\n',
    },
    "loadgroup with one of two versions": {**GROUPS, "requirements.txt": "pytest==8.4.0\n"},
    "loadgroup with a bound": {**GROUPS, "pyproject.toml": "[project]\ndependencies = ['pytest>=8,<9']\n"},
    "loadgroup without groups": {**GROUPS, "test_a.py": "def test_a(): pass\n"},
    "set of numbers": parametrised("{1, 2}"),
    "set of one text": parametrised("{'a'}"),
    "sorted set": parametrised("sorted({'a', 'b'})"),
    "set that nobody knows": parametrised("set(NAMES)"),
    "no test file": {"helper.py": parametrised("{'a', 'b'}")["test_a.py"]},
    "GitLab with one dimension": gitlab(
        "parallel:\n  matrix: [{SHARD: ['1', '2']}]\n"
        f"script: [pytest --shard=$CI_NODE_INDEX/$CI_NODE_TOTAL]{textwrap.dedent(GITLAB_REST)}"
    ),
    "GitLab passes the store on": gitlab(
        "parallel: 4\nscript: [pytest --shard=auto]\nartifacts: {paths: [.smartshard/runs/]}",
        store="script: [mkdir x]\nartifacts: {paths: [.smartshard/durations/]}",
    ),
    "GitLab template from elsewhere": gitlab(
        "parallel: 4\nscript: [pytest --shard=auto]",
        include="remote: https://example.org/ci.yml",
        merge="script: [x]",
    ),
    "GitLab cache on the default branch": gitlab(
        "parallel: 4\nscript: [pytest --shard=auto]\ncache: {paths: [.smartshard/durations/]}\n"
        "artifacts: {paths: [.smartshard/runs/]}\nrules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH}]"
    ),
    "CircleCI counts for itself": circleci("pytest --shard=auto"),
    "CircleCI shifted": circleci("pytest --shard=$((CIRCLE_NODE_INDEX + 1))/$CIRCLE_NODE_TOTAL"),
    "no CI file": {"test_a.py": "def test_a(): pass\n"},
    "empty CI file": {WORKFLOW: ""},
    "CI file of another shape": {WORKFLOW: "jobs: [1, {a: b}]\non:\n"},
}


def write(root: Path, files: Mapping[str, str]) -> None:
    (root / ".git").mkdir()
    if "pytest.ini" not in files:
        (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "number"), [(code, number) for code, cases in PROVOKED.items() for number in range(len(cases))]
)
def test_a_checkout_provokes_the_finding_and_no_other(code: str, number: int, tmp_path: Path) -> None:
    case = PROVOKED[code][number]
    write(tmp_path, case.files)
    found = examine(tmp_path).findings
    assert [(one.code, str(one.spot), one.what) for one in found] == [(code, case.spot, case.what)]
    assert found[0].mend


@pytest.mark.parametrize("name", SILENT)
def test_a_near_miss_is_no_finding(name: str, tmp_path: Path) -> None:
    write(tmp_path, SILENT[name])
    assert examine(tmp_path).findings == ()


def test_every_check_is_named_once_and_has_a_case() -> None:
    codes = [check.code for check in CHECKS]
    assert sorted(codes) == sorted(set(codes)) == sorted(PROVOKED)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)+", code) for code in codes)
    assert {check.severity for check in CHECKS} == {ERROR, WARNING}


def test_the_page_has_every_code_with_its_severity_in_the_order_of_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[`([a-z-]+)`\]\(#([a-z-]+)\) \| (\w+) \|$", text, re.MULTILINE)
    assert listed == [(check.code, check.code, check.severity) for check in CHECKS]
    assert re.findall(r"^## `([a-z-]+)`$", text, re.MULTILINE) == [check.code for check in CHECKS]


def test_numbers_of_ci_systems_begin_where_the_providers_say() -> None:
    bases = {
        provider.index: provider.base for provider in PROVIDERS if provider.name not in ("Heroku CI", "Cirrus CI")
    }
    totals = {provider.index: provider.total for provider in PROVIDERS}
    assert {name: bases[name] for name in FIRST_NUMBER} == dict(FIRST_NUMBER)
    assert {totals[name] for name in FIRST_NUMBER} == TOTALS
