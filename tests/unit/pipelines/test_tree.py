"""YAML as texts with lines, and what a file may not do to its reader."""

from __future__ import annotations

import pytest

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.pipelines.tree import (
    MOST_BYTES,
    as_block,
    as_env,
    as_items,
    as_paths,
    as_text,
    as_texts,
    parse_yaml,
)


def refusal(raw: bytes) -> str:
    with pytest.raises(UnusableFile) as caught:
        parse_yaml(raw, "ci.yml")
    return str(caught.value)


def test_scalars_stay_the_texts_that_they_are() -> None:
    tree = parse_yaml(b"on: [push]\npython: [3.10, 0o7, yes]\nnothing:\nempty: ''\n", "ci.yml")
    assert list(tree) == ["on", "python", "nothing", "empty"]
    assert as_texts(tree["python"]) == ["3.10", "0o7", "yes"]
    assert as_text(tree["nothing"]) == as_text(tree["empty"]) == ""


def test_texts_keys_and_lists_know_their_lines() -> None:
    tree = parse_yaml(b"a:\n  - b\n  - |\n    c\n    d\n", "ci.yml")
    first, second = as_texts(tree["a"])
    assert (tree.lines["a"], first.line, second.line) == (1, 2, 4)


def test_aliases_merge_keys_and_unknown_tags_work() -> None:
    lines = ["base: &base {a: 1, b: 2}", "other: {<<: *base, b: 3}", "list: {<<: [*base, {c: 4}]}"]
    lines += ["ref: !reference [x, y]", "odd: !x z"]
    tree = parse_yaml("\n".join(lines).encode(), "ci.yml")
    assert as_env(tree["other"]) == {"a": "1", "b": "3"}
    assert as_env(tree["list"]) == {"a": "1", "b": "2", "c": "4"}
    assert as_items(tree["ref"]).is_reference
    assert as_text(tree["odd"]) == "z"


def test_no_tag_is_acted_upon() -> None:
    tree = parse_yaml(b"a: !!python/object/apply:os.getcwd []\n", "ci.yml")
    assert as_items(tree["a"]) == []


def test_the_last_document_counts_and_a_list_stands_for_steps() -> None:
    assert as_env(parse_yaml(b"spec: {}\n---\na: b\n", "ci.yml")) == {"a": "b"}
    assert as_texts(parse_yaml(b"- a\n- b\n", "ci.yml")["steps"]) == ["a", "b"]
    assert parse_yaml(b"text", "ci.yml") == parse_yaml(b"", "ci.yml") == {}


def test_what_makes_no_sense_is_refused() -> None:
    assert refusal(b"a: [1\nb: 2\n") == "ci.yml: is no YAML (line 2)"
    assert refusal(b"a: \xff\n") == "ci.yml: is no YAML"
    assert refusal(b"a: &a [*a]\n") == "ci.yml: is no CI file (an alias within itself)"
    assert refusal(b"#" * (MOST_BYTES + 1)) == "ci.yml: is larger than 512 KiB"
    assert refusal(b"[" * 5000).startswith("ci.yml: is no ")


def test_aliases_cannot_make_a_file_larger_than_any() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert refusal("\n".join(lines).encode()) == "ci.yml: is no CI file (its aliases repeat too much)"


def test_paths_may_be_lines_or_lists() -> None:
    tree = parse_yaml(b"a: |\n  x\n\n  y\nb: [x, [y]]\nc: x\n", "ci.yml")
    assert [as_paths(tree[name]) for name in "abc"] == [("x", "y"), ("x", "y"), ("x",)]
    assert as_paths(as_block(None).get("d")) == ()
