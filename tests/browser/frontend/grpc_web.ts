/** A page that speaks gRPC-Web to the front door: signs in, comments, watches. */

import { ConnectError, type Interceptor, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { SessionService } from "@contracts/hamlet/account/v1/session_service_pb";
import { CommentEventType } from "@contracts/hamlet/comment/v1/comment_service_pb";
import { CommentService } from "@contracts/hamlet/comment/v1/comment_service_pb";
import { ErrorInfoSchema } from "@contracts/google/rpc/error_details_pb";

let accessToken = "";
const signed: Interceptor = (next) => (request) => {
  if (accessToken) request.header.set("authorization", `Bearer ${accessToken}`);
  return next(request);
};

function connected(baseUrl: string) {
  const transport = createGrpcWebTransport({ baseUrl, interceptors: [signed] });
  return { sessions: createClient(SessionService, transport), comments: createClient(CommentService, transport) };
}

const page = {
  open: false,
  seen: [] as string[],

  /** The name of who is signed in then. */
  async signIn(baseUrl: string, login: string, password: string): Promise<string | undefined> {
    const session = await connected(baseUrl).sessions.signIn({ login, password });
    accessToken = session.accessToken;
    return session.account?.username;
  },

  async comment(baseUrl: string, postId: string, text: string): Promise<string> {
    return (await connected(baseUrl).comments.createComment({ postId, comment: { text } })).authorName;
  },

  /** Notes each comment that appears, until the page is closed. */
  async watch(baseUrl: string, postId: string): Promise<void> {
    for await (const { event } of connected(baseUrl).comments.watchComments({ postId })) {
      page.open = true;
      if (event?.type === CommentEventType.APPEARED) page.seen.push(event.comment?.text ?? "");
    }
  },

  /** The machine-readable reason of an error, which travels in its details. */
  async reasonOfWrongPassword(baseUrl: string, login: string): Promise<string | undefined> {
    const failed = await connected(baseUrl).sessions.signIn({ login, password: "wrong" }).catch(ConnectError.from);
    return failed instanceof ConnectError ? failed.findDetails(ErrorInfoSchema)[0]?.reason : undefined;
  },
};

declare global {
  var grpcWeb: typeof page;
}
globalThis.grpcWeb = page;
