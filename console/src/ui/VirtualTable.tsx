import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useImperativeHandle, useRef, type ReactNode, type Ref } from "react";
import "./vtable.css";

export interface Column<T> {
  id: string;
  label: string;
  /** A track of a CSS grid: `120px`, `minmax(80px, 1fr)`. */
  width: string;
  /** `current`: the row has the cursor, so that what can be used in it takes the Tab key. */
  cell: (row: T, current: boolean) => ReactNode;
  align?: "end";
}

export interface TableHandle {
  focus: () => void;
  scrollTo: (index: number) => void;
}

interface VirtualTableProps<T> {
  label: string;
  columns: Column<T>[];
  /** Rows that are loaded. */
  rows: T[];
  /** Rows that there are; as many as `rows` when not known. */
  total?: number;
  idOf: (row: T) => string;
  /** Height of a row, px. */
  height: number;
  /** Index of the row with the cursor; -1 for none. */
  cursor: number;
  onCursor: (index: number) => void;
  /** A click; without it a click moves the cursor. */
  onPick?: (row: T, index: number) => void;
  /** Enter or double click. */
  onOpen?: (row: T, index: number) => void;
  /** Called when the last loaded rows come in sight. */
  onEnd?: () => void;
  marked?: ReadonlySet<string>;
  rowTone?: (row: T) => string | undefined;
  footer?: ReactNode;
  ref?: Ref<TableHandle>;
}

/** A table of any length: only the rows in sight are in the page. Arrows, Home, End and Page keys move the cursor. */
export function VirtualTable<T>({ label, columns, rows, total, idOf, height, cursor, onCursor, onPick, onOpen, onEnd, marked, rowTone, footer, ref }: VirtualTableProps<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => height, overscan: 12, getItemKey: (i) => keyOf(rows, i, idOf) });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  const end = useRef(onEnd);
  useEffect(() => {
    end.current = onEnd;
  });
  useEffect(() => {
    if (last >= rows.length - 40) end.current?.();
  }, [last, rows.length]);
  useEffect(() => virtual.measure(), [height, virtual]);
  useImperativeHandle(ref, () => ({ focus: () => scroller.current?.focus(), scrollTo: (index) => virtual.scrollToIndex(index, { align: "auto" }) }), [virtual]);

  const tracks = columns.map((c) => c.width).join(" ");
  const move = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    if (rows.length === 0) return;
    onCursor(next);
    virtual.scrollToIndex(next, { align: "auto" });
  };
  const page = () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? height) / height) - 2);
  const press = (event: React.KeyboardEvent) => {
    if (event.target !== scroller.current) return;
    const moves: Record<string, number> = { ArrowDown: cursor + 1, ArrowUp: cursor - 1, Home: 0, End: rows.length - 1, PageDown: cursor + page(), PageUp: cursor - page() };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      move(next);
    } else if (event.key === "Enter") {
      const row = rows[cursor];
      if (row !== undefined) onOpen?.(row, cursor);
    }
  };
  const active = rows[cursor];
  const prefix = `row-${label.replace(/\W+/g, "-")}-`;
  return (
    <div className="vtable">
      <div
        ref={scroller}
        className="scroller"
        role="grid"
        aria-label={label}
        aria-rowcount={(total ?? rows.length) + 1}
        aria-colcount={columns.length}
        aria-activedescendant={active === undefined ? undefined : prefix + idOf(active)}
        tabIndex={0}
        onKeyDown={press}
      >
        <div className="vhead" role="row" aria-rowindex={1} style={{ gridTemplateColumns: tracks }}>
          {columns.map((column) => (
            <div key={column.id} role="columnheader" data-align={column.align}>
              {column.label}
            </div>
          ))}
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const id = idOf(row);
            return (
              // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the grid has the focus and the keys
              <div
                key={item.key}
                id={prefix + id}
                className="vrow"
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={item.index === cursor}
                data-marked={marked?.has(id) === true ? "" : undefined}
                data-tone={rowTone?.(row)}
                style={{ gridTemplateColumns: tracks, height, transform: `translateY(${String(item.start)}px)` }}
                onClick={() => (onPick === undefined ? onCursor(item.index) : onPick(row, item.index))}
                onDoubleClick={() => onOpen?.(row, item.index)}
              >
                {columns.map((column) => (
                  <div key={column.id} role="gridcell" data-align={column.align}>
                    {column.cell(row, item.index === cursor)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
        {footer !== undefined && <div className="vfoot">{footer}</div>}
      </div>
    </div>
  );
}

function keyOf<T>(rows: T[], index: number, idOf: (row: T) => string): string {
  const row = rows[index];
  return row === undefined ? `none-${String(index)}` : idOf(row);
}
