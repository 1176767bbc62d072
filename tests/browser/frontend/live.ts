/** A page that follows comments over server-sent events: with the client's `watchComments`, and with a bare EventSource. */

import { type WatchCommentsResponse, watchComments } from "@hamlet/rest";

const page = {
  connections: 0,
  seen: [] as string[],
  bare: [] as string[],

  /** Notes each comment that appears. `connections` counts the watches that have begun. */
  async follow(baseUrl: string, postId: string): Promise<void> {
    class Counted extends EventSource {
      constructor(url: string | URL) {
        super(url);
        this.addEventListener("message", () => (page.connections += 1), { once: true });
      }
    }
    for await (const { event } of watchComments({ baseUrl, postId, EventSource: Counted })) {
      if (event.type === "COMMENT_EVENT_TYPE_APPEARED") page.seen.push(event.comment?.text ?? "");
    }
  },

  /** The same with nothing but what a browser has. */
  followBare(baseUrl: string, postId: string): void {
    const source = new EventSource(`${baseUrl}/v1/posts/${postId}/comments:watch`);
    let begun = false;
    source.onopen = () => (begun = true);
    source.onmessage = ({ data }: MessageEvent<string>) => {
      if (begun) page.connections += 1;
      begun = false;
      const { event } = JSON.parse(data) as WatchCommentsResponse;
      if (event?.type === "COMMENT_EVENT_TYPE_APPEARED") page.bare.push(event.comment?.text ?? "");
    };
  },
};

declare global {
  var live: typeof page;
}
globalThis.live = page;
