"""Companies apart: no row, message or answer of one workspace reaches another (G7)."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery.clock import HandClock
from handlers.incidents.keys import IncidentTimer
from storage import people, services, workspaces
from storage import people as storage_people
from storage.delivery import places, timers
from storage.delivery.places import PlaceKind
from storage.engine import Database, Row, Tx
from storage.engine.ids import PersonId, PlaceId, ServiceId
from storage.engine.postgres import Postgres
from storage.services import Service
from storage.slack import installations
from storage.workspaces import Workspace
from tests.engine.test_engine import BEFORE_ANY, tables
from tests.pretend.stage import MONDAY, Say, Stage, furnish

FOLDER = Path(__file__).parent.parent.parent / "storage"

# These look across workspaces, and say so. Nothing else may.
ACROSS = {
    "automations.intake._by_addresses",  # a machine shows a secret and nothing else
    "automations.intake.by_key",
    "automations.metrics.everything",  # Prometheus belongs to who operates Lotse
    "automations.outages.everywhere",
    "on_call.forget",
    "delivery.inbox.forget",
    "slack.installations.all",
    "slack.installations.begin",  # a browser on its way has not told its company yet
    "slack.installations.expiring",
    "slack.installations.finish",
    "slack.installations.parked",  # nobody of that company is here to ask
    "delivery.drafts.forget",
    "incidents.offers.forget",
    "conversation.forget",
    "delivery.held_requests.forget",
    "delivery.lost_answers.forget",
    "delivery.heartbeat.beat",  # one scheduler looks at the timers of all
    "delivery.heartbeat.forget",
    "delivery.heartbeat.keep",
    "delivery.heartbeat.standstill",
    "delivery.claims._take",
    "similarity.everywhere",  # one keeper makes vectors of all titles, each within its own
    "delivery.claims.expired",
    "delivery.outbox.forget",
    "delivery.stuck.health",
    "delivery.outbox.next_after",
    "delivery.outbox.next_due",
    "delivery.outbox.shut_out",
    "delivery.stuck.anywhere",
    "delivery.places.count_parked",
    "delivery.places.parked_anywhere",
    "delivery.waiting.backlog",
    "delivery.waiting.some_workspace",
    "delivery.waiting.waiting_alarms",
    "teams.button_presses.forget",
    "delivery.timers.claim",
    "delivery.timers.forget",
    "delivery.timers.health",
    "friction.open_counts",
    "delivery.timers.next_after",
    "delivery.timers.next_due",
    "incidents.alarms.forget",
    "operations.drop",  # what a store says of itself
    "operations.first_of",
    "operations.hold.begin",  # a restored copy holds for everybody
    "operations.hold.everywhere",
    "operations.invariants.chains",  # the auditor counts over all, and names nobody
    "operations.invariants.escalating_for_nothing",
    "operations.invariants.doubled_digests",
    "operations.invariants.expired_leases",
    "operations.invariants.old_messages",
    "operations.invariants.orphans",
    "operations.invariants.overdue_timers",
    "operations.invariants.unwatched_incidents",
    "operations.note",
    "operations.noted",
    "privacy.erasures",  # the list beside the backups
    "workspaces.all_ids",
    "workspaces.delete",  # asks the store for the names of its tables
    "workspaces.ensure",
    "workspaces.known",
}


def statements() -> Iterator[tuple[str, str]]:
    """Give every SQL statement of storage/ with the function that it stands in."""
    for path in sources():
        yield from statements_in(ast.parse(path.read_text(encoding="utf-8")), room_of(path))


def sources() -> list[Path]:
    """Return the modules of storage/, but not the engine's, which knows no table of ours."""
    found = sorted(FOLDER.rglob("*.py"))
    return [each for each in found if each.relative_to(FOLDER).parts[0] != "engine"]


