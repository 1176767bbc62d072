/** The one shape of all errors (AIP-193) as one exception, told apart by `reason`. */

import type { components, ErrorReason } from "./schema.ts";

type Details = ReadonlyArray<
  components["schemas"]["ErrorInfo"] | components["schemas"]["BadRequest"] | components["schemas"]["RetryInfo"]
>;

/** What the front door answered instead. Branch on `reason`; `message` is for a person and may change. */
export class HamletError extends Error {
  override readonly name = "HamletError";
  /** A name of the contract, or UNKNOWN where something else than Hamlet answered. */
  readonly reason: ErrorReason | "UNKNOWN";
  /** The HTTP status. */
  readonly status: number;
  /** What the reason's description names. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The fields that break a rule, with what is wrong. */
  readonly fields: ReadonlyArray<components["schemas"]["FieldViolation"]>;
  /** After how many seconds to try again, where the answer says so. */
  readonly retryAfter: number | undefined;
  /** To quote when asking the operator why. */
  readonly requestId: string | undefined;

  constructor(response: Response, body: unknown) {
    const { message, details } = statusOf(body);
    super(message ?? `HTTP ${response.status}`);
    const info = details.find((each) => each["@type"] === "type.googleapis.com/google.rpc.ErrorInfo");
    const bad = details.find((each) => each["@type"] === "type.googleapis.com/google.rpc.BadRequest");
    const retry = details.find((each) => each["@type"] === "type.googleapis.com/google.rpc.RetryInfo");
    this.reason = info?.reason ?? "UNKNOWN";
    this.status = response.status;
    this.metadata = info?.metadata ?? {};
    this.fields = bad?.fieldViolations ?? [];
    this.retryAfter = retry && Number.parseFloat(retry.retryDelay);
    this.requestId = response.headers.get("x-request-id") ?? undefined;
  }

  /** The error that a response is. Reads its body. */
  static async of(response: Response): Promise<HamletError> {
    return new HamletError(response, await response.json().catch(() => undefined));
  }
}

function statusOf(body: unknown): { message?: string; details: Details } {
  if (typeof body !== "object" || body === null) return { details: [] };
  const { message, details } = body as { message?: string; details?: Details };
  return { ...(message !== undefined && { message }), details: Array.isArray(details) ? details : [] };
}

interface Called<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/**
 * What a call answered.
 *
 * @throws HamletError It was an error.
 */
export async function answer<Data>(call: Promise<Called<Data>>): Promise<Exclude<Data, undefined>> {
  const { data, error, response } = await call;
  if (!response.ok) throw new HamletError(response, error);
  return data as Exclude<Data, undefined>;
}

/**
 * What a call with If-None-Match answered, or undefined where what you have still holds (304).
 *
 * @throws HamletError It was an error.
 */
export async function answerIfChanged<Data>(call: Promise<Called<Data>>): Promise<Exclude<Data, undefined> | undefined> {
  const called = await call;
  return called.response.status === 304 ? undefined : answer(Promise.resolve(called));
}
