"""The command that plays every long proof: what it adds up, and where it writes it."""

from __future__ import annotations

import importlib.util
import re

import pytest

from tests import nightly
from tests.nightly import PROOFS, SEED, SIZES, Proof, Total

KILLS = next(each for each in PROOFS if each.module == "tests.delivery.kill")


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_each_proof_is_there_and_is_larger_the_longer_it_may_run(proof: Proof) -> None:
    assert importlib.util.find_spec(proof.module) is not None
    for size in SIZES:
        assert all(isinstance(each, str) for each in proof.options(size))
    if SEED in proof.soak:
        assert SEED in proof.smoke and SEED in proof.nightly, "a seed plays the same again"


def test_numbers_of_rounds_are_added_and_of_times_the_longest_counts() -> None:
    fleet = next(each for each in PROOFS if each.module == "tests.delivery.fleet")
    said = ["      20  kills", "     512  ms p99", "      30  kills", "     400  ms p99", "noise"]
    assert nightly.summed(fleet, said) == "50 kills, 512 ms p99"
    machine = next(each for each in PROOFS if each.module == "tests.operations.machine")
    assert nightly.summed(machine, ["500 stories: every promise held.", ""]).startswith("500")


def test_each_number_of_the_table_names_proofs_that_there_are() -> None:
    rows = nightly.PAGE.read_text("utf-8").partition("## Each number")[2].partition("## What")[0]
    cells = [line.strip("| ").split(" | ") for line in rows.splitlines() if line[:1] == "|"][2:]
    assert len(cells) == 16 and all(len(each) == 4 for each in cells)
    names = {each.name for each in PROOFS}
    for number, *_sizes, proof in cells:
        said, files = re.findall(r"\*(.+?)\*", proof), re.findall(r"`(tests/.+?)`", proof)
        assert set(said) <= names, number
        assert all((nightly.ROOT / each).exists() for each in files), number
        assert said or files or proof in ("the same", "none yet"), number


def total(name: str = KILLS.name, said: str = "3 kills", *, kept: bool = True) -> Total:
    return Total(name, said, kept, 1.5, nightly.played("soak", 7))


def test_the_table_says_what_was_played_and_what_was_not_kept() -> None:
    (row,) = nightly.table([total(kept=False)]).splitlines()[2:]
    assert row.startswith(f"| {KILLS.name} | 3 kills | **not kept** | 1.5 | *soak*, seed 7, ")
    assert "commit " in row and "cores" in row


def test_what_is_played_alone_leaves_the_others_as_they_were() -> None:
    other = PROOFS[-1].name
    page = nightly.put(
        f"{nightly.BEGIN}{nightly.END}", nightly.table([total(other), total(said="2 kills")])
    )
    before = nightly.on(page)
    assert [each.name for each in before] == [other, KILLS.name]
    assert not nightly.on(nightly.put(page, nightly.table([total(kept=False)])))[0].kept
    whole = nightly.together(before, [total(said="9 kills"), total("a proof of before")])
    assert [(each.name, each.said) for each in whole] == [
        (KILLS.name, "9 kills"), (other, "3 kills"),
    ]  # fmt: skip


def test_what_stands_on_the_page_is_read_again() -> None:
    page = nightly.PAGE.read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and "seed" in line]
    assert [each.row for each in nightly.on(page)] == rows and rows


def test_the_totals_take_their_place_on_the_page_and_nothing_else() -> None:
    for path in (nightly.PAGE, nightly.FRONT):
        page = path.read_text("utf-8")
        once = nightly.put(page, "x")
        assert nightly.put(once, "x") == once and once.count(nightly.BEGIN) == 1
        assert once.partition(nightly.BEGIN)[0] == page.partition(nightly.BEGIN)[0]
        assert once.partition(nightly.END)[2] == page.partition(nightly.END)[2]


def test_the_sum_adds_up_what_is_the_same() -> None:
    said = ("3 kills, 90 answered", "2 kills, 5 answered with success, 1 doubled")
    text = nightly.summary([total(said=each) for each in said])
    assert "5 processes killed" in text and "95 commands answered" in text
    assert "0 lost, 1 doubled; 2 of 2 proofs that were played kept every promise" in text
