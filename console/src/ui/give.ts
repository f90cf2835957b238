/** Puts a text on the clipboard; false where the browser does not let pages write there (without TLS, say). */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Outside of a secure context there is no clipboard at all.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Gives a text to the browser to be saved. */
export function saveText(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  const url = URL.createObjectURL(new Blob([text], { type }));
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
