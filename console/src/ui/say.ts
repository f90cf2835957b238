/** Has a text read out to those who listen: by the dialog that is open, because the page behind it is not read, or else by the page. */
export function say(text: string): void {
  const places = document.querySelectorAll<HTMLElement>("dialog[open] [data-say], [data-say]");
  const place = [...places].reverse().find((p) => p.closest("dialog[open]") !== null) ?? places[0];
  if (place !== undefined) place.textContent = text;
}
