"""Runs whose truth is known: shards that plan by stores of their own, collect all files or their own alone, die,
stop, are repeated, run what was left.

Everything goes through the real planner and real journals on disk. What happened is written down apart, for
:mod:`simulated_truth`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import strategies as st
from making import history_of
from simulated_truth import Event, History, Job, Names, rest_of

from pytest_smartshard.journal.inventory_file import inventory_text
from pytest_smartshard.journal.run_folder import inventory_name, journal_name, segment_folder
from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.model.inventory import Inventory, names_digest
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.record import (
    CollectionError,
    FinishedTest,
    JournalFooter,
    JournalHeader,
    OwnedFile,
)
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.suite import CollectedTest, ItemKey, Suite, SuiteFile
from pytest_smartshard.planning.packers.hashing import choose
from pytest_smartshard.planning.placement import shard_of
from pytest_smartshard.planning.planner import PlanOptions, make_plan

RUN = "ci-7"

Store = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A suite as one process sees it: all its test files, what is in them, and in which nothing can be collected.

    Tests of ``grouped`` files have labels, so that every shard collects these files.
    """

    files: tuple[str, ...]
    tests: Names
    broken: frozenset[str] = frozenset()
    grouped: frozenset[str] = frozenset()

    @property
    def visible(self) -> Names:
        return tuple(key for key in self.tests if key.file not in self.broken)

    def label_of(self, key: ItemKey) -> str:
        """Two groups go through all grouped files."""
        return f"xdist_group:{key.tail[-1:] in '024'}" if key.file in self.grouped else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What all jobs of a generation start from. ``rest`` are the tests that are left to be run.

    ``stores`` are two of which the second is seldom used; ``kept_plan``: all follow the plan for the files that
    are there, whatever they see.
    """

    number: int
    count: int
    checkout: Checkout
    rest: frozenset[ItemKey]
    stores: tuple[Store, Store]
    pruned: bool
    kept_plan: bool


@st.composite
def checkouts(draw: st.DrawFn) -> Checkout:
    """A few files with a few tests, or none; some names are shared by two tests."""
    names = []
    files = [f"test_{file}.py" for file in range(draw(st.integers(1, 4)))]
    for file in files:
        for test in range(draw(st.integers(1 if file == files[0] else 0, 6))):
            count = draw(st.sampled_from([1] * 9 + [2]))
            names += [ItemKey(file, f"test_{test}")] * count
    return Checkout(files=tuple(files), tests=tuple(sorted(names)))


@dataclass(slots=True)
class Simulation:
    """Draws what happens, runs it, and leaves the artifacts of each job in a folder of its own below *home*."""

    home: Path
    data: st.DataObject
    jobs: int = 0

    def segment(self, segment: Segment) -> History:
        """All that happens in one segment: a run, and up to two generations of what was left."""
        draw = self.data.draw
        history = History(segment)
        checkout = draw(checkouts())
        if draw(st.integers(0, 3)) == 0:
            checkout = replace(checkout, grouped=frozenset(checkout.files[-2:]))
        if draw(st.integers(0, 6)) == 0:
            checkout = replace(checkout, broken=frozenset(checkout.files[:1]))
        if draw(st.integers(0, 20)) == 0:  # all deselected
            checkout = replace(checkout, tests=())
        self._generation(history, 0, checkout, checkout.tests, pruned=draw(st.integers(0, 3)) > 0)
        for number in range(1, draw(st.sampled_from([1, 1, 1, 2, 3]))):
            if draw(st.integers(0, 5)) == 0:  # the checkout has moved on
                checkout = _with_file(replace(checkout, tests=checkout.tests[1:]), number)
            if draw(st.booleans()):
                checkout = replace(checkout, broken=frozenset())
            rest = rest_of(history, checkout.tests, draw(st.sampled_from(["all", "unfinished"])))
            self._generation(history, number, checkout, rest, pruned=False)
        return history

    def _generation(
        self, history: History, number: int, checkout: Checkout, rest: Names, *, pruned: bool
    ) -> None:
        draw = self.data.draw
        count = draw(st.integers(1, 4))
        generation = Generation(
            number=number,
            count=count,
            checkout=checkout,
            rest=frozenset(rest),
            stores=(self._costs(checkout), self._costs(checkout)),
            pruned=pruned,
            kept_plan=draw(st.integers(0, 3)) == 0,
        )
        for shard in range(1, count + 1):
            attempts = draw(st.sampled_from([1] * 8 + [0, 2, 2, 3]))
            for attempt in range(1, attempts + 1):
                store = generation.stores[draw(st.sampled_from([0] * 12 + [1]))]
                seen = self._seen(checkout)
                for _ in range(draw(st.sampled_from([1] * 30 + [2]))):
                    self._job(history, generation, ShardIndex(shard, count), attempt, store, seen)

    def _costs(self, checkout: Checkout) -> Store:
        """A store that does not know all tests, and knows some that are gone."""
        draw = self.data.draw
        costs: dict[str, dict[str, int]] = {}
        for file, tail in checkout.tests:
            if draw(st.integers(0, 8)):
                costs.setdefault(file, {})[tail] = draw(st.integers(100, 10_000))
        if draw(st.integers(0, 4)) == 0:
            costs.setdefault(checkout.files[-1], {})["test_gone"] = draw(st.integers(100, 10_000))
        return costs

    def _seen(self, checkout: Checkout) -> Checkout:
        """Nearly always *checkout*, else that of another commit, with generated files, other ids or imports."""
        kind = self.data.draw(st.sampled_from([""] * 50 + ["test", "file", "generated", "broken"]))
        if kind == "test":
            return replace(checkout, tests=checkout.tests[1:])
        if kind == "file" and len(checkout.files) > 1:
            gone = checkout.files[0]
            tests = tuple(key for key in checkout.tests if key.file != gone)
            return replace(checkout, files=checkout.files[1:], tests=tests, broken=checkout.broken - {gone})
        if kind == "generated":
            return _with_file(checkout, 99)
        if kind == "broken":
            return replace(checkout, broken=checkout.broken | {checkout.files[-1]})
        return checkout

    def _job(
        self,
        history: History,
        generation: Generation,
        shard: ShardIndex,
        attempt: int,
        store: Store,
        seen: Checkout,
    ) -> None:
        draw = self.data.draw
        pruned = generation.pruned and draw(st.integers(0, 40)) > 0
        plan = _plan(generation, generation.checkout if generation.kept_plan else seen, store, pruned)
        owners = {file: _owners_of(plan, file) for file in seen.files}
        collected = set(seen.files)
        if pruned:
            collected = {file for file in seen.files if file in seen.grouped or shard.number in owners[file]}
            if collected and draw(st.integers(0, 60)) == 0:  # something leaves it out
                collected.remove(draw(st.sampled_from(sorted(collected))))
        suite = tuple(key for key in seen.visible if key.file in collected)
        left = frozenset(seen.files).difference(collected)
        own = tuple(
            key
            for key in suite
            if key in generation.rest or generation.number == 0
            if _shard_of(plan, key, seen.label_of(key) if pruned else "") == shard.number
        )
        told = {file for file in collected if shard.number in owners[file]} | {key.file for key in own}
        ran = len(own) if draw(st.integers(0, 3)) else draw(st.integers(0, len(own)))
        reason: str | None = ""
        if ran < len(own):
            reason = draw(st.sampled_from([None, None, "stopping after 1 failures", "interrupted"]))
        elif draw(st.integers(0, 12)) == 0:
            reason = None
        if reason is None and draw(st.integers(0, 5)) == 0:  # killed while it wrote its first lines
            told = set(draw(st.lists(st.sampled_from(sorted(told)), unique=True))) if told else told
            own, ran = tuple(key for key in own if key.file in told), 0
            seen = replace(seen, broken=frozenset())
            collected &= told | {key.file for key in suite}
        inventory = Inventory.of(suite, left)
        self.jobs += 1
        job = Job(
            number=self.jobs,
            generation=generation.number,
            shard=shard,
            attempt=attempt,
            digest=plan.digest,
            pruned=pruned,
            files=seen.files,
            collected=frozenset(collected),
            left=left,
            suite=suite,
            own=own,
            owners={file: owners[file] for file in told},
            broken=seen.broken & collected,
            inventory=inventory.digest,
            reason=reason,
        )
        history.jobs.append(job)
        outcomes = draw(
            st.lists(st.sampled_from(["passed"] * 9 + ["failed", "crashed"]), min_size=ran, max_size=ran)
        )
        tests = [
            FinishedTest(key=key, stored_tail=key.tail, outcome=outcome, call=1_000)
            for key, outcome in zip(own, outcomes, strict=False)
        ]
        history.events += [
            Event(generation.number, shard, job.number, attempt, test.key, test.outcome) for test in tests
        ]
        self._leave(history.segment, job, tests, inventory)

    def _leave(self, segment: Segment, job: Job, tests: Sequence[FinishedTest], inventory: Inventory) -> None:
        """The artifact of a job, as the recorder writes it; where it died, perhaps with a torn last line."""
        folder = segment_folder(self.home / f"job-{job.number}", RUN, segment)
        identity = RunIdentity(run=RUN, generation=job.generation, attempt=job.attempt)
        header = JournalHeader(
            segment=segment,
            identity=identity,
            shard=job.shard,
            digest=job.digest,
            collection=names_digest(job.files) if job.pruned else inventory.digest,
            inventory=inventory.digest,
            pruned=job.pruned,
            started=1_000.0 + job.number,
            selected=len(job.own),
        )
        path = folder / journal_name(identity, job.shard)
        errors = [CollectionError(node=file, details="") for file in sorted(job.broken)]
        with JournalWriter(path, header, _owned_files(job), errors) as writer:
            for test in tests:
                writer.begin(test.key)
                writer.add(test)
            if len(tests) < len(job.own) and job.reason != "stopping after 1 failures":
                writer.begin(job.own[len(tests)])
            if job.reason is not None:
                red = bool(errors) or any(test.outcome != "passed" for test in tests)
                writer.finish(
                    JournalFooter(
                        exit_code=2 if job.reason else int(red), ran=len(tests), seconds=1.0, reason=job.reason
                    )
                )
        if job.reason is None and self.data.draw(st.booleans()):
            with open(path, "ab") as file:
                file.write(b'{"kind":"test","file":"tes')
        if self.data.draw(st.integers(0, 12)):
            (folder / inventory_name(inventory.digest)).write_text(inventory_text(inventory), "ascii")


def _with_file(checkout: Checkout, number: int) -> Checkout:
    """The same with one file more."""
    name = f"test_new_{number}.py"
    return replace(
        checkout,
        files=tuple(sorted({*checkout.files, name})),
        tests=tuple(sorted([*checkout.tests, ItemKey(name, "test_0")])),
    )


def _plan(generation: Generation, seen: Checkout, store: Store, pruned: bool) -> Plan:
    """Of a pruned run the files are planned; else the tests that are left to be run."""
    files: dict[str, list[CollectedTest]] = {file: [] for file in seen.files} if pruned else {}
    for key in () if pruned else seen.visible:
        if key in generation.rest or generation.number == 0:
            files.setdefault(key.file, []).append(CollectedTest(key.tail))
    digest = names_digest(map(str, sorted((file, sorted(tests.items())) for file, tests in store.items())))
    suite = Suite(files=tuple(SuiteFile(key=file, tests=tuple(files[file])) for file in sorted(files)))
    return make_plan(suite, history_of(store, digest=digest), PlanOptions(shards=generation.count)).plan


def _owners_of(plan: Plan, file: str) -> tuple[int, ...]:
    return plan.owners.get(file) or (1 + choose(file, plan.shards),)


def _shard_of(plan: Plan, key: ItemKey, label: str) -> int:
    return shard_of(plan, key.file, CollectedTest(key.tail, together=label))


def _owned_files(job: Job) -> Iterable[OwnedFile]:
    for file in sorted(job.owners):
        tails = [key.tail for key in job.tests_of(file)]
        yield OwnedFile(
            file=file,
            collected=len(tails),
            collected_digest=names_digest(tails),
            remaining=len(tails),
            remaining_digest=names_digest(tails),
            selected=tuple(tail for key, tail in job.own if key == file),
            owners=job.owners[file],
        )


def scattered(folder: Path, seed: int) -> list[Path]:
    """The artifacts in some order, some of them twice."""
    paths = sorted(folder.iterdir())
    chosen = random.Random(seed)
    paths += chosen.sample(paths, len(paths) // 3)
    chosen.shuffle(paths)
    return paths
