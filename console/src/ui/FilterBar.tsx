import { useEffect, useRef, useState } from "react";
import { valueLabel, clearFilter, columnLabel, COLUMNS, isEmpty, removeTerm, toggleValue, useFilter, type Term } from "@/url/filter";
import { setParam } from "@/url/router";
import { Icon } from "./icons";
import { Popover } from "./Popover";
import { useKeys } from "./useKeys";
import "./filter.css";

/** How long (ms) typing must rest before the text is asked for. */
const REST = 250;

/** The filter of the page as chips, with free text. All of it is in the address. */
export function FilterBar({ suggest }: { suggest?: (column: string) => string[] }) {
  const filter = useFilter();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(filter.text);
  useKeys({ "/": () => input.current?.focus() });
  useEffect(() => setText(filter.text), [filter.text]);
  useEffect(() => {
    if (text === filter.text) return;
    const timer = setTimeout(() => setParam("q", text.trim(), true), REST);
    return () => clearTimeout(timer);
  }, [text, filter.text]);
  return (
    <div className="filterbar" role="search" aria-label="Filter">
      <div className="search">
        <Icon name="search" size={14} />
        <input ref={input} className="input" type="search" placeholder="Output, command, file  ( / )" aria-label="Text" value={text} maxLength={400} spellCheck={false} onChange={(e) => setText(e.target.value)} onKeyDown={(e) => e.key === "Escape" && e.currentTarget.blur()} />
      </div>
      {filter.terms.map((term) => (
        <Chip key={`${String(term.not)}${term.column}`} term={term} />
      ))}
      <AddTerm suggest={suggest} />
      {!isEmpty(filter) && (
        <button type="button" className="btn" data-kind="quiet" data-size="small" onClick={clearFilter}>
          Clear
        </button>
      )}
    </div>
  );
}

function Chip({ term }: { term: Term }) {
  const label = columnLabel(term.column);
  const text = term.values.map(valueLabel).join(", ");
  return (
    <span className="chip" data-not={term.not ? "" : undefined} title={`${label} ${term.not ? "is not" : "is"} ${text}`}>
      <span className="faint">
        {label}
        {term.not ? " is not" : ""}
      </span>
      <span className="cut">{text}</span>
      <button type="button" aria-label={`Remove ${label} ${term.not ? "is not" : "is"} ${text}`} onClick={() => removeTerm(term)}>
        <Icon name="close" size={11} />
      </button>
    </span>
  );
}

function AddTerm({ suggest }: { suggest: ((column: string) => string[]) | undefined }) {
  const [open, setOpen] = useState(false);
  const [column, setColumn] = useState("severity");
  const [value, setValue] = useState("");
  const add = (not: boolean) => {
    if (value.trim() === "") return;
    toggleValue(column, value.trim(), not);
    setValue("");
    setOpen(false);
  };
  return (
    <Popover
      label="Add a condition"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <button type="button" className="btn" data-kind="quiet" data-size="small">
          <Icon name="plus" size={13} />
          Filter
        </button>
      }
    >
      <form
        className="addterm"
        onSubmit={(event) => {
          event.preventDefault();
          add(false);
        }}
      >
        <label className="field">
          <span>Column</span>
          <select className="select" value={column} onChange={(e) => setColumn(e.target.value)}>
            {COLUMNS.map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Value</span>
          <input className="input" list="values-of-column" value={value} autoComplete="off" onChange={(e) => setValue(e.target.value)} />
          <datalist id="values-of-column">
            {(suggest?.(column) ?? []).filter((v) => v !== "").map((v) => (
              <option key={v} value={v} />
            ))}
          </datalist>
        </label>
        <div className="flex">
          <button type="submit" className="btn" data-kind="primary" data-size="small" disabled={value.trim() === ""}>
            Is
          </button>
          <button type="button" className="btn" data-size="small" disabled={value.trim() === ""} onClick={() => add(true)}>
            Is not
          </button>
        </div>
      </form>
    </Popover>
  );
}
