"""What Prometheus reads: of every automation, and of nobody."""

from __future__ import annotations

from storage.automations import COLUMNS, Automation, _automation
from storage.engine import Tx


def everything(tx: Tx) -> list[tuple[str, Automation, dict[str, int]]]:
    """Return workspace, automation and its runs by result. Looks across workspaces."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for row in tx.rows(
        """
        select workspace, automation, kind, sum(count) as n from automation_days
        group by workspace, automation, kind
        """
    ):
        sums.setdefault((row["workspace"], row["automation"]), {})[row["kind"]] = int(row["n"])
    found = []
    for row in tx.rows(
        f"""
        select workspace, {COLUMNS} from automations where state = 'active'
        order by workspace, slug, id
        """
    ):
        workspace = row.pop("workspace")
        each = _automation(row)
        found.append((workspace, each, sums.get((workspace, each.id), {})))
    return found
