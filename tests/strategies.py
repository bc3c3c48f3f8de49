"""Hypothesis strategies that several tests share: suites, histories, options, journals."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from pytest_smartshard.choices import PACKERS, SCOPES
from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.record import (
    OUTCOMES,
    FinishedTest,
    Journal,
    JournalFooter,
    JournalHeader,
    OwnedFile,
)
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.model.suite import CollectedTest, ItemKey, Suite, SuiteFile, function_of
from pytest_smartshard.planning.planner import PlanOptions

SEGMENT = Segment("app", "linux-3.12")

any_text = st.text(
    st.one_of(
        st.sampled_from("[]:/.\\\"'@ \n\r\t\x00-"),
        st.characters(exclude_categories=["Cs"]),
        # What an undecodable byte becomes. Halves that could meet and form a pair are another text to JSON.
        st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"]),
    ),
    max_size=12,
)
"""Text as a test id may hold it."""

names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9_])?", fullmatch=True)
"""Safe names, as of segments and runs."""

_folders = st.sampled_from(["", "tests/", "tests/a/", "tests/a/b/", "b[1]/", "pkg.tests.", "../other/", "ü ü/"])
_base_names = st.sampled_from(["test_a", "test_b", "test_c"])

file_keys = st.builds(
    lambda folder, name: f"{folder}{name}" if folder.endswith(".") else f"{folder}{name}.py",
    _folders,
    _base_names,
)
"""Paths and dotted modules: few, so that base names meet."""

_functions = st.builds(
    lambda classes, function: f"{classes}{function}",
    st.sampled_from(["", "", "TestA::", "TestB::", "TestA::TestIn::"]),
    st.sampled_from(["test_a", "test_b", "test_c", "test_d"]),
)
_odd_tails = st.sampled_from(["", "README.md", "FLAKE8", "[x]", "::"])
_parameters = st.one_of(st.sampled_from(["1", "2", "x::y", "][", "a[b]::c", "", "obj0"]), any_text)

STABLE, POSITIONAL, UNSTABLE, MIXED = range(4)


def _tests_of(function: str, kind: int, parameters: list[tuple[str, str]], label: str) -> list[CollectedTest]:
    if not parameters:
        return [CollectedTest(function, together=label)]
    return [
        CollectedTest(
            f"{function}[{parameter}]",
            together=own_label,
            unstable=kind == UNSTABLE or (kind == MIXED and place % 2 == 0),
            positional=kind == POSITIONAL,
        )
        for place, (parameter, own_label) in enumerate(parameters)
    ]


def _functions_with_tests(*, plain: bool) -> st.SearchStrategy[list[list[CollectedTest]]]:
    kinds = [STABLE] if plain else [STABLE, STABLE, POSITIONAL, UNSTABLE, MIXED]
    labels = st.sampled_from([""] if plain else ["", "", "", "mark:x", "mark:y", "test_a"])
    return st.lists(
        st.builds(
            _tests_of,
            _functions,
            st.sampled_from(kinds),
            st.lists(st.tuples(_parameters, labels), max_size=4),
            labels,
        ),
        max_size=5,
        unique_by=lambda tests: function_of(tests[0].tail),
    )


def _file_of(key: str, size: int, functions: list[list[CollectedTest]], odd: list[str], twice: bool) -> SuiteFile:
    tests = [*itertools.chain(*functions), *map(CollectedTest, odd)]
    if twice:
        tests += tests[:1]  # Two tests with one node id happen with several root folders.
    return SuiteFile(key=key, size=size, tests=tuple(tests))


def suite_files(*, plain: bool) -> st.SearchStrategy[SuiteFile]:
    """A file with its tests; a *plain* one has no labels, and parameter ids that are stable."""
    return st.builds(
        _file_of,
        file_keys,
        st.sampled_from([0, 1, 500, 10**9]),
        _functions_with_tests(plain=plain),
        st.lists(_odd_tails, max_size=2),
        st.booleans(),
    )


def suites(*, plain: bool = False, min_files: int = 0) -> st.SearchStrategy[Suite]:
    return st.lists(
        suite_files(plain=plain), min_size=min_files, max_size=5, unique_by=lambda file: file.key
    ).map(lambda files: Suite(files=tuple(sorted(files, key=lambda file: file.key))))


costs = st.one_of(st.sampled_from([1, 100, 1_000, 1_000_000, 10**15]), st.integers(1, 10**6))


_GHOSTS = ("test_a", "TestGone::test_z", "test_a[1]", "", "test_b[0x7f]")

WHOLE, SOME, MOVED, UNKNOWN = range(4)

_fates = st.tuples(
    st.sampled_from([WHOLE, SOME, SOME, MOVED, UNKNOWN]),
    # Which of the tests and ghosts are known, and at what cost; one strategy for all, because making one is slow.
    st.lists(st.tuples(st.integers(0, 30), costs), min_size=1, max_size=8),
)
_ghost_files = st.lists(st.tuples(file_keys, costs), max_size=2)


def _file_history(found: dict[str, int], needing: Sequence[int] = ()) -> FileHistory:
    tails = sorted(found)
    needing = [needing[place % len(needing)] for place in range(len(tails))] if needing else []
    return FileHistory(tails, [found[tail] for tail in tails], [], _NEEDS if needing else (), needing)


_NEEDS = (
    (),
    ("module db",),
    ("class TestA db", "module db", "session db"),
    ("package tests db[0]", "session db"),
    ("module unmeasured", "together mark:x"),
    ("together mark:x", "together test_a"),
)
"""What tests may need: the costs of some of it are known, and some of it is only a label."""

_shared_costs = st.one_of(st.sampled_from([0, 1, 100, 1_000_000]), st.integers(1, 10**6))
_shared_names = st.sampled_from(["collect", "collect cold", "module db", "class TestA db"])
_wide_names = st.sampled_from(["start-up", "each test", "session db", "package tests db[0]"])
_needing = st.lists(st.integers(0, len(_NEEDS) - 1), max_size=4)


def shared_histories(names: st.SearchStrategy[str]) -> st.SearchStrategy[FileHistory]:
    """Shared costs of one place."""
    return st.dictionaries(names, _shared_costs, max_size=4).map(_file_history)


@st.composite
def histories(draw: st.DrawFn, suite: Suite, *, sharing: bool = True) -> History:
    """Empty, whole, stale, with ghosts, with files that moved or went: anything that planning may be given.

    *sharing*: half of them know shared costs, of these and of other files.
    """
    files: dict[str, FileHistory] = {}
    sharing = sharing and draw(st.booleans())
    for file in suite.files:
        fate, chosen = draw(_fates)
        tails = [test.stored_tail for test in file.tests] + [test.tail for test in file.tests]
        if fate == WHOLE and tails:
            in_turn = itertools.cycle([cost for _, cost in chosen])
            files[file.key] = _file_history(
                {tail: next(in_turn) for tail in tails}, draw(_needing) if sharing else ()
            )
        elif fate != UNKNOWN:
            candidates = [*tails, *_GHOSTS]
            key = f"gone/{file.key.rpartition('/')[2]}" if fate == MOVED else file.key
            files[key] = _file_history(
                {candidates[place % len(candidates)]: cost for place, cost in chosen},
                draw(_needing) if sharing else (),
            )
    for key, cost in draw(_ghost_files):
        files[f"ghosts/{key}"] = _file_history({"test_a": cost, "test_b": cost})
    if not draw(st.sampled_from([True, True, True, False])):
        files = {}
    shared: dict[str, FileHistory] = {}
    if sharing:
        places = (
            draw(st.sets(st.sampled_from([*files, *(file.key for file in suite.files)]))) if suite.files else ()
        )
        shared = {place: draw(shared_histories(_shared_names)) for place in sorted(places)}
        shared[""] = draw(shared_histories(_wide_names))
    return History(files=files, shared=shared, digest=draw(st.sampled_from(["none", "0a1b2c3d4e5f"])))


shard_counts = st.one_of(st.integers(1, 8), st.integers(1, 300), st.sampled_from([1, 2, 300]))


def plan_options(
    *, packers: st.SearchStrategy[str] | None = None, lanes: st.SearchStrategy[int] | None = None
) -> st.SearchStrategy[PlanOptions]:
    return st.builds(
        PlanOptions,
        shards=shard_counts,
        lanes=st.integers(1, 4) if lanes is None else lanes,
        packer=st.sampled_from(PACKERS) if packers is None else packers,
        scope=st.sampled_from(SCOPES),
        selection=st.sampled_from(["all", "1f2e3d4c"]),
        version=st.just("1.0"),
    )


def as_another_process_sees(suite: Suite, shuffled: Sequence[int]) -> Suite:
    """The same suite with tests in another order and other ids of unstable parameters."""
    files = []
    for file in suite.files:
        renamed = [
            test._replace(tail=f"{function_of(test.tail)}[<object at 0x{place:012x}>]") if test.unstable else test
            for place, test in enumerate(file.tests, start=sum(shuffled))
        ]
        order = sorted(range(len(renamed)), key=lambda place: (shuffled[place % len(shuffled)], -place))
        files.append(replace(file, tests=tuple(renamed[place] for place in order)))
    return Suite(files=tuple(files))


durations = st.one_of(st.sampled_from([0, 1, 14, 15, 999_500, 10**15]), st.integers(0, 10**9))

finished_tests = st.builds(
    lambda file, tail, stored, **rest: FinishedTest(
        key=ItemKey(file, tail), stored_tail=tail if stored is None else stored, **rest
    ),
    file=any_text,
    tail=any_text,
    stored=st.none() | any_text,
    outcome=st.sampled_from(OUTCOMES),
    setup=durations,
    call=durations,
    teardown=durations,
    cpu=st.none() | durations,
    memory=st.none() | durations,
    predicted=durations,
    reruns=st.integers(0, 3),
    lane=st.sampled_from(["", "gw0", "gw12"]),
    details=any_text,
    nodeid=any_text,
    shared=st.lists(st.builds(SharedTime, any_text, any_text, durations, durations), max_size=3).map(tuple),
    limit=durations,
)

limits = st.builds(
    Limit,
    microseconds=durations,
    samples=st.integers(0, 100),
    slowest=durations,
    scope=any_text,
    shared=durations,
    slowness=st.floats(1, 10),
)

need_sets = st.sets(
    st.sampled_from(["session db", "module a", "class TestA c[1]", "together x"]), max_size=3
).map(lambda names: tuple(sorted(names)))


def _with_needs(owned: OwnedFile, needs: list[tuple[str, ...]], places: list[int]) -> OwnedFile:
    tests = len(owned.selected or ())
    needing = [places[test % len(places)] % len(needs) for test in range(tests)] if needs and places else []
    return replace(owned, needs=tuple(needs), needing=tuple(needing))


_plain_files = st.builds(
    OwnedFile,
    file=any_text,
    collected=st.integers(0, 10**6),
    collected_digest=names,
    remaining=st.integers(0, 10**6),
    remaining_digest=names,
    selected=st.lists(any_text, max_size=5).map(tuple),
    owners=st.sets(st.integers(1, 99_999), max_size=3).map(lambda owners: tuple(sorted(owners))),
    collecting=st.none() | durations,
    cold=st.booleans(),
    is_first=st.booleans(),
)

owned_files = st.builds(
    _with_needs, _plain_files, st.lists(need_sets, max_size=3), st.lists(st.integers(0, 9), max_size=5)
)

seconds = st.floats(0, 10**10, allow_nan=False).map(lambda value: round(value, 6))


@st.composite
def journal_headers(draw: st.DrawFn) -> JournalHeader:
    count = draw(shard_counts)
    texts = st.dictionaries(any_text, any_text, max_size=3)
    collection = draw(st.just("") | names)
    return JournalHeader(
        segment=Segment(draw(names), draw(names), draw(names)),
        identity=RunIdentity(
            run=draw(names), generation=draw(st.integers(0, 9)), attempt=draw(st.integers(1, 99))
        ),
        shard=ShardIndex(draw(st.integers(1, count)), count),
        digest=draw(names),
        started=draw(seconds),
        selected=draw(st.integers(0, 10**6)),
        predicted=draw(durations),
        known=draw(durations),
        lanes=draw(st.integers(1, 64)),
        plan=draw(any_text),
        collection=collection,
        inventory=draw(names if not collection else st.just(collection) | names),
        pruned=draw(st.booleans()),
        start_up=draw(durations),
        store=draw(names),
        basis=draw(names),
        options=draw(texts),
        versions=draw(texts),
        coverage=draw(st.booleans()),
        fail_under=draw(st.floats(0, 100)),
        junit=draw(texts),
    )


footers = st.builds(
    JournalFooter,
    exit_code=st.integers(0, 255),
    ran=st.integers(0, 10**6),
    seconds=seconds,
    reason=any_text,
    each_test=durations,
    each_test_of=st.dictionaries(any_text, durations, max_size=3),
)

_few_names = st.sampled_from(["session db", "module a", "class TestA c[1]"])
_paid = st.builds(
    lambda name, setup, teardown: SharedTime(
        "tests/test_a.py" if "session" not in name else "", name, setup, teardown
    ),
    _few_names,
    durations,
    st.sampled_from([0, 0, 5, 10**6]),
)

_few_tests = st.builds(
    lambda tail, outcome, call, reruns, shared: FinishedTest(
        key=ItemKey("tests/test_a.py" if tail < "m" else "tests/test_b.py", tail),
        stored_tail=tail,
        outcome=outcome,
        call=call,
        reruns=reruns,
        shared=tuple(shared),
    ),
    tail=st.sampled_from(["a", "b", "c", "x", "y"]),
    outcome=st.sampled_from(["passed", "passed", *OUTCOMES]),
    call=durations,
    reruns=st.sampled_from([0, 0, 0, 1]),
    shared=st.just(()) | st.lists(_paid, max_size=2),
)


_agreements = st.sampled_from([("d1", "c1"), ("d1", "c1"), ("d1", "c1"), ("d2", "c1"), ("d1", "c2")])

_measured = st.tuples(
    st.sampled_from([0, 1, 200_000, 10**15]),  # start-up
    st.sampled_from([0, 150]),  # each test
    # of each file: seconds to collect it, whether its rewritten form was absent, whether it was the first
    st.lists(
        st.tuples(st.integers(0, 10**6), st.booleans(), st.sampled_from([False, False, True])),
        min_size=4,
        max_size=4,
    ),
    st.lists(need_sets, min_size=3, max_size=3, unique=True),
)
"""What a journal knows of shared costs."""

_places = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 1]),  # generation
        st.integers(1, 2),  # attempt
        st.integers(0, 2),  # shard, modulo their number
        st.sampled_from([9, 9, 9, 9, 0, 1]),  # how many of its tests it finished
        _agreements,
        st.integers(1, 3),  # lanes
        _measured,
    ),
    min_size=1,
    max_size=4,
)

_runs = st.tuples(
    st.integers(1, 3),
    st.lists(_few_tests, max_size=6),
    _places,
    # Whether it measured shared costs, and which files it collected.
    st.none() | st.lists(st.booleans(), min_size=4, max_size=4),
)


def _with_shared_costs(
    journal: Journal, own: Sequence[FinishedTest], measured: tuple[Any, ...], there: Sequence[bool]
) -> Journal:
    """What a shard says that measured them; in two of its files there is no test at all."""
    start_up, each_test, collected, needs = measured
    names = ["tests/test_a.py", "tests/test_b.py", "tests/test_none.py", "tests/test_nor.py"]
    files = []
    for name, (collecting, cold, is_first), is_there in zip(names, collected, there, strict=True):
        tails = tuple(sorted(test.stored_tail for test in own if test.key.file == name))
        files.append(
            OwnedFile(
                file=name,
                collected=len(tails),
                collected_digest="d",
                remaining=len(tails),
                remaining_digest="d",
                selected=tails,
                collecting=collecting if is_there else None,
                cold=cold,
                is_first=is_first,
                needs=tuple(needs),
                needing=tuple(ord(tail) % len(needs) for tail in tails),
            )
        )
    return replace(
        journal,
        header=replace(journal.header, start_up=start_up),
        files=tuple(files),
        footer=journal.footer
        and replace(
            journal.footer, each_test=each_test, each_test_of={} if start_up % 2 else {names[0]: each_test}
        ),
    )


@st.composite
def journal_sets(draw: st.DrawFn, *, max_runs: int = 6) -> list[Journal]:
    """Journals of several runs of one segment: attempts, generations, shards that are missing or unfinished.

    All journals of a run have one start, and no two runs have the same. How old a run is follows from its
    earliest journal; before that one is there, its age is provisional, and then what is newest, and so what
    is dropped, may be judged otherwise than with all journals at hand. Shards of one run start within minutes
    and runs of one segment are seldom nearer to one another, so the laws are stated for that.

    All shards of a run have their share of the same tests, and know of the same shared costs. If a run that was
    complete turned out to have one more, in another attempt that collected other tests, it would have dropped
    what older runs knew of that test.
    """
    journals: dict[str, Journal] = {}
    for number, (count, tests, places, there) in enumerate(draw(st.lists(_runs, min_size=1, max_size=max_runs))):
        for generation, attempt, place, most, (digest, collection), lanes, measured in places:
            shard = ShardIndex(place % count + 1, count)
            own = [test for test in tests if ord(test.key.tail) % count == shard.number - 1]
            ran = [test._replace(call=test.call + attempt) for test in own[:most]]
            header = JournalHeader(
                segment=SEGMENT,
                identity=RunIdentity(run=f"r{number}", generation=generation, attempt=attempt),
                shard=shard,
                digest=digest,
                started=1_000_000.0 + number * 1_000,
                selected=len(own),
                lanes=lanes,
                collection=collection,
            )
            footer = JournalFooter(exit_code=0, ran=len(ran), seconds=1.0) if most else None
            path = f"{number}-{generation}-{shard.number}-{attempt}"
            journal = Journal(path=path, header=header, tests=tuple(ran), footer=footer)
            journals[path] = journal if there is None else _with_shared_costs(journal, own, measured, there)
    return draw(st.permutations(list(journals.values())))
