// Texts that were changed and not saved: who looks at another page and comes back finds them. They are gone with the tab.

interface Draft {
  /** Digest of the file that was changed; empty for a new one. */
  digest: string;
  text: string;
}

const drafts = new Map<string, Draft>();

const keyOf = (user: string, path: string) => `${user}\n${path}`;

/** What a user last wrote into a file, if the file is still the one that was changed. */
export function draftOf(user: string, path: string, digest: string): string | null {
  const draft = drafts.get(keyOf(user, path));
  return draft?.digest === digest ? draft.text : null;
}

/** Keeps a text, or forgets it (null). */
export function keepDraft(user: string, path: string, digest: string, text: string | null): void {
  if (text === null) drafts.delete(keyOf(user, path));
  else drafts.set(keyOf(user, path), { digest, text });
}

// A tab that is closed takes them with it: the browser asks before.
window.addEventListener("beforeunload", (event) => {
  if (drafts.size > 0) event.preventDefault();
});
