// Why a login through the provider did not work: the server sends the browser back with a word, here are the sentences.

const TEXTS: Record<string, (provider: string) => string> = {
  refused: (provider) => `${provider} refused the login.`,
  stale: () => "This login took too long, was used before, or began in another browser. Begin again.",
  provider: (provider) => `${provider} cannot be reached, or its answer cannot be trusted. The server's log says why.`,
  no_role: (provider) => `${provider} knows you, but none of your groups has a role here. Ask an admin.`,
  no_period: () => "You are an auditor without a period. An admin has to give you one first.",
  name_taken: () => "Somebody who was made here has your name. An admin has to tie the two together.",
  disabled: () => "Your user may not log in here. Ask an admin.",
  busy: () => "Too many log in at this moment. Try again.",
};

/** One sentence for a word of the server; a general one for a word that is not known. */
export function failureText(reason: string, provider: string): string {
  const text = Object.hasOwn(TEXTS, reason) ? TEXTS[reason] : undefined;
  return text?.(provider) ?? `The login with ${provider} did not work. The server's log says why.`;
}
