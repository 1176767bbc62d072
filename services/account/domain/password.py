"""Which passwords are too easy to guess (NIST SP 800-63B, section 3.1.1.2: length and a blocklist, no composition)."""

import unicodedata

from mesh.errors import ErrorReason, HamletError

__all__ = ["normalised", "require_safe"]

# Shorter names are in too many words.
_TELLING = 3


def normalised(password: str) -> str:
    """The same password from every keyboard (RFC 8265, section 4.2.2: NFC)."""
    return unicodedata.normalize("NFC", password)


def require_safe(password: str, *, username: str, email: str) -> None:
    """
    Raises:
        HamletError: PASSWORD_UNSAFE; one of the commonest, one character over and over, or with the username or the
            e-mail address's local part in it.
    """
    folded = normalised(password).casefold()
    own = {username.casefold(), email.casefold(), email.partition("@")[0].casefold()}
    contains_own = any(len(each) >= _TELLING and each in folded for each in own)
    if contains_own or folded in _COMMONEST or len(set(folded)) == 1:
        raise HamletError(ErrorReason.ERROR_REASON_PASSWORD_UNSAFE)


# The commonest of ten characters and more in published lists of leaked passwords.
_COMMONEST = frozenset(
    [
        "0123456789",
        "0987654321",
        "1029384756",
        "1122334455",
        "1212121212",
        "123123123123",
        "1231231231",
        "1234512345",
        "123456123456",
        "1234567890",
        "12345678900",
        "12345678910",
        "1234567891",
        "123456789a",
        "123456789q",
        "12345qwert",
        "1234qwerasdf",
        "1234qwerty",
        "123abc123abc",
        "123qwe123qwe",
        "123qweasdzxc",
        "147258369a",
        "147896325o",
        "1a2b3c4d5e",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "1qazxsw23edc",
        "3rjs1la7qe",
        "789456123a",
        "9876543210",
        "a123456789",
        "aa12345678",
        "abc1234567",
        "abcd123456",
        "abcd1234abcd",
        "abcdefghij",
        "abcdefghijk",
        "administrator",
        "asd123asd123",
        "asdfasdfasdf",
        "asdfghjkl1",
        "asdfghjkl;",
        "asdfghjklz",
        "babygirl123",
        "baseball123",
        "basketball",
        "blink182blink",
        "butterfly1",
        "changeme123",
        "charlie123",
        "chocolate1",
        "christopher",
        "computer123",
        "cristiano7",
        "december12",
        "everything",
        "football123",
        "forever123",
        "generation",
        "gwerty1234",
        "hello12345",
        "helloworld",
        "iloveyou123",
        "iloveyou12",
        "iloveyou1234",
        "jennifer123",
        "letmein123",
        "liverpool1",
        "liverpoolfc",
        "lovelovelove",
        "manchester",
        "manunited1",
        "michael123",
        "mypassword",
        "myspace123",
        "november11",
        "p@ssw0rd123",
        "pass123456",
        "passpasspass",
        "password00",
        "password01",
        "password10",
        "password11",
        "password12",
        "password123",
        "password1234",
        "password12345",
        "password123456",
        "password2020",
        "password2021",
        "password2022",
        "password2023",
        "password2024",
        "password2025",
        "password2026",
        "passw0rd123",
        "passwordpassword",
        "princess12",
        "q1w2e3r4t5",
        "q1w2e3r4t5y6",
        "qazwsxedc1",
        "qazwsxedcrfv",
        "qwe123qwe123",
        "qweasdzxc1",
        "qweasdzxc123",
        "qwer123456",
        "qwerasdfzxcv",
        "qwerqwerqwer",
        "qwerty1234",
        "qwerty12345",
        "qwerty123456",
        "qwertyqwerty",
        "qwertyuiop",
        "qwertyuiop1",
        "qwertyuiop123",
        "qwertyuiop[]",
        "qwertyuiopasdfghjkl",
        "secret1234",
        "september1",
        "spiderman1",
        "starwars123",
        "sunshine12",
        "sunshine123",
        "superman123",
        "temporary1",
        "testing123",
        "thisisapassword",
        "trustno1trustno1",
        "unbelievable",
        "unknown123",
        "valentina1",
        "volleyball",
        "welcome123",
        "welcome1234",
        "westham123",
        "yourpassword",
        "zaq12wsxcde3",
        "zxcvbnm123",
        "zxcvbnm1234",
        "zxcvbnmasdfghjkl",
        "zxcvbnm,./",
    ]
)
