import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "avouch.theme";
const listeners = new Set<() => void>();
const dark = () => window.matchMedia("(prefers-color-scheme: dark)");

function stored(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return text === "light" || text === "dark" ? text : "system";
  } catch {
    return "system";
  }
}

let theme: Theme = "system";

function apply(): void {
  document.documentElement.dataset["theme"] = theme === "system" ? (dark().matches ? "dark" : "light") : theme;
  for (const listener of listeners) listener();
}

/** Call once before the first paint. */
export function startTheme(): void {
  theme = stored();
  apply();
  dark().addEventListener("change", apply);
}

/** Choose a theme; the choice stays in this browser. */
export function setTheme(next: Theme): void {
  theme = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The choice, and what is on the screen because of it. Charts draw again when the second changes. */
export function useTheme(): { theme: Theme; shown: "light" | "dark" } {
  const choice = useSyncExternalStore(subscribe, () => theme);
  const shown = useSyncExternalStore(subscribe, () => document.documentElement.dataset["theme"] ?? "light");
  return { theme: choice, shown: shown === "dark" ? "dark" : "light" };
}

/** The value of a design token, for drawing on a canvas. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
