"""python -m bot [all | serve | work | migrate | doctor | …]: start Lotse, or look after it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from bot import app, serving
from bot.config import BadSettings, Settings
from bot.delivery.platform import Refused
from bot.operations import command_line, logs
from bot.serving import CannotListen
from handlers.kit.words import LANGUAGES
from storage.engine import StorageError, opening

COMMANDS = {
    "all": "everything in one process (the default)",
    "serve": "only the web part",
    "work": "only the worker",
    "chat": "a chat in the terminal",
    "migrate": "bring the database up to date",
    "manifest": "write the app manifest that a platform wants",
    "doctor": "look whether everything is in order, and say what to do next",
    "key": "make a key that tokens are sealed with",
    "reseal": "seal every token with the newest key",
    "docs": "write the generated pages",
    "ping": "run a command and report it as a run of an automation",
    "manager": "name who manages Lotse: manager add NAME, manager remove NAME, manager list",
    "retention": "show what is kept, and what would go by a day; nothing changes",
    "register": "write the register of automations, as CSV or Markdown",
    **command_line.COMMANDS,
}


SAME = "same"  # stands for the address that another option gives


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and the settings, and do it; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.what in ("manifest", "doctor", "key"):  # they help before the settings fit
        return _advise(options, parser)
    if options.what == "ping":
        from bot import ping

        return ping.run(options.name, options.command, options.items)
    logs.begin(as_json=os.environ.get("LOTSE_LOG") == "json")
    try:
        settings = Settings.from_env()
        status = _do(options, settings)
        sys.stdout.flush()  # a reader that is gone is noticed here, and not at the very end
        return status
    except BadSettings as mistakes:
        print(f"Some settings do not fit:\n{mistakes}", file=sys.stderr)
    except (StorageError, CannotListen, Refused) as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:  # whoever reads has read enough, as `| head` does
        _hush()
    except OSError as error:
        print(f"Lotse could not start: {error.strerror or error}.", file=sys.stderr)
    return 1


def _hush() -> None:
    """Let nothing be written any more to whom nobody reads."""
    with contextlib.suppress(OSError, ValueError):  # no real file, as in a test
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Lotse, the harbour pilot.")
    _demo_options(parser, default=False)
    commands = parser.add_subparsers(dest="what", metavar="command", title="commands")
    parser.set_defaults(what="all")
    for name, about in COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about)
        if name in ("all", "chat"):
            # What stood before the command is not taken back by what is missing behind it.
            _demo_options(command, default=argparse.SUPPRESS)
        if name == "manifest":
            _manifest_options(command)
        if name == "ping":
            command.add_argument("name", help="its name for calls, or its whole address")
            command.add_argument("--items", type=int, help="how much it did; 0 is nothing")
            command.add_argument("command", nargs="*", help="what to run, behind --")
        command_line.add_options(name, command)
        if name == "manager":
            _manager_options(command)
        if name == "retention":
            command.add_argument(
                "--by", type=command_line.day, help="a day such as 2027-01-31, else tonight"
            )
            command.add_argument("--workspace", default="", help="which company: its id")
        if name == "register":
            command.add_argument("--csv", action="store_true", help="as CSV instead of Markdown")
            command.add_argument("--ai", action="store_true", help="only those that use AI")
    return parser


def _demo_options(parser: argparse.ArgumentParser, *, default: bool | str) -> None:
    for name, about in (
        ("--empty", "start the demo without an example"),
        ("--fresh", "start the demo over again"),
    ):
        parser.add_argument(name, action="store_true", default=default, help=about)


def _manager_options(parser: argparse.ArgumentParser) -> None:
    from bot import managers

    parser.add_argument("way", choices=managers.WAYS, help="what to do")
    parser.add_argument("who", nargs="?", default="", help="a name, or an identity: slack:T1:U1")
    parser.add_argument(
        "--workspace", default="", help="which company, where there are several: its id"
    )


def _manifest_options(parser: argparse.ArgumentParser) -> None:
    platforms = parser.add_subparsers(dest="platform", metavar="platform", required=True)
    slack = platforms.add_parser("slack", help="Slack's app manifest, to be put in there")
    teams = platforms.add_parser("teams", help="the app package for Microsoft Teams, a zip")
    for each in (slack, teams):
        each.add_argument(
            "--lang", choices=LANGUAGES, default="en", help="the language of its commands and texts"
        )
    ways = slack.add_mutually_exclusive_group()
    ways.add_argument(
        "--socket", action="store_true", help="Socket Mode: no public address is needed"
    )
    ways.add_argument("--url", default="", help="Lotse's public address, https://…")
    slack.add_argument(
        "--channels", action="store_true", help="Lotse may make channels for incidents"
    )
    slack.add_argument(
        "--pictures", action="store_true", help="Lotse may share the weekly picture as a file"
    )
    slack.add_argument(
        "--install",
        nargs="?",
        const=SAME,
        default="",
        metavar="ADDRESS",
        help="many workspaces: companies install Lotse by themselves, at this address "
        "(that of --url when none is given)",
    )
    teams.add_argument("--url", default="", help="Lotse's public address, https://…")
    teams.add_argument(
        "--app-id",
        default=os.environ.get("MICROSOFT_APP_ID", ""),
        help="the app registration's id (else MICROSOFT_APP_ID)",
    )
    for name, about in (
        ("website", "your page about Lotse"),
        ("privacy", "your privacy notice for Lotse"),
        ("terms", "your terms of use for Lotse"),
    ):
        teams.add_argument(f"--{name}", metavar="URL", default="", help=f"{about}, https://…")
    teams.add_argument(
        "--release", default="1.0.0", help="a number such as 1.0.1, higher than the package before"
    )
    teams.add_argument("--out", default="lotse-teams.zip", help="where to write the package")


def _advise(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Write the manifest, or look whether everything is in order; return the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # the same file on every machine
    if options.what == "doctor":
        from bot.doctor import report

        return report.run()
    if options.what == "key":
        from bot import keys

        return keys.make_pair() if options.backup else keys.make()
    from bot.delivery import menus

    try:
        return _teams_package(options) if options.platform == "teams" else _slack_manifest(options)
    except (menus.BadAddress, menus.BadApp) as bad:
        parser.error(str(bad))


def _slack_manifest(options: argparse.Namespace) -> int:
    from bot.delivery import menus

    address = "" if options.socket else options.url or menus.SOMEWHERE
    install = address if options.install == SAME else options.install
    if options.install and not install:
        raise menus.BadAddress("--install needs an address here: --install https://…")
    more = {"rooms": options.channels, "pictures": options.pictures}
    sys.stdout.write(menus.written(options.lang, address, install, **more))
    if not (options.socket or options.url):
        print(
            f"{address} stands for your own address: say --url https://…, "
            "or --socket if there is none.",
            file=sys.stderr,
        )
    return 0


def _teams_package(options: argparse.Namespace) -> int:
    from bot.delivery import menus
    from bot.teams import manifest

    given = {name: getattr(options, name) for name in ("website", "privacy", "terms")}
    links = manifest.Links(**{name: said for name, said in given.items() if said})
    made = manifest.package(options.app_id, options.lang, links, options.url, options.release)
    Path(options.out).write_bytes(made)
    print(f"{options.out} is written; docs/teams.md says where to upload it.")
    if open_ones := [f"--{name}" for name, said in given.items() if not said]:
        print(
            f"It names pages at {menus.SOMEWHERE}, which stand for your own: "
            f"say {', '.join(open_ones)} before others see it.",
            file=sys.stderr,
        )
    return 0


def _do(options: argparse.Namespace, settings: Settings) -> int:
    if options.what == "docs":
        from bot.generate import docs

        return docs.write()
    if options.what == "migrate":
        opening.open_database(settings.database_url).close()
        print("The database is up to date.")
        return 0
    if options.what == "reseal":
        from bot import keys

        return keys.renew(settings)
    if options.what == "manager":
        from bot import managers

        return managers.run(settings, options.way, options.who, options.workspace)
    if options.what == "retention":
        from bot.generate import retention

        return retention.write(settings, by=options.by, workspace=options.workspace)
    if options.what == "register":
        from bot.generate import register

        return register.write(settings, csv=options.csv, ai_only=options.ai)
    if options.what in command_line.COMMANDS:
        return command_line.run(options, settings)
    demo = settings.demo and options.what in ("all", "chat")
    if demo:
        from bot.local import start

        database = start.opened(settings, fresh=options.fresh)
    else:
        database = opening.open_database(settings.database_url)
    try:
        command_line.hold_if_copy(database, settings)
        lotse = app.build(settings, database, demo=demo)
        if demo:
            from bot.local import demo as example

            asyncio.run(example.prepare(lotse, empty=options.empty))
            if said := start.first_steps(lotse, empty=options.empty):
                print(said, flush=True)
        match options.what:
            case "chat":
                from bot.local import console

                _run(console.chat(lotse))
            case "work":
                _run(serving.work(lotse))
            case "serve":
                _run(serving.serve(lotse, works=False))
            case _:
                _run(serving.serve(lotse))
    finally:
        database.close()
    return 0


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run until done, Ctrl+C or SIGTERM; both are a clean end."""

    async def until_told() -> None:
        task = asyncio.ensure_future(main)
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(each, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(until_told())


if __name__ == "__main__":
    sys.exit(main())
