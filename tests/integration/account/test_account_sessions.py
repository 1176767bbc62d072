"""Signing in, refreshing and signing out, over mTLS and the whole chain."""

import pytest
import structlog
from google.protobuf.json_format import MessageToDict
from hamlet.account.v1.account_service_pb2 import ChangePasswordRequest
from hamlet.account.v1.session_service_pb2 import SignOutRequest
from hamlet.mesh.v1.key_set_service_pb2 import GetKeySetRequest

from mesh.errors import HamletError
from mesh.identity.keyset import StaticKeySet
from mesh.identity.tokens import TokenVerifier
from mesh.policy import Role
from tests.integration.account.elsinore import PASSWORD, Elsinore, me, refusal


async def _verifier(castle: Elsinore) -> TokenVerifier:
    published = await castle.keys().GetKeySet(GetKeySetRequest())
    keys = StaticKeySet(MessageToDict(published, preserving_proto_field_name=True))
    return TokenVerifier(keys, issuer="hamlet", audience="hamlet")


@pytest.mark.parametrize("login", ["ophelia", "OPHELIA@elsinore.example"])
async def test_a_session_says_who_signed_in_and_its_token_is_verified_by_the_published_keys(
    castle: Elsinore, login: str
) -> None:
    ophelia = await castle.register("ophelia", display_name="Fair Ophelia")
    session = await castle.sign_in(login)
    assert session.account == ophelia
    principal = await (await _verifier(castle)).verify(session.access_token)
    assert (principal.account_id, principal.role, principal.name) == (ophelia.id, Role.ROLE_READER, "Fair Ophelia")
    assert principal.session_id
    lifetime = session.access_expire_time.seconds - ophelia.create_time.seconds
    assert 600 <= lifetime <= 605
    assert session.refresh_expire_time.seconds - ophelia.create_time.seconds >= 30 * 86_400 - 1


async def test_a_refresh_keeps_the_session_and_renews_both_tokens(castle: Elsinore) -> None:
    await castle.register("ophelia")
    session, verifier = await castle.sign_in("ophelia"), await _verifier(castle)
    refreshed = await castle.refresh(session)
    assert refreshed.refresh_token != session.refresh_token
    before, after = [await verifier.verify(each.access_token) for each in (session, refreshed)]
    assert before.session_id == after.session_id


async def test_unknown_people_and_wrong_passwords_get_the_same_answer(castle: Elsinore) -> None:
    await castle.register("ophelia")
    answers = [
        await refusal(castle.sign_in(login, "a wrong password"))
        for login in ("ophelia", "ophelia@elsinore.example", "nobody", "nobody@elsinore.example", "' OR 1=1 --")
    ]
    assert {answer.spec.reason for answer in answers} == {"INVALID_CREDENTIALS"}
    assert all(not answer.metadata and answer.retry_after is None for answer in answers)


async def test_a_replayed_refresh_token_ends_the_session(castle: Elsinore) -> None:
    await castle.register("ophelia")
    stolen = await castle.sign_in("ophelia")
    refreshed = await castle.refresh(stolen)
    for session in (stolen, refreshed, refreshed):
        assert (await refusal(castle.refresh(session))).spec.reason == "INVALID_REFRESH_TOKEN"


async def test_whoever_signs_out_is_out_and_may_do_so_again(castle: Elsinore) -> None:
    await castle.register("ophelia")
    session = await castle.sign_in("ophelia")
    for token in (session.refresh_token, session.refresh_token, "never seen"):
        await castle.sessions().SignOut(SignOutRequest(refresh_token=token))
    assert (await refusal(castle.refresh(session))).spec.reason == "INVALID_REFRESH_TOKEN"


@pytest.mark.parametrize("login", ["ophelia", "nobody"])
async def test_too_many_guesses_have_to_wait_whether_there_is_such_a_person_or_not(
    castle: Elsinore, login: str
) -> None:
    await castle.register("ophelia")
    answers: list[HamletError] = [await refusal(castle.sign_in(login, f"guess {n}")) for n in range(4)]
    assert [each.spec.reason for each in answers] == ["INVALID_CREDENTIALS"] * 3 + ["RATE_LIMITED"]
    assert 440 < (answers[-1].retry_after or 0) <= 450


async def test_strangers_who_use_up_their_guesses_do_not_stop_the_owner_on_a_known_device(castle: Elsinore) -> None:
    await castle.register("ophelia")
    known = (await castle.sign_in("ophelia")).device_token
    while (await refusal(castle.sign_in("ophelia", "a guess"))).spec.reason != "RATE_LIMITED":
        pass
    session = await castle.sign_in("ophelia", device_token=known)
    assert session.device_token, "renewed"
    assert not (await castle.refresh(session)).device_token
    for useless in ("", "x", known[:-1], known + "A", session.refresh_token[:128]):
        assert (await refusal(castle.sign_in("ophelia", device_token=useless))).spec.reason == "RATE_LIMITED"


async def test_a_device_token_is_of_one_account(castle: Elsinore) -> None:
    for name in ("ophelia", "claudius"):
        await castle.register(name)
    of_claudius = (await castle.sign_in("claudius")).device_token
    reasons = [
        (await refusal(castle.sign_in("ophelia", "a guess", device_token=of_claudius))).spec.reason for _ in range(4)
    ]
    assert reasons[-1] == "RATE_LIMITED"


async def test_a_new_password_makes_every_device_a_stranger_but_the_one_that_set_it(castle: Elsinore) -> None:
    ophelia, new = await castle.register("ophelia"), "there is pansies"
    before = await castle.sign_in("ophelia")
    change = ChangePasswordRequest(account_id="me", current_password=PASSWORD, new_password=new)
    changed = await castle.accounts(me(ophelia)).ChangePassword(change)
    while (await refusal(castle.sign_in("ophelia", "a guess"))).spec.reason != "RATE_LIMITED":
        pass
    revoked = castle.sign_in("ophelia", new, device_token=before.device_token)
    assert (await refusal(revoked)).spec.reason == "RATE_LIMITED"
    await castle.sign_in("ophelia", new, device_token=changed.device_token)


async def test_no_log_line_says_who_it_was(castle: Elsinore) -> None:
    with structlog.testing.capture_logs() as logs:
        ophelia = await castle.register("ophelia", display_name="Fair Ophelia")
        session = await castle.sign_in("ophelia")
        await refusal(castle.sign_in("ophelia", "a wrong password"))
        refreshed = await castle.refresh(session)
        await refusal(castle.refresh(session))
    text = str(logs)
    assert "session.replayed" in text
    tokens = (session.access_token, session.refresh_token, session.device_token, refreshed.refresh_token)
    for secret in ("ophelia", "Fair Ophelia", ophelia.id, "elsinore", "127.0.0.1", *tokens):
        assert secret not in text
