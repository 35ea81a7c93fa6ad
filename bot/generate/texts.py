"""The texts: gathers every sentence of the code for the catalogues (`make texts`)."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages import Catalog, Message, pofile
from babel.messages.extract import extract_from_dir

from handlers.kit.words import LANGUAGES, LOCALE

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("handlers", "bot")
KEYWORDS = {"_": None, "_n": (1, 2), "_c": ((1, "c"), 2)}
SPOKEN = "en"  # stands in the code itself
HEADER = """\
# What Lotse says in this language. English stands in the code; `make texts` brings it here.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def found() -> Catalog:
    """Return every sentence of the code, in the order of the files."""
    catalog = Catalog(charset="utf-8")
    for folder in FOLDERS:
        each = extract_from_dir(
            str(ROOT / folder), method_map=[("**.py", "python")], keywords=KEYWORDS
        )
        for file, line, words, comments, context in each:
            place = (f"{folder}/{file}", line)
            catalog.add(words, None, [place], auto_comments=comments, context=context)
    return catalog


def path(language: str) -> Path:
    """Return where the catalogue of a language lies."""
    return LOCALE / language / "LC_MESSAGES" / "lotse.po"


def read(language: str) -> Catalog:
    """Return the catalogue of a language; an empty one when there is none yet."""
    file = path(language)
    written = file.read_bytes() if file.exists() else b""
    return pofile.read_po(io.BytesIO(written), locale=language, charset="utf-8")


def written(language: str) -> str:
    """Return the catalogue as it should be: new sentences in it, those that are gone left out."""
    catalog = read(language)
    catalog.update(found(), no_fuzzy_matching=True)
    text = io.BytesIO()
    pofile.write_po(
        text,
        catalog,
        width=100,
        omit_header=True,
        sort_by_file=True,
        ignore_obsolete=True,
        include_lineno=False,  # so that a moved line is no change
    )
    return HEADER.format(language=language) + text.getvalue().decode("utf-8").strip() + "\n"


def missing(catalog: Catalog) -> list[Message]:
    """Return the sentences of a catalogue that have no words yet."""
    return [each for each in catalog if each.id and not said(each)]


def said(message: Message) -> bool:
    """Say whether a message has all its words, and somebody stands by them."""
    words = message.string if isinstance(message.string, list | tuple) else [message.string]
    return all(words) and not message.fuzzy


def write() -> int:
    """Bring every catalogue up to date; return how many sentences still need words."""
    left = 0
    for language in LANGUAGES:
        if language != SPOKEN:
            path(language).parent.mkdir(parents=True, exist_ok=True)
            path(language).write_text(written(language), encoding="utf-8")
            for each in missing(read(language)):
                print(f"{language}: no words yet for “{each.id}”")
                left += 1
    return left


if __name__ == "__main__":
    raise SystemExit(1 if write() else 0)
