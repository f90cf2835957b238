import { useState } from "react";
import { usePlace } from "@/url/router";
import { PAGES } from "@/pages";
import { Dialog } from "./Dialog";
import { useKeys } from "./useKeys";

/** Keys that a page has of its own, shown by `?`. */
const PAGE_KEYS: Record<string, [string, string][]> = {};

/** A page tells its keys when its code is loaded. */
export function registerKeys(path: string, keys: [string, string][]): void {
  PAGE_KEYS[path] = keys;
}

const ALL: [string, string][] = [
  ["?", "this list"],
  ["/", "text of the filter"],
  ["t", "time"],
  ["p", "pause, or go on live"],
  ["Escape", "close what is open"],
];

const CHART: [string, string][] = [
  ["← →", "read it, day by day or bar by bar"],
  ["Shift ← →", "select"],
  ["Enter", "set the time of all pages to it"],
  ["↑ ↓", "chart of the row above or below"],
  ["Escape", "give the selection up"],
];

/** The list of keys. Opened by `?`. */
export function KeyHelp() {
  const [open, setOpen] = useState(false);
  const { path } = usePlace();
  useKeys({ "?": () => setOpen(true) });
  if (!open) return null;
  const own = Object.entries(PAGE_KEYS).find(([at]) => (at === "/" ? path === "/" : path.startsWith(at)))?.[1] ?? [];
  return (
    <Dialog title="Keys" size="wide" onClose={() => setOpen(false)}>
      <div className="keyhelp">
        <Section title="This page" keys={own} />
        <Section title="Everywhere" keys={ALL} />
        <Section title="On a chart" keys={CHART} />
        <Section title="Go to" keys={PAGES.filter((p) => p.key !== undefined).map((p) => [`g ${p.key ?? ""}`, p.title])} />
      </div>
      <p className="faint">
        <a href="/licenses.txt">Libraries in this console</a> and their licences.
      </p>
    </Dialog>
  );
}

function Section({ title, keys }: { title: string; keys: [string, string][] }) {
  if (keys.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <table className="table" aria-label={`Keys: ${title}`}>
        <tbody>
          {keys.map(([key, text]) => (
            <tr key={key}>
              <td style={{ width: 120 }}>
                {key.split(" ").map((k) => (
                  <kbd key={k} style={{ marginRight: 4 }}>
                    {k}
                  </kbd>
                ))}
              </td>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
