import { useEffect, useImperativeHandle, useMemo, useRef, type ReactNode, type Ref } from "react";
import type { Diagnostic } from "@/api/types";
import "./editor.css";

export interface EditorHandle {
  /** Put the cursor at a line and column, both from 1. */
  goTo: (line: number, column: number) => void;
}

interface CodeEditorProps {
  label: string;
  value: string;
  onChange?: (value: string) => void;
  diagnostics?: Diagnostic[];
  readOnly?: boolean;
  /** Lines in sight. */
  lines?: number;
  ref?: Ref<EditorHandle>;
}

/** Height of a line, px; the same in the style sheet. */
const LINE = 18;

/** A text field for files: line numbers, and diagnostics underlined where they are. Tab leaves it, as in every form. */
export function CodeEditor({ label, value, onChange, diagnostics = [], readOnly = false, lines = 20, ref }: CodeEditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const under = useRef<HTMLPreElement>(null);
  const gutter = useRef<HTMLPreElement>(null);
  const rows = useMemo(() => value.split("\n"), [value]);
  const byLine = useMemo(() => {
    const map = new Map<number, Diagnostic[]>();
    for (const d of diagnostics) map.set(d.line, [...(map.get(d.line) ?? []), d]);
    return map;
  }, [diagnostics]);
  const follow = () => {
    const from = area.current;
    if (from === null) return;
    if (under.current !== null) under.current.style.transform = `translate(${String(-from.scrollLeft)}px, ${String(-from.scrollTop)}px)`;
    if (gutter.current !== null) gutter.current.style.transform = `translateY(${String(-from.scrollTop)}px)`;
  };
  useEffect(follow, [value]);
  useImperativeHandle(ref, () => ({
    goTo: (line, column) => {
      const at = rows.slice(0, line - 1).reduce((sum, row) => sum + row.length + 1, 0) + column - 1;
      area.current?.focus();
      area.current?.setSelectionRange(at, at);
      if (area.current !== null) area.current.scrollTop = Math.max(0, (line - 4) * LINE);
    },
  }));
  return (
    <div className="editor" style={{ height: lines * LINE + 14 }}>
      <div className="gutter" aria-hidden="true">
        <pre ref={gutter}>
          {rows.map((_, i) => {
            const worst = byLine.get(i + 1)?.map((d) => d.severity);
            return (
              <span key={i} data-severity={worst?.includes("error") === true ? "error" : worst?.[0]}>
                {i + 1}
                {"\n"}
              </span>
            );
          })}
        </pre>
      </div>
      <div className="text">
        <pre ref={under} className="under" aria-hidden="true">
          {rows.map((row, i) => (
            <span key={i}>
              {underlined(row, byLine.get(i + 1) ?? [])}
              {"\n"}
            </span>
          ))}
        </pre>
        <textarea ref={area} aria-label={label} value={value} readOnly={readOnly} spellCheck={false} autoCapitalize="off" autoComplete="off" wrap="off" onScroll={follow} onChange={(e) => onChange?.(e.target.value)} />
      </div>
    </div>
  );
}

function underlined(row: string, diagnostics: Diagnostic[]): ReactNode {
  const first = [...diagnostics].sort((a, b) => a.column - b.column)[0];
  if (first === undefined) return row;
  const from = Math.max(0, first.column - 1);
  const to = first.end_line > first.line ? row.length : Math.max(from + 1, first.end_column - 1);
  // A place past the end of the line still needs a mark.
  const marked = row.slice(from, to);
  return (
    <>
      {row.slice(0, from)}
      <mark data-severity={first.severity}>{marked === "" ? " " : marked}</mark>
      {row.slice(to)}
    </>
  );
}
