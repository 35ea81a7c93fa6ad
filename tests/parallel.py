"""How the tests are spread over the cores (`make test`): file by file, the longest work first.

A file stays together, so that what its tests share is made once. Tests in one `xdist_group`
stay together too, in whatever files they stand: those that need a browser would fight for it.
"""

from __future__ import annotations

from collections import Counter

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling


class ByFile(LoadGroupScheduling):  # type: ignore[misc]
    """Hands out whole groups, and whole files of what is in no group."""

    def _split_scope(self, nodeid: str) -> str:
        group: str = super()._split_scope(nodeid)
        return group.partition("::")[0]


@pytest.hookimpl(optionalhook=True)  # also where xdist is left out
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile | None:
    """Take our own scheduler with `--dist loadgroup`, which alone knows the groups."""
    if config.option.dist != "loadgroup":
        return None
    config.option.loadscopereorder = False  # the order is that of the items
    return ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put first, in parallel only, what takes longest: groups, then files with slow tests."""
    if hasattr(config, "workerinput"):
        places = order(items)
        items.sort(key=lambda each: places[of(each)])


def of(item: pytest.Item) -> str:
    """Return what the test stays together with."""
    mark = item.get_closest_marker("xdist_group")
    return f"@{mark.args[0]}" if mark else item.nodeid.partition("::")[0]


def order(items: list[pytest.Item]) -> dict[str, int]:
    """Return the place of each group and file in the queue."""
    tests = Counter(of(each) for each in items)
    slow = Counter(of(each) for each in items if each.get_closest_marker("slow"))
    ranked = sorted(tests, key=lambda name: (name[0] != "@", -slow[name], -tests[name], name))
    return {name: at for at, name in enumerate(ranked)}
