import * as Radix from "@radix-ui/react-dropdown-menu";
import type { ReactNode } from "react";

export interface MenuItem {
  label: string;
  onSelect: () => void;
  /** Keys that do the same, shown at the right. */
  keys?: string;
  disabled?: boolean;
  /** For choices: whether this one is chosen. */
  checked?: boolean;
}

/** A menu of commands. `null` draws a line between two parts. Not modal: the page behind stays scrollable, and no style is injected. */
export function Menu({ trigger, items, label, align = "start" }: { trigger: ReactNode; items: (MenuItem | null)[]; label: string; align?: "start" | "end" }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="pop fade" align={align} sideOffset={4} collisionPadding={8} aria-label={label}>
          {items.map((item, i) => {
            // A line has no name of its own; its place is stable.
            if (item === null) return <Radix.Separator key={`line-${String(i)}`} asChild><hr /></Radix.Separator>;
            const inner = (
              <>
                <span>{item.label}</span>
                {item.keys !== undefined && <span className="keys">{item.keys}</span>}
              </>
            );
            return item.checked === undefined ? (
              <Radix.Item key={item.label} className="menuitem" disabled={item.disabled === true} onSelect={item.onSelect}>
                {inner}
              </Radix.Item>
            ) : (
              <Radix.CheckboxItem key={item.label} className="menuitem" checked={item.checked} disabled={item.disabled === true} onSelect={item.onSelect}>
                <span aria-hidden="true">{item.checked ? "●" : "○"}</span>
                {inner}
              </Radix.CheckboxItem>
            );
          })}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
