/** Who calls: the pair of tokens of a session, renewed when the access token is no longer taken. */

import type { Calls } from "./calls.ts";
import { HamletError, answer } from "./errors.ts";
import type { Account, Session } from "./schema.ts";

/** What a session is kept as. The refresh token works once. */
export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

/**
 * A used refresh token ends the session, so a renewal is never made twice at a time; two tabs of a browser need a
 * session each.
 */
export class Credentials {
  readonly #anonymous: Calls;
  readonly #changed: (tokens: Tokens | undefined) => void;
  #tokens: Tokens | undefined;
  #renewal: Promise<void> | undefined;

  constructor(
    anonymous: Calls,
    kept: { tokens?: Tokens; onTokens?: (tokens: Tokens | undefined) => void },
  ) {
    this.#anonymous = anonymous;
    this.#tokens = kept.tokens;
    this.#changed = kept.onTokens ?? (() => {});
  }

  get signedIn(): boolean {
    return this.#tokens !== undefined;
  }

  /** @throws HamletError INVALID_CREDENTIALS, ACCOUNT_SUSPENDED, RATE_LIMITED. */
  async signIn(login: string, password: string): Promise<Account | undefined> {
    return this.#take(await answer(this.#anonymous.POST("/v1/sessions", { body: { login, password } })));
  }

  /** Ends the session here and at the server. */
  async signOut(): Promise<void> {
    const refreshToken = this.#tokens?.refreshToken;
    this.#set(undefined);
    if (refreshToken) await answer(this.#anonymous.POST("/v1/sessions:signOut", { body: { refreshToken } }));
  }

  /**
   * Sends a request with the access token. A token that is not taken is renewed, once, and the request sent again.
   *
   * @throws HamletError INVALID_REFRESH_TOKEN or ACCOUNT_SUSPENDED where the session is over; then nobody is signed in.
   */
  async send(request: Request, send: (request: Request) => Promise<Response>): Promise<Response> {
    const used = this.#tokens?.accessToken;
    if (used === undefined) return send(request);
    const again = request.clone();
    const response = await send(bearing(request, used));
    if (response.status !== 401 || (await HamletError.of(response.clone())).reason !== "INVALID_TOKEN") return response;
    await this.#renew(used);
    return send(bearing(again, this.#tokens?.accessToken));
  }

  async #renew(used: string): Promise<void> {
    if (this.#tokens?.accessToken !== used) return;
    this.#renewal ??= this.#exchange(this.#tokens.refreshToken).finally(() => (this.#renewal = undefined));
    await this.#renewal;
  }

  async #exchange(refreshToken: string): Promise<void> {
    try {
      this.#take(await answer(this.#anonymous.POST("/v1/sessions:refresh", { body: { refreshToken } })));
    } catch (error) {
      if (error instanceof HamletError && (error.status === 401 || error.status === 403)) this.#set(undefined);
      throw error;
    }
  }

  #take({ accessToken, refreshToken, account }: Session): Account | undefined {
    this.#set({ accessToken, refreshToken });
    return account;
  }

  #set(tokens: Tokens | undefined): void {
    this.#tokens = tokens;
    this.#changed(tokens);
  }
}

function bearing(request: Request, accessToken: string | undefined): Request {
  if (accessToken !== undefined) request.headers.set("authorization", `Bearer ${accessToken}`);
  return request;
}