def room_of(path: Path) -> str:
    """Return how a module of storage/ is called: `people`, `delivery.outbox`, `incidents`."""
    return ".".join(path.relative_to(FOLDER).with_suffix("").parts).removesuffix(".__init__")


ASKED = {"rows", "run", "write", "recall", "recall_as"}  # how a transaction is asked for something
TRANSACTION = re.compile(r"(^|\.)(tx|inside)(\.within\(.*\))?$")


def statements_in(module: ast.Module, room: str) -> Iterator[tuple[str, str]]:
    for function in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            given = [*node.args, *(each.value for each in node.keywords if each.arg == "sql")]
            if node.func.attr in ASKED and given:
                yield f"{room}.{function.name}", written(given[0])


def asked_otherwise(module: ast.Module) -> list[int]:
    """Return where a way to ask is taken without being called: what it is asked is not seen."""
    called = {id(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)}
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and id(node) not in called
        if node.attr in (*ASKED, "insert") and TRANSACTION.search(ast.unparse(node.value))
    ]


def written(node: ast.expr) -> str:
    """Return the text of a string; what an f-string puts in becomes `{name}`."""
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, str)
        return node.value
    assert isinstance(node, ast.JoinedStr), "SQL is written where it is run"
    return "".join(
        f"{{{ast.unparse(each.value)}}}" if isinstance(each, ast.FormattedValue) else written(each)
        for each in node.values
    )


def test_the_rules_below_look_at_every_way_to_ask() -> None:
    for how in ASKED:
        for named in ("", "sql="):
            asked = f"def f(tx):\n    tx.within('x').{how}({named}'select 1 from people')"
            found = list(statements_in(ast.parse(asked), "room"))
            assert found == [("room.f", "select 1 from people")]
        assert asked_otherwise(ast.parse(f"def f(tx):\n    ask = tx.{how}")) == [2]
    assert {
        each for each in vars(Tx) if not each.startswith("_")
        and "sql" in getattr(vars(Tx)[each], "__annotations__", {})
    } == ASKED  # fmt: skip
    assert {"people", "delivery.outbox", "incidents", "incidents.transitions"} <= {
        room_of(each) for each in sources()
    }


def test_statements_are_asked_where_they_stand_and_only_in_storage() -> None:
    """SQL in handlers or under another name would stand under none of these rules."""
    for path in sources():
        assert not asked_otherwise(ast.parse(path.read_text(encoding="utf-8"))), path
    own_tables = {"generate/papers/build.py"}  # reads the schema, in a store of its own
    for layer in ("handlers", "bot"):
        folder = FOLDER.parent / layer
        for path in sorted(folder.rglob("*.py")):
            module = ast.parse(path.read_text(encoding="utf-8"))
            found = [
                ast.unparse(node)
                for node in ast.walk(module)
                if isinstance(node, ast.Attribute) and node.attr in (*ASKED, "insert")
                if TRANSACTION.search(ast.unparse(node.value))
            ]
            assert not found or path.relative_to(folder).as_posix() in own_tables, (path, found)


def test_every_statement_names_its_workspace() -> None:
    found = list(statements())
    assert len(found) > 250, "the rule looks at nothing"
    across = {where for where, sql in found if ":workspace" not in sql}
    assert across == ACROSS


def test_every_part_of_a_statement_names_its_workspace() -> None:
    """A join or a sub-select that forgets it would mix companies."""
    for where, sql in statements():
        if where in ACROSS:
            continue
        made = re.findall(r"\bwith ([a-z_]+) \([a-z_, ]+\) as \(values ", sql)  # of values alone
        read = re.findall(r"\b(?:from|join|update|into)\s+([a-z_]+)", sql)
        read = [each for each in read if each not in made]
        bound = re.findall(r"\bworkspace = |\bid = :workspace|\(workspace, ", sql)
        changes = sql.count("do update set")  # which repeats no table
        assert len(bound) + changes >= len(read), f"{where}: {sql}"


