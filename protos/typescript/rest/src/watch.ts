/** Comments as they appear, change and disappear, over server-sent events. */

import { HamletError } from "./errors.ts";
import type { CommentEvent, WatchCommentsResponse } from "./schema.ts";

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 15_000;

/**
 * What happens under a post, as every reader sees it, until `signal` ends it. A broken connection is taken up again
 * where it broke off: nothing is missed and nothing comes twice.
 *
 * @param options.resumeToken Of an earlier event: what has happened since comes first.
 * @param options.EventSource Takes the place of the global one.
 * @throws HamletError The watch is refused: POST_NOT_FOUND, INVALID_RESUME_TOKEN.
 */
export async function* watchComments(options: {
  baseUrl: string;
  postId: string;
  resumeToken?: string;
  signal?: AbortSignal;
  EventSource?: typeof EventSource;
}): AsyncGenerator<{ event: CommentEvent; resumeToken: string }, void, undefined> {
  const url = new URL(`/v1/posts/${encodeURIComponent(options.postId)}/comments:watch`, options.baseUrl);
  let pause = FIRST_PAUSE;
  while (!options.signal?.aborted) {
    if (options.resumeToken) url.searchParams.set("resumeToken", options.resumeToken);
    for await (const message of messages(url, options)) {
      pause = FIRST_PAUSE;
      options = { ...options, resumeToken: message.resumeToken };
      if (message.event) yield { event: message.event, resumeToken: message.resumeToken };
    }
    if (options.signal?.aborted) return;
    await refuseIfRefused(url);
    await new Promise((done) => setTimeout(done, pause));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** The messages of one connection, until it breaks. */
async function* messages(
  url: URL,
  options: { signal?: AbortSignal; EventSource?: typeof EventSource },
): AsyncGenerator<WatchCommentsResponse, void, undefined> {
  const waiting: WatchCommentsResponse[] = [];
  let over = false;
  let wake = () => {};
  const source = new (options.EventSource ?? EventSource)(url);
  const end = () => {
    over = true;
    wake();
  };
  source.onmessage = ({ data }: MessageEvent<string>) => {
    waiting.push(JSON.parse(data) as WatchCommentsResponse);
    wake();
  };
  source.onerror = end;
  options.signal?.addEventListener("abort", end);
  try {
    while (!over || waiting.length > 0) {
      const next = waiting.shift();
      if (next) yield next;
      else await new Promise<void>((done) => (wake = done));
    }
  } finally {
    source.close();
    options.signal?.removeEventListener("abort", end);
  }
}

/** An EventSource does not tell why it could not be opened, so it is asked with a plain request. */
async function refuseIfRefused(url: URL): Promise<void> {
  const asking = new AbortController();
  const response = await fetch(url, { signal: asking.signal }).catch(() => undefined);
  if (response && response.status >= 400 && response.status < 500 && response.status !== 429) {
    throw await HamletError.of(response);
  }
  asking.abort();
}
