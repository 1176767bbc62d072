/** The client against a real front door: HAMLET_URL, with the administrator's HAMLET_ADMIN_PASSWORD. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { type Hamlet, HamletError, answer, answerIfChanged, createHamlet, each, pages, unchangedSince } from "../src/index.ts";

const baseUrl = process.env["HAMLET_URL"] ?? "";
const password = "the readiness is all";
const anonymous = createHamlet({ baseUrl });

async function refused(call: Promise<unknown>): Promise<HamletError> {
  const error = await call.then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof HamletError, `${error}`);
  return error;
}

async function author(username: string): Promise<Hamlet> {
  const { id } = await answer(
    anonymous.POST("/v1/accounts", { body: { username, email: `${username}@example.com`, password } }),
  );
  const admin = createHamlet({ baseUrl });
  await admin.credentials.signIn("admin", process.env["HAMLET_ADMIN_PASSWORD"] ?? "");
  const params = { path: { accountId: id } };
  await answer(admin.POST("/v1/accounts/{accountId}:setRole", { params, body: { role: "ROLE_AUTHOR" } }));
  const hamlet = createHamlet({ baseUrl });
  assert.equal((await hamlet.credentials.signIn(username, password))?.id, id);
  return hamlet;
}

async function published(hamlet: Hamlet, title: string): Promise<string> {
  const { id: postId } = await answer(hamlet.POST("/v1/posts", { body: { title, body: "Words, **words**." } }));
  await answer(hamlet.POST("/v1/posts/{postId}:publish", { params: { path: { postId } }, body: {} }));
  return postId;
}

test("an author publishes, a guest comments, everybody reads it", async () => {
  const hamlet = await author("rest-fortinbras");
  const postId = await published(hamlet, "A little patch of ground");
  const params = { path: { postId } };
  assert.match((await answer(anonymous.GET("/v1/posts/{postId}", { params }))).bodyHtml, /<strong>words<\/strong>/);

  const written = await answer(
    anonymous.POST("/v1/posts/{postId}/comments", {
      params,
      body: { authorName: "Captain", text: "I have read this twice, and I would not pay five ducats to farm it." },
    }),
  );
  const { comments } = await answer(hamlet.GET("/v1/posts/{postId}/comments", { params }));
  assert.deepEqual(comments.map((comment) => comment.id), [written.id]);
});

test("a list is walked page by page, and entry by entry", async () => {
  const hamlet = await author("rest-osric");
  const titles = ["first", "second", "third"];
  for (const title of titles) await answer(hamlet.POST("/v1/posts", { body: { title } }));
  const mine = { authorId: "me", state: "POST_STATE_DRAFT", pageSize: 2 } as const;
  const ask = (page: { pageToken?: string }) =>
    answer(hamlet.GET("/v1/posts", { params: { query: { ...mine, ...page } } }));

  const sizes: number[] = [];
  for await (const page of pages(ask)) sizes.push(page.posts.length);
  assert.deepEqual(sizes, [2, 1]);
  const seen: string[] = [];
  for await (const post of each(ask, (page) => page.posts)) seen.push(post.title);
  assert.deepEqual(seen.toReversed(), titles);
});

test("what has not changed is not sent again", async () => {
  const hamlet = await author("rest-gertrude");
  const path = { postId: await published(hamlet, "The lady protests") };
  const first = await anonymous.GET("/v1/posts/{postId}", { params: { path } });
  const known = { "If-None-Match": first.response.headers.get("etag") ?? "" };
  const again = anonymous.GET("/v1/posts/{postId}", { params: { path, header: known } });
  assert.equal(await answerIfChanged(again), undefined);
  const other = anonymous.GET("/v1/posts/{postId}", { params: { path, header: { "If-None-Match": '"another"' } } });
  assert.equal((await answerIfChanged(other))?.id, path.postId);
});

test("an edit overwrites nobody", async () => {
  const hamlet = await author("rest-ophelia");
  const path = { postId: await published(hamlet, "Rosemary") };
  const read = await answer(hamlet.GET("/v1/posts/{postId}", { params: { path } }));
  const edit = (title: string) =>
    answer(hamlet.PATCH("/v1/posts/{postId}", { params: { path, header: unchangedSince(read) }, body: { title } }));
  assert.equal((await edit("Rosemary, for remembrance")).title, "Rosemary, for remembrance");
  assert.equal((await refused(edit("Pansies, for thoughts"))).reason, "ETAG_MISMATCH");
});

test("an error says what, where and whether to try again", async () => {
  const path = { postId: "01890a5d-ac96-774b-bcce-b302099a8057" };
  const missing = await refused(answer(anonymous.GET("/v1/posts/{postId}", { params: { path } })));
  assert.deepEqual([missing.reason, missing.status, missing.fields], ["POST_NOT_FOUND", 404, []]);
  assert.ok(missing.requestId);

  const body = { username: "X", email: "x@example.com", password };
  const invalid = await refused(answer(anonymous.POST("/v1/accounts", { body })));
  assert.equal(invalid.reason, "INVALID_REQUEST");
  assert.equal(invalid.fields[0]?.field, "username");

  const wrong = await refused(createHamlet({ baseUrl }).credentials.signIn("nobody", "wrong password"));
  assert.equal(wrong.reason, "INVALID_CREDENTIALS");
});

test("a token that is no longer taken is renewed once, whoever asks at the time", async () => {
  const hamlet = await author("rest-laertes");
  const session = await answer(anonymous.POST("/v1/sessions", { body: { login: "rest-laertes", password } }));
  const stale = { accessToken: `${session.accessToken.slice(0, -4)}AAAA`, refreshToken: session.refreshToken };
  const kept: unknown[] = [];
  const returning = createHamlet({ baseUrl, tokens: stale, onTokens: (tokens) => kept.push(tokens) });
  const title = "A hit, a very palpable hit";
  const answers = await Promise.all([
    answer(returning.GET("/v1/accounts/{accountId}", { params: { path: { accountId: "me" } } })),
    answer(returning.POST("/v1/posts", { body: { title } })),
    answer(returning.GET("/v1/posts", { params: { query: { authorId: "me", state: "POST_STATE_DRAFT" } } })),
  ]);
  assert.equal(answers[1].title, title);
  assert.equal(kept.length, 1);

  await returning.credentials.signOut();
  assert.equal(returning.credentials.signedIn, false);
  assert.equal(kept.at(-1), undefined);
  assert.equal(hamlet.credentials.signedIn, true);
});

test("a session that is over says so, and nobody is signed in", async () => {
  const hamlet = createHamlet({ baseUrl, tokens: { accessToken: "a.b.c", refreshToken: "spent" } });
  const me = { params: { path: { accountId: "me" } } };
  assert.equal((await refused(answer(hamlet.GET("/v1/accounts/{accountId}", me)))).reason, "INVALID_REFRESH_TOKEN");
  assert.equal(hamlet.credentials.signedIn, false);
  assert.equal((await refused(answer(hamlet.GET("/v1/accounts/{accountId}", me)))).reason, "UNAUTHENTICATED");
});

test("something else than Hamlet that answers is an error too", async () => {
  const gateway = async () => new Response("<h1>Bad gateway</h1>", { status: 502 });
  const error = await refused(answer(createHamlet({ baseUrl, fetch: gateway }).GET("/v1/posts")));
  assert.deepEqual([error.reason, error.status, error.retryAfter], ["UNKNOWN", 502, undefined]);
});