CLAUSE = (
    "select", "from", "where", "on", "join", "group", "order", "having", "set", "values", "when",
    "then", "else", "end", "limit", "union", "do", "returning", "using", "insert", "update",
)  # fmt: skip
BOUND = re.compile(r"\bworkspace = |\bid = :workspace")


def clauses(sql: str) -> Iterator[tuple[str, str]]:
    """Give each clause of a statement, with the word that begins it; what is in brackets apart."""
    begun: list[list[str]] = [["", ""]]  # at each depth the word, and the text so far
    for token in re.findall(r"'[^']*'|{[^}]*}|[:\w.]+|\S", sql):
        if token == "(":
            begun[-1][1] += " ( )"
            begun.append(["", ""])
        elif token == ")" or token in CLAUSE:
            yield begun[-1][0], begun[-1][1]
            if token == ")":
                begun.pop()
            else:
                begun[-1] = [token, ""]
        else:
            begun[-1][1] += f" {token}"
    yield from ((word, text) for word, text in begun)


def loose(sql: str) -> list[str]:
    """Return what the rule above cannot count: words in capitals, comma joins, ways around.

    `a = 1 or workspace = :workspace` names it, and reads what is of others all the same.
    """
    bare = re.sub(r"'[^']*'|{[^}]*}|:\w+", "", sql)
    found = re.findall(r"\b[A-Z]{2,}\b", bare)
    for word, said in clauses(sql):
        text = re.sub(r"'[^']*'", "''", said)
        if word in ("from", "using") and "," in text:
            found.append(f"{word}{text}")
        if BOUND.search(text) and re.search(r"\bor\b", text):
            found.append(f"{word}{text}")
        if re.search(r"(?<![\w:.])(\d+|'') (=|<>) (\d+|'')|\bor true\b", text):
            found.append(f"{word}{text}")
    return found


def test_no_statement_goes_around_the_rule_of_its_parts() -> None:
    for planted in (
        "select a from people p, services s where p.workspace = :workspace",
        "select a from people p, (select 1 from services) s where p.workspace = :workspace",
        "delete from people using services, places where people.workspace = :workspace",
        "select a from people where 1 = 1 or workspace = :workspace",
        "select a from people where workspace = :workspace and a = 1 or b = 2",
        "select a from people where (workspace = :workspace or 'a' = 'a') and b = 1",
        "select a from people where b = 1 and (c = 2 or 1 = 1)",
        "select a from people p join services s on s.workspace = p.workspace or s.id = p.id",
        "select a from people JOIN services where workspace = :workspace",
        "SELECT a FROM people where workspace = :workspace",
    ):
        assert loose(planted), planted
    for fine in (
        "select a, (select 1 from b where workspace = :workspace), c from people "
        "where workspace = :workspace and (a = 1 or b = 'OR, 1 = 1') order by a, b",
        "select case when a = 1 or b = 2 then 'X' end from people where workspace = :workspace",
        "insert into people (a, b) select a, b from places where workspace = :workspace",
    ):
        assert not loose(fine), fine
    found = {where: said for where, sql in statements() if (said := loose(sql))}
    assert not found


