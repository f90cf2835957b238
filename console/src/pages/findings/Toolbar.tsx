import { useState } from "react";
import { BASE } from "@/api/http";
import { Dialog } from "@/ui/Dialog";
import { Icon } from "@/ui/icons";
import { Menu } from "@/ui/Menu";
import { copyText } from "@/ui/give";
import { useToast } from "@/ui/Toast";
import { go, setParam } from "@/url/router";
import { writeSpan } from "@/time/span";
import { useTime } from "@/time/useTime";
import type { Density } from "./columns";
import { GIVEN, loadViews, removeView, saveView } from "./views";

// Not part of a saved view: what was open when it was saved.
const MOMENT = ["sel", "tab", "record"];

/** Views, export, grouping and density. */
export function Toolbar({ query, density, grouped, facets, fold }: { query: string; density: Density; grouped: boolean; facets: boolean; fold: boolean }) {
  return (
    <>
      <Views />
      <Menu
        label="Export"
        align="end"
        trigger={
          <button type="button" className="btn" title="Exactly the findings of this filter and time">
            <Icon name="download" />
            <span className="hide-narrow">Export</span>
          </button>
        }
        items={(["csv", "json"] as const).map((format) => ({ label: format.toUpperCase(), onSelect: () => window.location.assign(`${BASE}/findings/export?format=${format}&${query}`) }))}
      />
      <button type="button" className="btn" data-icon aria-pressed={facets} aria-label="Values of columns" title="Values of columns" onClick={() => setParam("facets", facets ? "off" : null, true)}>
        <Icon name="table" />
      </button>
      <button type="button" className="btn" data-icon aria-pressed={grouped} aria-label="Groups of repeats" title="Groups of repeats (G)" onClick={() => setParam("group", grouped ? null : "1")}>
        <Icon name="group" />
      </button>
      <button type="button" className="btn" data-icon aria-pressed={fold} aria-label="Fold repeats" title="Fold repeats into one line (f)" onClick={() => setParam("fold", fold ? "off" : null, true)}>
        <Icon name="fold" />
      </button>
      <span className="choice" role="group" aria-label="Density">
        <button type="button" className="btn" data-icon aria-pressed={density === "one"} aria-label="One line" title="One line (v)" onClick={() => setParam("density", null, true)}>
          <Icon name="rows" />
        </button>
        <button type="button" className="btn" data-icon aria-pressed={density === "two"} aria-label="Two lines" title="Two lines (v)" onClick={() => setParam("density", "two", true)}>
          <Icon name="rows2" />
        </button>
      </span>
    </>
  );
}

function Views() {
  const tell = useToast();
  const { range } = useTime();
  const [views, setViews] = useState(loadViews);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const show = (search: string) => {
    const target = new URLSearchParams(search);
    // A view without a time of its own is looked at in the time that is chosen.
    const now = new URLSearchParams(window.location.search);
    if (!["t", "from"].some((p) => target.has(p))) for (const p of ["t", "from", "to"]) if (now.has(p)) target.set(p, now.get(p) ?? "");
    go("/findings", target);
  };
  const copy = () => {
    const link = new URL(window.location.href);
    const target = link.searchParams;
    writeSpan(target, { kind: "range", ...range });
    void copyText(link.toString()).then((done) =>
      done ? tell("Link copied. It has a fixed time and shows the same to others.", "ok") : tell("The browser does not let the console write to the clipboard. The address of this page is the link.", "warn"),
    );
  };
  return (
    <>
      <Menu
        label="Views"
        align="end"
        trigger={
          <button type="button" className="btn" title="Saved views">
            <Icon name="save" />
            <span className="hide-narrow">Views</span>
          </button>
        }
        items={[
          ...GIVEN.map((v) => ({ label: v.name, onSelect: () => show(v.search) })),
          null,
          ...views.map((v) => ({ label: v.name, onSelect: () => show(v.search) })),
          ...views.map((v) => ({ label: `Remove “${v.name}”`, onSelect: () => setViews(removeView(v.name)) })),
          ...(views.length > 0 ? [null] : []),
          { label: "Save this view …", onSelect: () => setNaming(true) },
          { label: "Copy link with fixed time", onSelect: copy },
        ]}
      />
      {naming && (
        <Dialog
          title="Save this view"
          onClose={() => setNaming(false)}
          footer={
            <button
              type="submit"
              form="save-view"
              className="btn"
              data-kind="primary"
              disabled={name.trim() === ""}
            >
              Save
            </button>
          }
        >
          <form
            id="save-view"
            onSubmit={(event) => {
              event.preventDefault();
              const search = new URLSearchParams(window.location.search);
              for (const p of MOMENT) search.delete(p);
              setViews(saveView({ name: name.trim(), search: search.toString() }));
              setNaming(false);
              setName("");
              tell("Saved in this browser. A copied link carries it to others.", "ok");
            }}
          >
            <label className="field">
              <span>Name</span>
              <input className="input" value={name} maxLength={60} onChange={(e) => setName(e.target.value)} />
            </label>
          </form>
          <p className="faint">The view keeps filter, time, grouping and density.</p>
        </Dialog>
      )}
    </>
  );
}
