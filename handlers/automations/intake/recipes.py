"""Recipes: how something reports its runs, for the tool that it was made with.

Each lets the caller go on whatever becomes of the report. Which ones were run here is said in
docs/automations.md.
"""

from __future__ import annotations

from handlers.automations.profile import Tool
from handlers.kit.words import Sentence, _

CURL = "curl -fsS -m 10 --retry 3"

RECIPES: dict[Tool, tuple[str, ...]] = {
    Tool.CRON: (
        f"0 2 * * * {CURL} -o /dev/null ADDRESS/start || true; /path/to/job; "
        f"{CURL} -o /dev/null ADDRESS/$? || true",
    ),
    Tool.SYSTEMD: (
        "[Service]",
        f"ExecStartPre=-/usr/bin/{CURL} ADDRESS/start",
        "ExecStart=/path/to/job",
        # A run that a signal ended has a word instead of a number; a dollar is written twice here.
        "ExecStopPost=-/bin/sh -c 's=$${EXIT_STATUS:-fail}; "
        f"case $$s in *[!0-9]*) s=fail;; esac; {CURL} ADDRESS/$$s'",
    ),
    Tool.WINDOWS: (
        "powershell -Command \"& 'C:\\path\\job.exe'; "
        'try { Invoke-RestMethod -TimeoutSec 10 -Uri ADDRESS/$LASTEXITCODE } catch {}"',
    ),
    Tool.GITHUB: (
        "- name: Tell Lotse",
        "  if: always()",
        "  run: >",
        f'    {CURL} "${{{{ secrets.LOTSE_RUNS }}}}'
        "${{ job.status != 'success' && '/fail' || '' }}\" || true",
    ),
    Tool.EXCEL: (
        "On Error Resume Next",
        'With CreateObject("MSXML2.ServerXMLHTTP.6.0")',
        "  .setTimeouts 3000, 3000, 5000, 5000",
        '  .Open "POST", "ADDRESS", False: .send',
        "End With",
        "On Error GoTo 0",
    ),
    Tool.OTHER: (f"{CURL} ADDRESS || true",),
}
IN_WORDS: dict[Tool, Sentence] = {
    Tool.N8N: _(
        "Add an HTTP Request node at the end (POST, the address, “Continue on fail”), and another "
        "one in the error workflow to the address with /fail. Use it in the production workflow "
        "only."
    ),
    Tool.MAKE: _(
        "Add the module HTTP “Make a request” at the end (POST, the address), and one in the error "
        "route to the address with /fail."
    ),
    Tool.ZAPIER: _(
        "Add the step Webhooks by Zapier, POST, with the address, as the last one. Your plan has "
        "to include it."
    ),
    Tool.POWER: _(
        "Add the action HTTP (POST, the address) at the end, and one after a failure, to the "
        "address with /fail. The action needs a premium licence. Without one: add “Send an email” "
        "to the mailbox for runs, with the name for calls before the @; “failed” in the subject "
        "is a failure. Whoever operates Lotse knows the mailbox."
    ),
    Tool.BY_HAND: _("Whoever uses it presses “Used it” on its card."),
}


def lines(tool: str, address: str) -> tuple[str, ...]:
    """Return the lines to copy, with the address in them; empty where it is told in words."""
    known = Tool(tool) if tool in set(Tool) else Tool.OTHER
    if known in IN_WORDS:
        return ()
    return tuple(each.replace("ADDRESS", address) for each in RECIPES[known])


def words(tool: str) -> Sentence | None:
    """Return the recipe in words, for tools that are clicked together."""
    return IN_WORDS.get(Tool(tool)) if tool in set(Tool) else None