# Besides constants: the store's clause for locked rows, and conditions chosen from constants.
PUT_IN = {
    ("delivery.claims._take", "tx.skip_locked"),
    ("delivery.claims._take", "blocked"),
    ("delivery.claims._take", "candidates"),
    ("delivery.claims.expired", "tx.skip_locked"),
    ("delivery.timers.claim", "tx.skip_locked"),
    ("delivery.timers.claim", "which"),
    ("incidents.pages.page", "_in(state)"),
    ("incidents.pages._count", "_in(state)"),
    ("incidents.pages._count", "narrowed"),
    ("operations.invariants.chains", "number_in('t.key')"),
    ("operations.invariants.escalating_for_nothing", "number_in('t.key')"),
    ("local.latest", "edge"),
    ("workspaces.delete", "tx.company_tables"),
    ("workspaces.delete", "table"),  # the store's own names of tables
    ("attention._replace_in_keys", "table"),  # two names that stand there
    ("automations.intake._by_addresses", "wanted"),  # names of values, as `listed` makes them
    ("automations.intake._called", "wanted"),
    ("automations._set", "put"),  # names of columns, which stand in CHANGEABLE
    ("closing.say", "put"),  # names of columns, which stand in POINTS
    ("closing.say", "since"),
    # Tables and columns, which stand in COPIES and TYPED, and conditions made of their names.
    *(("delivery.copies.holding", each) for each in ("table", "column", "key", "ids", "there")),
    *(("delivery.copies.reword", each) for each in ("table", "column", "also", "this")),
    *(("privacy.forget_way_to", each) for each in ("table", "column")),  # which stand in KEYS
    *(("delivery.copies.is_said", each) for each in ("table", "there")),
    *(("delivery.copies.typed_saying", each) for each in ("table", "column", "there")),
    *(("delivery.copies.reword_typed", each) for each in ("table", "column")),
    ("delivery.copies.numbers_saying", "there"),
    *(("delivery.copies.drop_word", each) for each in ("alone", "both", "shown")),
}


def test_no_statement_is_put_together_from_values() -> None:
    for where, sql in statements():
        for inside in re.findall(r"{(.*?)}", sql):
            assert inside.isupper() or (where, inside) in PUT_IN, f"{where}: {inside}"
        assert "--" not in sql, "a comment's apostrophe would hide values from the driver"


def test_no_row_is_inserted_into_a_workspace_of_the_caller_s_choice() -> None:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                tuple(f".{each}" for each in ("insert", *ASKED))
            ):
                given = {each.arg for each in node.keywords}
                assert "workspace" not in given, f"{room_of(path)}: {ast.unparse(node)}"


# --- two companies in one store ----------------------------------------------------------

OTHER = "other"
CANARIES = {"demo": "Kanarienvogel", OTHER: "Nachtigall"}


@pytest.fixture
def two(bot: Stage) -> Stage:
    """Two companies with the same people, places and services, even with the same ids."""
    bot.database.transact(lambda tx: furnish(tx, OTHER, MONDAY))
    return bot


def rows_of(database: Database, workspace: str) -> dict[str, list[Row]]:
    """Return everything that is stored of one company."""

    def look(tx: Tx) -> dict[str, list[Row]]:
        inside = tx.within(workspace)
        return {
            table: sorted(
                inside.rows(f"select * from {table} where workspace = :workspace"), key=repr
            )
            for table in sorted(tables_of)
        }

    tables_of = set(tables(database)) - BEFORE_ANY
    return database.read(look)


def talk(stage: Stage, workspace: str, chance: random.Random) -> None:
    """Let somebody of a company say something that may change anything."""
    say = Say(stage, chance.choice(("anna", "ben", "carla", "chris")), workspace)
    canary = CANARIES[workspace]
    number = chance.randint(1, 6)
    say(
        chance.choice(
            (
                f"incident Kasse {canary} {chance.randint(1, 99)}",
                f"incident Drucker {canary}",
                f"ack {number}",
                f"update {number} {canary} lebt",
                f"restored {number} {canary}",
                f"assign {number} carla",
                f"friction {canary} nervt",
                f"{canary} ist kaputt",
                "incidents all",
                "status",
                "language de",
                "who kasse",
                "service",
                "digest",
                "auto",
                "pilot",
                f"repeat {number} of 1",
                f"change Kasse {canary} tomorrow",
                "bans",
            )
        )
    )
    if chance.random() < 0.4 and (offered := say.buttons()):
        label = chance.choice(offered).button.call.word
        say.press(calls=label)
    if say.form is not None:
        values = {each.name: each.value or canary for each in say.form.fields}
        say.fill(carry=True, **values)


