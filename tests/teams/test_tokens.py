"""Who may speak to the Teams edge: forged, late, misled and foreign requests are all refused."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from bot.teams import tokens
from bot.teams.tokens import LOOPBACK, Auth, Hosts, Keys, cloud
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import Fault
from tests.pretend.teams_peer import APP, TENANT, Got, Peer, key, published
from tests.pretend.teams_stage import TeamsStage, teams_stage

Headers = list[tuple[str, str]]
Forge = Callable[[Peer], Any]


def soon(seconds: int) -> int:
    """Return a moment seen from now, in whole seconds; a whole run takes minutes."""
    return int(time.time()) + seconds


def hs256(peer: Peer) -> str:
    """Return a token signed with the public key as if it were a shared secret."""
    secret = (
        key("k1")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head = encoded(b'{"alg":"HS256","kid":"k1","typ":"JWT"}')
    said = f"{head}.{peer.token().split('.')[1]}"
    return f"Bearer {said}.{encoded(hmac.digest(secret, said.encode(), 'sha256'))}"


def by_hand(peer: Peer, claims: object = None, **changed: Any) -> str:
    """Return a token of claims that no library would sign."""
    own = json.loads(base64.urlsafe_b64decode(f"{peer.token().split('.')[1]}=="))
    said = encoded(json.dumps(claims or {**own, **changed}).encode())
    signed = f"{peer.token().split(' ')[1].split('.')[0]}.{said}"
    signature = key("k1").sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"Bearer {signed}.{encoded(signature)}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def without_signature(peer: Peer) -> str:
    return f"{peer.token().rpartition('.')[0]}."


def unsigned(peer: Peer) -> str:
    head = encoded(b'{"alg":"none","kid":"k1"}')
    return f"Bearer {head}.{peer.token().split('.')[1]}."


def swapped(peer: Peer) -> str:
    """Return one token's claims under another one's signature."""
    other = peer.token(iss="https://evil.example").split(".")
    own = peer.token().split(".")
    return ".".join([own[0], other[1], own[2]])


def flipped(peer: Peer) -> str:
    token = peer.token()
    last = "A" if token[-10] != "A" else "B"
    return f"{token[:-10]}{last}{token[-9:]}"


FORGED: dict[str, Forge] = {
    "no header": lambda _peer: [],
    "empty": lambda _peer: "",
    "no token": lambda _peer: "Bearer ",
    "basic": lambda _peer: "Basic dTpw",
    "another scheme": lambda peer: peer.token().replace("Bearer", "Token"),
    "small letters": lambda peer: peer.token().replace("Bearer", "bearer"),
    "two spaces": lambda peer: peer.token().replace(" ", "  "),
    "two headers": lambda peer: [("Authorization", peer.token())] * 2,
    "not a token": lambda _peer: "Bearer x.y",
    "three words": lambda _peer: "Bearer a.b.c",
    "four parts": lambda peer: f"{peer.token()}.x",
    "endless": lambda peer: peer.token(jti="x" * 5000),
    "no signature": without_signature,
    "algorithm none": unsigned,
    "HS256 with the public key": hs256,
    "RS384": lambda peer: peer.token(algorithm="RS384"),
    "PS256": lambda peer: peer.token(algorithm="PS256"),
    "another key": lambda peer: peer.token(sign=key("other")),
    "claims of another token": swapped,
    "a flipped bit": flipped,
    "no key id": lambda peer: peer.token(kid=None),
    "an unknown key id": lambda peer: peer.token(kid="nobody"),
    "an empty key id": lambda peer: peer.token(kid=""),
    "a key in the head": lambda peer: peer.token(
        sign=key("other"), kid="other", headers={"jwk": published("other")}
    ),
    "a key's address in the head": lambda peer: peer.token(
        sign=key("other"), kid="other", headers={"jku": f"{peer.login}/keys"}
    ),
    "another issuer": lambda peer: peer.token(iss="https://sts.windows.net/x/"),
    "an issuer with more behind it": lambda peer: peer.token(iss=f"{tokens._WORLD}/"),
    "several issuers": lambda peer: by_hand(peer, iss=[tokens._WORLD]),
    "claims that are a list": lambda peer: by_hand(peer, claims=["iss", "aud"]),
    "no issuer": lambda peer: peer.token(iss=None),
    "another app": lambda peer: peer.token(aud="11111111-0000-4000-8000-000000000000"),
    "several apps": lambda peer: peer.token(aud=[APP, "x"]),
    "no app": lambda peer: peer.token(aud=None),
    "expired": lambda peer: peer.token(exp=soon(-400)),
    "no end": lambda peer: peer.token(exp=None),
    "an end that is no number": lambda peer: peer.token(exp="soon"),
    "an end beyond all numbers": lambda peer: peer.token(exp=1e400),
    "not yet": lambda peer: peer.token(nbf=soon(400)),
    "no service URL": lambda peer: peer.token(serviceurl=None),
    "another service URL": lambda peer: peer.token(serviceurl="https://evil.example/"),
    "a service URL that is none": lambda peer: peer.token(serviceurl=["http://127.0.0.1"]),
    "another path on our host": lambda peer: peer.token(serviceurl=f"{peer.login}/apac/"),
}
BODIES: dict[str, dict[str, Any]] = {
    "another service URL": {"serviceUrl": "https://smba.trafficmanager.net/emea/"},
    "no service URL": {"serviceUrl": None},
    "another channel": {"channelId": "webchat"},
    "no channel": {"channelId": None},
    "another tenant": {"channelData": {"tenant": {"id": "7e4a0000-0000-4000-8000-0000000000ff"}}},
    "another tenant of the conversation": {
        "conversation": {"id": "a:anna", "conversationType": "personal", "tenantId": "x"}
    },
    "no tenant": {"channelData": {}, "conversation": {"id": "a:anna"}},
    "a tenant that is a list": {"channelData": {"tenant": [TENANT]}, "conversation": {}},
}


async def test_a_token_made_by_hand_is_as_good(sqlite: Sqlite) -> None:
    """Else the forged ones above could be refused for the wrong reason."""
    async with teams_stage(sqlite, strict=False) as stage:
        assert (await sent(stage, by_hand(stage.peer))).status == 200


async def sent(stage: TeamsStage, authorization: Any, **changed: Any) -> Got:
    """Send a message of Anna's under some authorization."""
    activity = {**stage.client("Anna").message("incident Till is dead"), **changed}
    given = authorization
    headers = given if isinstance(given, list) else [("Authorization", given)]
    assert stage.peer._session is not None
    body = json.dumps(activity).encode()
    began = time.perf_counter()
    async with stage.peer._session.post(
        stage.peer.bot_url, data=body, headers=[("Content-Type", "application/json"), *headers]
    ) as answer:
        return Got(answer.status, await answer.text(), time.perf_counter() - began)


