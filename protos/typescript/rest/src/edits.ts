/** Edits that overwrite nobody. */

/** The header with which an edit is refused (ETAG_MISMATCH) if somebody changed the resource since you read it. */
export function unchangedSince(read: { etag: string }): { "If-Match": string } {
  return { "If-Match": read.etag };
}