def test_what_one_company_does_changes_no_row_of_the_other(two: Stage) -> None:
    chance = random.Random(7)
    for _each in range(30):
        talk(two, "demo", chance)
    before = rows_of(two.database, "demo")
    assert sum(len(rows) for rows in before.values()) > 100
    for _each in range(60):
        talk(two, OTHER, chance)
    after = rows_of(two.database, "demo")
    assert before == after


@pytest.mark.slow
def test_nothing_that_one_company_says_is_read_in_the_other(two: Stage) -> None:
    chance = random.Random(8)
    heard: dict[str, list[str]] = {"demo": [], OTHER: []}
    for _each in range(120):
        workspace = chance.choice(("demo", OTHER))
        talk(two, workspace, chance)
        if chance.random() < 0.1:
            two.wind(minutes=11)
    for line in two.chat.ledger:
        heard[line.workspace].append(line.text)
    for row in two.database.read(lambda tx: tx.rows("select workspace, answer from deliveries")):
        heard[row["workspace"]].append(row["answer"])
    for workspace, foreign in (("demo", OTHER), (OTHER, "demo")):
        said = "\n".join(heard[workspace])
        assert CANARIES[workspace] in said
        assert CANARIES[foreign] not in said


def test_each_company_hears_the_same_with_or_without_the_other(
    two: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    def story(workspace: str) -> list[str]:
        anna, ben, carla = (Say(two, id, workspace) for id in ("anna", "ben", "carla"))
        return [
            anna("incident Kasse tot"),
            ben("ack 1"),
            carla("ack 1"),
            anna("update 1 still dead"),
            carla("restored 1 new cable"),
            anna("incidents all"),
            *two.sees("stoerungen", workspace),
            *ben.sees(),
            *carla.sees(),
        ]

    assert story("demo") == story(OTHER)


def test_a_person_of_one_company_is_a_stranger_in_the_other(two: Stage) -> None:
    two.database.transact(
        lambda tx: storage_people.find_or_create(
            tx.within("demo"),
            "local:eve",
            "Eve",
            id=PersonId("eve"),
            key="key-eve",
            now=MONDAY,
            manager=True,
        )
    )
    two.handle(two.request("eve", "status", workspace=OTHER))

    def look(tx: Tx) -> list[tuple[str, bool]]:
        found = [people.by_identity(tx.within(each), "local:eve") for each in ("demo", OTHER)]
        return [(each.person_key, each.manager) for each in found if each is not None]

    (here, boss_here), (there, boss_there) = two.database.read(look)
    assert here != there
    assert (boss_here, boss_there) == (True, False)


def test_the_same_delivery_id_in_two_companies_is_two_deliveries(two: Stage) -> None:
    for workspace in ("demo", OTHER):
        request = two.request("anna", "incident Kasse tot", identity="same", workspace=workspace)
        assert two.handle(request).outcome == "done"
    found = two.database.read(lambda tx: tx.rows("select workspace from incidents"))
    assert sorted(row["workspace"] for row in found) == ["demo", OTHER]


def test_a_draft_opens_only_at_home(two: Stage) -> None:
    long = "Sehr lange Geschichte. " * 90
    anna = Say(two, "anna")
    anna(long)
    (call,) = [each.button.call for each in anna.buttons() if each.button.call.word == "draft"]
    away = two.handle(two.request("anna", call=call, workspace=OTHER))
    assert away.outcome == "refused"
    assert two.handle(two.request("anna", call=call)).outcome == "done"


def test_a_timer_of_one_company_does_not_touch_the_other_s_of_the_same_key(two: Stage) -> None:
    for workspace in ("demo", OTHER):
        Say(two, "anna", workspace)("incident Kasse tot")
    Say(two, "ben", OTHER)("ack 1")
    two.wind(minutes=10)
    assert len(two.chat.at("local:@carla", "demo")) == 1
    assert two.chat.at("local:@carla", OTHER) == []


Change = Callable[[Tx], object]

# Acting in the other company on an id that exists at home only must do nothing there.
CHANGES: dict[str, Change] = {
    "installations.lease": lambda tx: installations.lease(tx, "sealed"),
    "installations.park": lambda tx: installations.park(tx, "x"),
    "installations.renewed": lambda tx: installations.renew(
        tx, "sealed", token="new", refresh_token=None, lasts=None
    ),
    "installations.rotate": lambda tx: installations.rotate(
        tx, "sealed", token="new", refresh_token=None
    ),
    "people.set_language": lambda tx: people.set_language(tx, PersonId("zoe"), "en"),
    "people.rename": lambda tx: people.rename(tx, PersonId("zoe"), "Mallory"),
    "places.park": lambda tx: places.park(tx, PlaceId("local:zoe"), "x"),
    "places.rename": lambda tx: places.rename(tx, PlaceId("local:zoe"), "mallory"),
    "timers.cancel": lambda tx: timers.cancel(tx, "only here"),
    "timers.hasten": lambda tx: timers.hasten(tx, "only here", MONDAY),
    "workspaces.set_setting": lambda tx: workspaces.set_setting(tx, "only here", "x"),
    "workspaces.set_language": lambda tx: workspaces.set_language(tx, "en"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_reaches_only_its_own_company(
    database: Database, clock: HandClock, name: str
) -> None:
    def prepare(tx: Tx) -> None:
        for each in ("home", "away"):
            workspaces.ensure(tx, Workspace(each, each, "de", "Europe/Berlin", "DE"), clock.now())
        tx = tx.within("home")
        for who in ("zoe", "yan"):
            storage_people.find_or_create(
                tx, f"local:{who}", who, id=PersonId(who), key=who, now=clock.now()
            )
        places.ensure(tx, PlaceId("local:zoe"), PlaceKind.DIRECT, "Zoe", person=PersonId("zoe"))
        services.add(
            tx,
            Service(ServiceId("s"), "S", (), PersonId("zoe"), PersonId("yan"), False),
            name_key="s",
            now=clock.now(),
        )
        timers.set(
            tx,
            id="t",
            kind=IncidentTimer.ESCALATION,
            key="only here",
            due=clock.now() + timedelta(hours=1),
        )
        workspaces.set_setting(tx, "only here", "kept")
        installations.put(
            tx, team="T1", bot_user="UBOT", scopes="", token="sealed", refresh_token="again",
            lasts=None,
        )  # fmt: skip

    database.transact(prepare)
    before = rows_of(database, "home")
    database.transact(lambda tx: CHANGES[name](tx.within("away")))
    assert rows_of(database, "home") == before
    languages = database.read(lambda tx: tx.rows("select id, language from workspaces"))
    assert {row["id"]: row["language"] for row in languages}["home"] == "de"
    database.transact(lambda tx: CHANGES[name](tx.within("home")))
    changed = rows_of(database, "home") != before or name == "workspaces.set_language"
    assert changed, "this change does nothing at home either: the test could not fail"


# What comes from outside shows only this, so no two companies may have the same.
FOUND_BY = {
    ("automation_addresses", "PRIMARY KEY (secret_hash)"),
    ("intake_keys", "PRIMARY KEY (secret_hash)"),
    ("slack_installations", "PRIMARY KEY (team)"),
}


def test_postgres_rows_carry_their_workspace_in_every_key(postgres: Postgres) -> None:
    rows = postgres.read(
        lambda tx: tx.rows(
            """
            select conrelid::regclass::text as name, pg_get_constraintdef(oid) as said
            from pg_constraint where contype in ('p', 'u', 'f')
            and connamespace = 'public'::regnamespace
            """
        )
    )
    assert len(rows) > 20
    for row in rows:
        if row["name"] not in BEFORE_ANY and (row["name"], row["said"]) not in FOUND_BY:
            assert "(workspace" in row["said"], f"{row['name']}: {row['said']}"
