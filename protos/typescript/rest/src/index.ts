/** A typed client of Hamlet's REST interface: types and paths from the OpenAPI document, and what a page needs besides. */

export { type Hamlet, createHamlet } from "./client.ts";
export { Credentials, type Tokens } from "./credentials.ts";
export { unchangedSince } from "./edits.ts";
export { HamletError, answer, answerIfChanged } from "./errors.ts";
export { each, pages } from "./pages.ts";
export type * from "./schema.ts";
export { watchComments } from "./watch.ts";
