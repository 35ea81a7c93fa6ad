"""python -m bot [serve | work | chat | migrate | docs]: start Lotse."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from bot import app
from bot.app import CannotListen
from bot.config import BadSettings, Settings
from storage.engine import StorageError


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and the settings, and do it; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="Lotse, the harbour pilot.")
    parser.add_argument(
        "what",
        nargs="?",
        default="all",
        choices=("all", "serve", "work", "chat", "migrate", "docs"),
        help="all in one process (the default), only the web part, only the worker, a chat in "
        "the terminal, bring the database up to date, or write the generated pages",
    )
    parser.add_argument("--empty", action="store_true", help="start the demo without an example")
    parser.add_argument("--fresh", action="store_true", help="start the demo over again")
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        settings = Settings.from_env()
        return _do(options, settings)
    except BadSettings as mistakes:
        print(f"Some settings do not fit:\n{mistakes}", file=sys.stderr)
    except (StorageError, CannotListen) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"Lotse could not start: {error.strerror or error}.", file=sys.stderr)
    return 1


def _do(options: argparse.Namespace, settings: Settings) -> int:
    if options.what == "docs":
        from bot import pages

        return pages.write()
    if options.what == "migrate":
        app.open_database(settings.database_url).close()
        print("The database is up to date.")
        return 0
    demo = settings.demo and options.what in ("all", "chat")
    if demo and options.fresh:
        app.forget_demo(settings)
    database = app.open_database(app.demo_url(settings) if demo else settings.database_url)
    try:
        lotse = app.build(settings, database, demo=demo)
        if demo:
            from bot import demo as example

            asyncio.run(example.prepare(lotse, empty=options.empty))
        match options.what:
            case "chat":
                from bot import console

                _run(console.chat(lotse))
            case "work":
                _run(app.work(lotse))
            case "serve":
                _run(app.serve(lotse, works=False))
            case _:
                _run(app.serve(lotse))
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
