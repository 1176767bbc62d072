/** The client: one function a method and path, each argument and answer typed by the OpenAPI document. */

import createClient from "openapi-fetch";

import type { Calls } from "./calls.ts";
import { Credentials, type Tokens } from "./credentials.ts";
import type { paths } from "./schema.ts";

/** Calls as `hamlet.GET("/v1/posts/{postId}", { params })`; `credentials` signs in, refreshes and signs out. */
export type Hamlet = Calls & { readonly credentials: Credentials };

/**
 * @param options.baseUrl The front door, as `https://blog.example`.
 * @param options.tokens Of a session that was kept; without them calls are anonymous until `credentials.signIn`.
 * @param options.onTokens Called with each new pair, and with nothing when the session is over: keep them here.
 * @param options.fetch Takes the place of the global one.
 */
export function createHamlet(options: {
  baseUrl: string;
  tokens?: Tokens;
  onTokens?: (tokens: Tokens | undefined) => void;
  fetch?: (request: Request) => Promise<Response>;
}): Hamlet {
  const send = options.fetch ?? ((request: Request) => fetch(request));
  const calls = (fetch: (request: Request) => Promise<Response>): Calls =>
    createClient<paths>({ baseUrl: options.baseUrl, fetch }) as Calls;
  const credentials = new Credentials(calls(send), options);
  return { ...calls((request) => credentials.send(request, send)), credentials };
}
