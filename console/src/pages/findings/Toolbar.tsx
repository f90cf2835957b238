import { BASE } from "@/api/http";
import { Icon } from "@/ui/icons";
import { Menu } from "@/ui/Menu";
import { setParam } from "@/url/router";
import type { Density } from "./columns";
import { Views } from "./Views";

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