def test_there_are_forty_ways_to_forge() -> None:
    assert len(FORGED) >= 40


async def test_every_forged_token_is_refused_and_leaves_nothing(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        assert (await sent(stage, stage.peer.token())).status == 200
        await stage.carry()
        stage.peer.at(stage.client("Anna").chat)
        before = stage.count("deliveries")
        for name, forge in FORGED.items():
            got = await sent(stage, forge(stage.peer))
            assert (got.status, got.body) == (401, ""), name
        assert stage.count("deliveries") == before
        stage.peer.ledger.clear()


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_the_token_was_not_made_for_is_refused(sqlite: Sqlite, name: str) -> None:
    async with teams_stage(sqlite) as stage:
        got = await sent(stage, stage.peer.token(), **BODIES[name])
        assert (got.status, got.body) == (401, "")
        assert stage.count("deliveries") == 0


async def test_a_key_that_does_not_stand_for_teams_is_refused(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite) as stage:
        stage.peer.keys.append(published("chat", "webchat"))
        got = await sent(stage, stage.peer.token(sign=key("chat"), kid="chat"))
        assert got.status == 401


@pytest.mark.parametrize(
    ("claim", "seconds"), [("exp", -200), ("nbf", 200), ("nbf", None), ("iat", 200)]
)
async def test_clocks_may_differ_by_five_minutes(
    sqlite: Sqlite, claim: str, seconds: int | None
) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        claims: dict[str, Any] = {claim: None if seconds is None else soon(seconds)}
        assert (await sent(stage, stage.peer.token(**claims))).status == 200


async def test_a_rotated_key_is_known_within_the_first_request(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        assert (await sent(stage, stage.peer.token())).status == 200
        stage.peer.keys[:] = [published("k2")]
        assert (await sent(stage, stage.peer.token(sign=key("k2"), kid="k2"))).status == 200
        assert (await sent(stage, stage.peer.token())).status == 401, "the old one is gone"


async def test_a_token_is_looked_at_once_until_it_ends(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        auth, ends = stage.edge._auth, soon(600)
        token = stage.peer.token(exp=ends)
        assert isinstance(auth, Auth)
        assert (await sent(stage, token)).status == 200
        assert (await sent(stage, stage.peer.token(exp=soon(-400)))).status == 401
        ((said, known),) = auth._proven.items()
        assert known.until == ends + tokens.SKEW
        auth._proven[said] = replace(known, proof=replace(known.proof, service_url="elsewhere"))
        assert (await sent(stage, token)).status == 401, "what was found out before counts"
        auth._now = lambda: known.until
        assert (await sent(stage, token)).status == 200, "and no longer: it is looked at anew"


HANG = Fault("hang", act="hang")


async def test_a_hanging_key_server_costs_the_limit_and_no_more(sqlite: Sqlite) -> None:
    """The limit is what ends it: the server never answers, and no test measures the time."""
    async with teams_stage(sqlite, key_limit=0.05, strict=False) as stage:
        assert (await sent(stage, stage.peer.token())).status == 200
        stage.peer.plan("keys", HANG)
        got = await sent(stage, stage.peer.token(sign=key("k2"), kid="k2"))
        assert (got.status, got.body) == (503, ""), "Teams sends it again"
        assert (await sent(stage, stage.peer.token())).status == 200, "known keys need nobody"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("500", 500, b""),
        Fault("page", 200, b"<html>", "text/html"),
        Fault("cut", act="cut"),
        Fault("list", body=b"[]"),
        Fault("no keys", body=b'{"keys": []}'),
        Fault("keys that are none", body=b'{"keys": [1, {"kty": "RSA"}]}'),
        Fault("a key that cannot be read", body=b'{"keys": [{"kty": "RSA", "kid": "k2", "n": 1}]}'),
        Fault("redirect", 307, b"", headers=(("Location", "/keys"),)),
    ],
    ids=lambda fault: fault.name,
)
async def test_a_key_server_that_fails_is_a_503_and_old_keys_stay(
    sqlite: Sqlite, fault: Fault
) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        assert (await sent(stage, stage.peer.token())).status == 200
        stage.peer.keys.append(published("k2"))
        stage.peer.plan("keys", fault)
        assert (await sent(stage, stage.peer.token(sign=key("k2"), kid="k2"))).status == 503
        assert (await sent(stage, stage.peer.token())).status == 200
        assert (await sent(stage, stage.peer.token(sign=key("k2"), kid="k2"))).status == 200


async def test_forged_key_ids_cause_few_fetches(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        await sent(stage, stage.peer.token())
        for n in range(50):
            await sent(stage, stage.peer.token(kid=f"forged-{n}"))
        assert sum(call == "keys" for call, _where in stage.peer.calls) <= tokens.FETCHES


async def test_many_who_wait_for_keys_cause_one_fetch(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        await sent(stage, stage.peer.token())
        stage.peer.keys.append(published("k2"))
        stage.peer.latency = 0.05
        before = len([each for each in stage.peer.calls if each[0] == "keys"])
        token = stage.peer.token(sign=key("k2"), kid="k2")
        got = await asyncio.gather(*(sent(stage, token) for _each in range(20)))
        assert {each.status for each in got} == {200}
        assert len([each for each in stage.peer.calls if each[0] == "keys"]) == before + 1


async def test_old_keys_count_while_they_are_fetched_anew_and_not_forever(sqlite: Sqlite) -> None:
    moment = [0.0]
    async with teams_stage(sqlite, strict=False) as stage:
        stage.edge.keys._now = lambda: moment[0]
        stage.edge.keys._fetched = stage.edge.keys._counted = float("-inf")
        assert (await sent(stage, stage.peer.token())).status == 200
        moment[0] = tokens.FRESH + 1
        stage.peer.plan("openid", HANG)
        assert (await sent(stage, stage.peer.token())).status == 200, "nobody waits for it"
        moment[0] = tokens.STALE + 1
        await stage.edge.keys.stop()
        stage.peer.plan("openid", Fault("500", 500, b""))
        assert (await sent(stage, stage.peer.token())).status == 503


SERVICE_URLS = {
    "https://smba.trafficmanager.net/emea/": True,
    "https://smba.trafficmanager.net:443/emea/": True,
    "https://SMBA.trafficmanager.net/": True,
    "http://smba.trafficmanager.net/emea/": False,
    "https://smba.trafficmanager.net:8443/": False,
    "https://smba.trafficmanager.net.evil.example/": False,
    "https://evil.example/smba.trafficmanager.net": False,
    "https://smba.trafficmanager.net@evil.example/": False,
    "https://evil.example\\@smba.trafficmanager.net/": False,
    "https://user@smba.trafficmanager.net/": False,
    "https://smba.trafficmanager.net/?x=1": False,
    "https://smba.trafficmanager.net/#x": False,
    "https://smba.trafficmanager.net\n/": False,
    "https://[::1/": False,
    "https://127.0.0.1/": False,
    "https://169.254.169.254/": False,
    "ftp://smba.trafficmanager.net/": False,
    "smba.trafficmanager.net": False,
    "": False,
}


def test_our_token_goes_to_listed_hosts_only() -> None:
    hosts = Hosts(cloud("public").hosts)
    assert {url: hosts.allow(url) for url in SERVICE_URLS} == SERVICE_URLS
    assert not any(hosts.allow(each) for each in (None, 5, ["https://smba.trafficmanager.net/"]))


def test_plain_http_stays_on_this_machine() -> None:
    hosts = Hosts(LOOPBACK)
    assert hosts.allow("http://127.0.0.1:3979/x") and hosts.allow("http://[::1]:80/")
    assert not hosts.allow("http://10.0.0.1/") and not hosts.allow("https://example.com/")


def test_each_government_cloud_has_its_own_hosts_and_issuer() -> None:
    assert cloud("gcch").issuer == cloud("dod").issuer == "https://api.botframework.us"
    assert cloud("gcc").issuer == cloud("public").issuer
    assert len({each for name in tokens.CLOUDS for each in cloud(name).hosts}) == 4


@pytest.mark.parametrize(("id", "tenants"), [("", {TENANT}), (APP, set())])
async def test_without_credentials_nobody_is_let_in(id: str, tenants: set[str]) -> None:
    keys = Keys(lambda: pytest.fail("nothing is fetched"), "")
    with pytest.raises(ValueError):
        Auth(id, frozenset(tenants), cloud("public"), keys, Hosts(LOOPBACK))


async def test_the_playground_is_let_in_without_a_token_but_never_leaves_this_machine(
    sqlite: Sqlite,
) -> None:
    async with teams_stage(
        sqlite, id="", password="", tenants=(), loopback=True, strict=False
    ) as stage:
        stage.peer.checks = False
        assert (await sent(stage, [])).status == 200
        got = await sent(stage, [], serviceUrl="https://smba.trafficmanager.net/emea/")
        assert got.status == 401


async def test_what_is_refused_says_why_to_the_operator_only(
    sqlite: Sqlite, caplog: pytest.LogCaptureFixture
) -> None:
    async with teams_stage(sqlite) as stage:
        token = stage.peer.token(aud="x")
        assert (await sent(stage, token)).body == ""
        assert "InvalidAudienceError" in caplog.text
        assert token.split(".")[2] not in caplog.text and "Till is dead" not in caplog.text
