import { useState } from "react";
import { Dialog } from "@/ui/Dialog";
import { Icon } from "@/ui/icons";
import { Menu } from "@/ui/Menu";
import { copyText } from "@/ui/give";
import { useToast } from "@/ui/Toast";
import { writeSpan } from "@/time/span";
import { useTime } from "@/time/useTime";
import { columnLabel, parseFilter, valueLabel } from "@/url/filter";
import { go } from "@/url/router";
import { GIVEN, linkOf, linksOf, loadViews, removeView, saveView, type View } from "./views";

// Not part of a saved view: what was open when it was saved.
const MOMENT = ["sel", "tab", "record"];

/** Copies a text and says what became of it. */
function useCopy(): (text: string, done: string) => void {
  const tell = useToast();
  return (text, done) => void copyText(text).then((could) => (could ? tell(done, "ok") : tell("The browser does not let the console write to the clipboard. The address of this page is the link.", "warn")));
}

/** Saved views. Each is an address: this browser keeps the names, and a link carries a view to others. */
export function Views() {
  const { range } = useTime();
  const copy = useCopy();
  const [views, setViews] = useState(loadViews);
  const [open, setOpen] = useState<"name" | "list" | null>(null);
  const show = (search: string) => {
    const target = new URLSearchParams(search);
    // A view without a time of its own is looked at in the time that is chosen.
    const now = new URLSearchParams(window.location.search);
    if (!["t", "from"].some((p) => target.has(p))) for (const p of ["t", "from", "to"]) if (now.has(p)) target.set(p, now.get(p) ?? "");
    go("/findings", target);
  };
  const fixed = () => {
    const link = new URL(window.location.href);
    writeSpan(link.searchParams, { kind: "range", ...range });
    copy(link.toString(), "Link copied. It has a fixed time and shows the same to others.");
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
          ...(views.length > 0 ? [null] : []),
          { label: "Save this view …", onSelect: () => setOpen("name") },
          ...(views.length > 0 ? [{ label: "Share or remove views …", onSelect: () => setOpen("list") }] : []),
          { label: "Copy link with fixed time", onSelect: fixed },
        ]}
      />
      {open === "name" && <NameDialog onSave={(name) => setViews(saveView({ name, search: present() }))} onClose={() => setOpen(null)} />}
      {open === "list" && <ListDialog views={views} onRemove={(name) => setViews(removeView(name))} onClose={() => setOpen(null)} />}
    </>
  );
}

/** The query of this page without what is only of the moment. */
function present(): string {
  const search = new URLSearchParams(window.location.search);
  for (const p of MOMENT) search.delete(p);
  return search.toString();
}

function NameDialog({ onSave, onClose }: { onSave: (name: string) => void; onClose: () => void }) {
  const tell = useToast();
  const [name, setName] = useState("");
  return (
    <Dialog
      title="Save this view"
      onClose={onClose}
      footer={
        <button type="submit" form="save-view" className="btn" data-kind="primary" disabled={name.trim() === ""}>
          Save
        </button>
      }
    >
      <form
        id="save-view"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() === "") return;
          onSave(name.trim());
          onClose();
          tell("Saved in this browser. A copied link carries it to others.", "ok");
        }}
      >
        <label className="field">
          <span>Name</span>
          <input className="input" value={name} maxLength={60} onChange={(e) => setName(e.target.value)} />
        </label>
      </form>
      <p className="faint">The view keeps {inWords(present())}, grouping and density. One of the same name is replaced.</p>
    </Dialog>
  );
}

function ListDialog({ views, onRemove, onClose }: { views: View[]; onRemove: (name: string) => void; onClose: () => void }) {
  const copy = useCopy();
  return (
    <Dialog
      title="Saved views"
      size="wide"
      onClose={onClose}
      footer={
        <>
          <span className="grow faint">They are kept in this browser. Who opens a link sees the view, and can save it under a name.</span>
          <button type="button" className="btn" disabled={views.length === 0} onClick={() => copy(linksOf(views, window.location.origin), "Copied: a line with name and link for each view.")}>
            Copy all as links
          </button>
        </>
      }
    >
      {views.length === 0 ? (
        <p className="dim">No view is kept.</p>
      ) : (
        <table className="table" aria-label="Saved views">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Shows</th>
              <th scope="col">Share or remove</th>
            </tr>
          </thead>
          <tbody>
            {views.map((v) => (
              <tr key={v.name}>
                <th scope="row">{v.name}</th>
                <td>{inWords(v.search)}</td>
                <td>
                  <span className="flex">
                    <button type="button" className="btn" data-size="small" aria-label={`Copy link of ${v.name}`} onClick={() => copy(linkOf(v, window.location.origin), `Link of “${v.name}” copied.`)}>
                      Copy link
                    </button>
                    <button type="button" className="btn" data-kind="quiet" data-size="small" aria-label={`Remove ${v.name}`} onClick={() => onRemove(v.name)}>
                      Remove
                    </button>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Dialog>
  );
}

/** Filter and time of a view, in words. */
function inWords(search: string): string {
  const { text, terms } = parseFilter(search);
  const query = new URLSearchParams(search);
  const parts = terms.map((t) => `${columnLabel(t.column)} ${t.not ? "is not" : "is"} ${t.values.map(valueLabel).join(" or ")}`);
  if (text !== "") parts.push(`text “${text}”`);
  const [t, from, to] = [query.get("t"), query.get("from"), query.get("to")];
  parts.push(from !== null && to !== null ? `from ${from} to ${to}` : t !== null ? `the last ${t}` : "the time of the page");
  return parts.join("; ");
}
