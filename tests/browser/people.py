"""People of a village who have their rights by the ordinary way: they register, an administrator gives the role."""

from services.cli.rest import call
from tests.e2e.running import Village

__all__ = ["PASSWORD", "author", "published"]

PASSWORD = "though this be madness"


def author(village: Village, username: str) -> str:
    """The access token of a new author."""
    person = {"username": username, "email": f"{username}@example.com", "password": PASSWORD}
    account = call(village.url, "/v1/accounts", person).body
    admin = village.sign_in("admin", village.password_of_admin())
    call(village.url, f"/v1/accounts/{account['id']}:setRole", {"role": "ROLE_AUTHOR"}, token=admin)
    return village.sign_in(username, PASSWORD)


def published(village: Village, token: str, title: str, body: str = "Words, words, words.") -> str:
    """The id of a new post that everybody sees."""
    post = str(call(village.url, "/v1/posts", {"title": title, "body": body}, token=token).body["id"])
    call(village.url, f"/v1/posts/{post}:publish", {}, token=token)
    return post
