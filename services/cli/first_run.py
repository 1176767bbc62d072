"""What happens once: an administrator with a random password, and a demo that shows the whole way of a comment."""

import asyncio
import secrets
from pathlib import Path

import grpc
from hamlet.account.v1.account_admin_service_pb2 import CreateAdminRequest, SetRoleRequest
from hamlet.account.v1.account_admin_service_pb2_grpc import AccountAdminServiceStub
from hamlet.mesh.v1.policy_pb2 import Role
from rich.console import Console

from mesh.settings import MeshSettings
from mesh.status import error_of
from mesh.telemetry.spans import SpanRecord
from mesh.telemetry.traces import load_trace
from mesh.telemetry.tree import render_tree
from services.cli.demo import HAM, SPAM, DemoAccount, Judged, publish_post, send_comment
from services.cli.layout import Layout
from services.cli.operator import operator_channel

__all__ = ["create_administrator", "show_demo"]

_TRACE_SECONDS = 8.0


async def create_administrator(console: Console, layout: Layout, folder: Path) -> None:
    """Creates the administrator where there is none, and prints the password this once."""
    password = secrets.token_urlsafe(15)
    request = CreateAdminRequest(
        username="admin", email="admin@hamlet.example.com", password=password, only_if_none=True
    )
    async with operator_channel(MeshSettings(home=folder), "account", _target(layout)) as channel:
        try:
            await AccountAdminServiceStub(channel).CreateAdmin(request)
        except grpc.aio.AioRpcError as failure:
            error = error_of(failure)
            if error is None or error.spec.reason != "ADMIN_EXISTS":
                raise
            return
    console.print(f"[bold]Administrator[/]  admin  [bold]password[/]  {password}   (printed this once)\n")


async def show_demo(console: Console, layout: Layout, folder: Path, *, wanted: bool | None) -> None:
    """Publishes a post, sends a ham and a spam comment, and prints the verdicts and the second one's trace."""
    shown = folder / "run" / "demo-shown"
    if wanted is False or (wanted is None and shown.exists()):
        return
    account = DemoAccount.kept_in(folder)
    await _make_author(layout, folder, await asyncio.to_thread(account.register, layout.url))
    token = str((await asyncio.to_thread(account.sign_in, layout.url)).body["accessToken"])
    post = await asyncio.to_thread(publish_post, layout.url, token)
    console.print(f"[bold]Demo post[/]  {post['title']}  {layout.url}/v1/posts/{post['id']}\n")
    for comment in (HAM, SPAM):
        judged = await asyncio.to_thread(send_comment, layout.url, post["id"], comment, token)
        _print_verdict(console, judged)
    console.print("[bold]The way of the second comment[/]")
    console.print(await _way(folder / "traces", judged.trace_id), highlight=False, markup=False)
    shown.touch()


async def _make_author(layout: Layout, folder: Path, account_id: str) -> None:
    async with operator_channel(MeshSettings(home=folder), "account", _target(layout)) as channel:
        await AccountAdminServiceStub(channel).SetRole(SetRoleRequest(account_id=account_id, role=Role.ROLE_AUTHOR))


def _print_verdict(console: Console, judged: Judged) -> None:
    verdict = judged.comment.get("verdict") or {}
    label = str(verdict.get("label", "LABEL_NOT_JUDGED_YET")).removeprefix("LABEL_")
    console.print(
        f"[bold]{label:<6}[/] {verdict.get('probability', 0.0):.1%} spam, {judged.state.lower()}   "
        f"[dim]{judged.comment['text'][:60]}...[/]"
    )
    for reason in verdict.get("reasons", [])[:4]:
        evidence = ", ".join(reason.get("evidence", [])[:5])
        console.print(f"   {reason['weight']:+6.2f}  {reason['code']:<14} {reason['description']}  {evidence}")
    console.print()


async def _way(folder: Path, trace_id: str) -> str:
    """The trace as a tree, or why there is none to show: the village runs either way."""
    try:
        return render_tree(await _trace(folder, trace_id))
    except TimeoutError:
        return f"not every request is traced, or its spans are late; later, try: hamlet trace {trace_id}"


async def _trace(folder: Path, trace_id: str) -> list[SpanRecord]:
    """The spans of a trace, once they have all arrived: exporters send every few seconds."""
    async with asyncio.timeout(_TRACE_SECONDS):
        while True:
            spans = load_trace(folder, trace_id)
            if spans and _is_whole(spans):
                return spans
            await asyncio.sleep(0.1)


def _is_whole(spans: list[SpanRecord]) -> bool:
    """Whether everybody has sent theirs: a span arrives when it ends, so a caller's after those of whom it called."""
    there = {span.span_id for span in spans}
    services = {span.service for span in spans}
    return {"edge", "comment", "blog", "spam"} <= services and all(
        not span.parent_id or span.parent_id in there for span in spans
    )


def _target(layout: Layout) -> str:
    return f"ipv4:127.0.0.1:{layout.grpc['account']}"
