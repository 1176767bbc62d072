/** Lists come in pages; these walk them. */

/**
 * Page after page.
 *
 * @param ask Asks for a page: what it gets belongs into the query, and is empty for the first one.
 */
export async function* pages<Page extends { nextPageToken: string }>(
  ask: (page: { pageToken?: string }) => Promise<Page>,
): AsyncGenerator<Page, void, undefined> {
  let next: { pageToken?: string } | undefined = {};
  while (next) {
    const page: Page = await ask(next);
    yield page;
    next = page.nextPageToken ? { pageToken: page.nextPageToken } : undefined;
  }
}

/**
 * Each entry of a list, whatever page it stands on. A page is asked for when its first entry is wanted.
 *
 * @param entries Takes the entries out of a page.
 */
export async function* each<Page extends { nextPageToken: string }, Entry>(
  ask: (page: { pageToken?: string }) => Promise<Page>,
  entries: (page: Page) => Iterable<Entry>,
): AsyncGenerator<Entry, void, undefined> {
  for await (const page of pages(ask)) yield* entries(page);
}
