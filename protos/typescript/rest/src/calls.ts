/**
 * How calls are typed. openapi-fetch's own signature infers the options from what is given, and with that the compiler no
 * longer notices a field that does not exist (its generic `Init`). Here they are what the path and the method say.
 */

import type { FetchOptions, FetchResponse } from "openapi-fetch";
import type { FilterKeys, HttpMethod, PathsWithMethod, RequiredKeysOf } from "openapi-typescript-helpers";

import type { paths } from "./schema.ts";

/** Parameters and body of an operation. They may be left out where the operation needs none. */
type Options<Operation> =
  RequiredKeysOf<FetchOptions<Operation>> extends never
    ? [options?: FetchOptions<Operation>]
    : [options: FetchOptions<Operation>];

type Call<Method extends HttpMethod> = <Path extends PathsWithMethod<paths, Method>>(
  path: Path,
  ...options: Options<FilterKeys<paths[Path], Method>>
) => Promise<FetchResponse<Operation<Path, Method>, object, "application/json">>;

type Operation<Path extends keyof paths, Method extends HttpMethod> =
  FilterKeys<paths[Path], Method> extends infer Found extends Record<string | number, unknown> ? Found : never;

/** One function a method; the path and the options decide what it answers. */
export interface Calls {
  readonly GET: Call<"get">;
  readonly POST: Call<"post">;
  readonly PATCH: Call<"patch">;
  readonly PUT: Call<"put">;
  readonly DELETE: Call<"delete">;
}
