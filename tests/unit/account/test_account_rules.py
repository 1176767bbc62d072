"""Rules about accounts, passwords, failures and keys, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.errors import HamletError
from services.account.domain.account import Account, Role
from services.account.domain.attempts import Allowance, Attempts
from services.account.domain.password import normalised, require_safe
from services.account.domain.profile import checked_display_name
from services.account.domain.session import Lifetime, Presented, Session
from services.account.domain.signing import KeyTimes, Schedule
from services.account.settings import AccountSettings, LeadTooShortError

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
OPHELIA = Account.new("1", "ophelia", "Rosemary@elsinore.example", "", Role.READER, NOW)
ALLOWANCE = Allowance(burst=3, every=10 * MINUTE)


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "PassWord123",
        "1234567890",
        "aaaaaaaaaaaa",
        "xx-Ophelia-xx",
        "my rosemary garden",
        "rosemary@elsinore.example",
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(HamletError, match="PASSWORD_UNSAFE"):
        require_safe(password, username="ophelia", email="Rosemary@elsinore.example")


@pytest.mark.parametrize("password", ["rue for remembrance", "zq8-violets", "ten thousand brothers"])
def test_any_other_password_will_do(password: str) -> None:
    require_safe(password, username="ophelia", email="Rosemary@elsinore.example")


def test_a_local_part_of_two_letters_is_in_too_many_words_to_matter() -> None:
    require_safe("the rest is silence", username="horatio", email="th@elsinore.example")


def test_a_password_is_the_same_from_every_keyboard() -> None:
    assert normalised("Helsingo\u0308r") == normalised("Helsing\u00f6r")


@pytest.mark.parametrize("name", ["line\nbreak", "nul\0", "\u202eevil", "tab\there"])
def test_a_name_cannot_forge_what_stands_around_it(name: str) -> None:
    with pytest.raises(HamletError, match="INVALID_REQUEST") as caught:
        checked_display_name(name, "display_name")
    assert [each.field for each in caught.value.violations] == ["display_name"]


def test_a_name_is_trimmed_and_defaults_to_the_username() -> None:
    assert checked_display_name("  Yorick  ", "display_name") == "Yorick"
    assert OPHELIA.name == "ophelia"


def test_a_suspension_ends_by_itself_and_says_when() -> None:
    suspended = OPHELIA.suspended_from(NOW, NOW + DAY)
    with pytest.raises(HamletError, match="ACCOUNT_SUSPENDED") as caught:
        suspended.require_active(NOW)
    assert caught.value.metadata == {"until": "2026-11-25T00:00:00Z"}
    suspended.require_active(NOW + DAY)


def test_a_suspension_without_end_says_none() -> None:
    with pytest.raises(HamletError, match="ACCOUNT_SUSPENDED") as caught:
        OPHELIA.suspended_from(NOW, None).require_active(NOW + 1000 * DAY)
    assert caught.value.metadata == {}


def test_a_suspended_administrator_administers_nothing() -> None:
    admin = OPHELIA.changed(NOW, role=Role.ADMIN)
    assert admin.administers(NOW)
    assert not admin.suspended_from(NOW, NOW + DAY).administers(NOW)
    assert admin.suspended_from(NOW, NOW + DAY).administers(NOW + DAY)


def test_a_session_slides_and_ends_at_its_absolute_bound() -> None:
    lifetime = Lifetime(idle=30 * DAY, at_most=90 * DAY)
    session = Session.start("s", "1", lifetime, NOW)
    assert session.expires_at == NOW + 30 * DAY
    later = session.refreshed(lifetime, NOW + 29 * DAY)
    assert later.expires_at == NOW + 59 * DAY
    last = later.refreshed(lifetime, NOW + 58 * DAY).refreshed(lifetime, NOW + 80 * DAY)
    assert last.expires_at == NOW + 90 * DAY
    assert last.judge(used=False, now=NOW + 90 * DAY) is Presented.OVER


def test_only_an_unused_token_of_a_lasting_session_is_current() -> None:
    session = Session.start("s", "1", Lifetime(DAY, DAY), NOW)
    assert session.judge(used=False, now=NOW) is Presented.CURRENT
    assert session.judge(used=True, now=NOW) is Presented.REPLAYED
    assert session.judge(used=True, now=NOW + DAY) is Presented.OVER


@given(gaps=st.lists(st.floats(min_value=0, max_value=3_600), min_size=1, max_size=100))
def test_no_fifteen_minutes_admit_more_than_the_burst_and_what_is_forgotten_meanwhile(gaps: list[float]) -> None:
    window, attempts, now, admitted = 15 * MINUTE, Attempts.none(NOW), NOW, list[datetime]()
    allowance = Allowance(3, timedelta(seconds=450))
    for gap in gaps:
        now += timedelta(seconds=gap)
        if not attempts.wait(allowance, now):
            attempts = attempts.with_another(allowance, now)
            admitted.append(now)
    for start in admitted:
        assert sum(start <= each < start + window for each in admitted) <= 5


def test_attempts_wait_when_the_burst_is_used_up_and_exactly_as_long_as_told() -> None:
    attempts = Attempts.none(NOW)
    for number in range(3):
        assert attempts.wait(ALLOWANCE, NOW) == timedelta(0), number
        attempts = attempts.with_another(ALLOWANCE, NOW)
    assert attempts.wait(ALLOWANCE, NOW + MINUTE) == 9 * MINUTE
    assert attempts.wait(ALLOWANCE, NOW + 10 * MINUTE) == timedelta(0)
    assert attempts.with_another(ALLOWANCE, NOW + 10 * MINUTE).wait(ALLOWANCE, NOW + 10 * MINUTE) == 10 * MINUTE


def test_whatever_was_counted_is_forgotten_in_good_time_and_a_clock_that_goes_back_forgets_nothing() -> None:
    many = Attempts(10**9, NOW)
    assert many.wait(ALLOWANCE, NOW) <= ALLOWANCE.forgotten_after
    assert many.with_another(ALLOWANCE, NOW + ALLOWANCE.forgotten_after).failures == 1
    assert Attempts(3, NOW).wait(ALLOWANCE, NOW - MINUTE) == 11 * MINUTE


def test_an_attempt_that_succeeds_is_taken_back_alone() -> None:
    assert Attempts(3, NOW).without_one() == Attempts(2, NOW)
    assert Attempts.none(NOW).without_one() == Attempts.none(NOW)


def test_a_narrowed_allowance_still_has_a_first_try() -> None:
    assert ALLOWANCE.narrowed().burst == 1
    assert Allowance(40, MINUTE).narrowed() == Allowance(8, MINUTE)


def _key(kid: str, active_at: datetime) -> KeyTimes:
    return KeyTimes(kid, NOW, active_at)


def test_the_newest_key_whose_time_has_come_signs() -> None:
    schedule = Schedule([_key("b", NOW + MINUTE), _key("a", NOW)], outlives=MINUTE)
    assert (schedule.signing(NOW), schedule.pending(NOW)) == (_key("a", NOW), _key("b", NOW + MINUTE))
    assert (schedule.signing(NOW + MINUTE), schedule.pending(NOW + MINUTE)) == (_key("b", NOW + MINUTE), None)
    assert schedule.signing(NOW - MINUTE) is None


def test_a_key_is_retired_when_its_last_token_is_worthless_and_the_last_one_never() -> None:
    schedule = Schedule([_key("a", NOW), _key("b", NOW + MINUTE)], outlives=10 * MINUTE)
    assert schedule.retired(NOW + 11 * MINUTE - timedelta(seconds=1)) == []
    assert schedule.retired(NOW + 11 * MINUTE) == ["a"]
    assert schedule.next_retirement() == NOW + 11 * MINUTE
    assert schedule.retired_at("b") is None


def test_a_lead_that_verifiers_cannot_keep_up_with_is_refused() -> None:
    AccountSettings(key_lead=15).require_lead(5)
    with pytest.raises(LeadTooShortError, match="HAMLET_ACCOUNT_KEY_LEAD"):
        AccountSettings(key_lead=6).require_lead(5)


def test_keepers_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMLET_ACCOUNT_KEEPERS", "blog, comment,mail")
    assert AccountSettings().keepers == ("blog", "comment", "mail")
