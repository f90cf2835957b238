import { useMemo } from "react";
import { changeQuery, usePlace } from "./router";

// A filter is read from the query of the address and sent to the API under the
// same names: `severity=high&severity=critical&not.rule=x&q=text`.

/** Columns that can be filtered, with the words shown for them, in the order of the menu. */
export const COLUMNS: readonly (readonly [name: string, label: string])[] = [
  ["severity", "Severity"],
  ["rule", "Rule"],
  ["cluster", "Cluster"],
  ["node", "Node"],
  ["namespace", "Namespace"],
  ["pod", "Pod"],
  ["container", "Container"],
  ["image", "Image"],
  ["user", "User"],
  ["process", "Process"],
  ["source", "Source"],
  ["criterion", "Criterion"],
  ["criterion_secondary", "Criterion (secondary)"],
  ["point_of_focus", "Point of focus"],
  ["nist_800_53", "NIST 800-53"],
  ["pci_dss", "PCI DSS"],
  ["attack", "ATT&CK"],
  ["tag", "Tag"],
  ["priority", "Priority"],
  ["decision", "Decision"],
  ["acknowledged", "Acknowledged"],
  ["assignee", "Assignee"],
  ["suppressed", "Suppressed"],
  ["acceptance", "Acceptance"],
  ["losses", "With losses"],
  ["container_unknown", "Container unknown"],
];

const NAMES = new Map(COLUMNS);

/** The words for a column; its own name when it has none. */
export function columnLabel(column: string): string {
  return NAMES.get(column) ?? column;
}

/** A value as people read it: a finding of which a column is not known has an empty one. */
export function valueLabel(value: string): string {
  return value === "" ? "not known" : value;
}

/** One condition: the column has (or has not) one of the values. */
export interface Term {
  column: string;
  not: boolean;
  values: string[];
}

/** A filter: all terms hold and the text occurs. */
export interface Filter {
  text: string;
  terms: Term[];
}

/** Reads the filter from a query; parameters that are no columns are left alone. */
export function parseFilter(search: string): Filter {
  const terms = new Map<string, Term>();
  let text = "";
  for (const [name, value] of new URLSearchParams(search)) {
    if (name === "q") text = value;
    const not = name.startsWith("not.");
    const column = not ? name.slice(4) : name;
    if (!NAMES.has(column)) continue;
    const term = terms.get(name) ?? { column, not, values: [] };
    if (!term.values.includes(value)) term.values.push(value);
    terms.set(name, term);
  }
  return { text, terms: [...terms.values()] };
}

/** The filter as parameters of the API. */
export function filterParams(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  if (filter.text !== "") query.set("q", filter.text);
  for (const { column, not, values } of filter.terms) {
    for (const value of values) query.append(not ? `not.${column}` : column, value);
  }
  return query;
}

/** Whether a filter lets everything through. */
export function isEmpty(filter: Filter): boolean {
  return filter.text === "" && filter.terms.length === 0;
}

/** The filter of the current address. The value is the same as long as the query is. */
export function useFilter(): Filter {
  const { search } = usePlace();
  return useMemo(() => parseFilter(search), [search]);
}

/** Add a value to a column of the filter in the address, or take it out when it is there. */
export function toggleValue(column: string, value: string, not = false): void {
  const name = not ? `not.${column}` : column;
  const other = not ? column : `not.${column}`;
  changeQuery((query) => {
    const had = query.getAll(name).includes(value);
    removeValue(query, other, value);
    if (had) removeValue(query, name, value);
    else query.append(name, value);
    query.delete("sel");
  });
}

/** Take a whole term out of the filter in the address. */
export function removeTerm(term: Term): void {
  changeQuery((query) => query.delete(term.not ? `not.${term.column}` : term.column));
}

/** Remove every term and the text. */
export function clearFilter(): void {
  changeQuery((query) => {
    for (const name of [...query.keys()]) {
      const column = name.startsWith("not.") ? name.slice(4) : name;
      if (NAMES.has(column) || name === "q") query.delete(name);
    }
  });
}

function removeValue(query: URLSearchParams, name: string, value: string): void {
  const rest = query.getAll(name).filter((v) => v !== value);
  query.delete(name);
  for (const v of rest) query.append(name, v);
}
