import * as Radix from "@radix-ui/react-popover";
import type { ReactNode } from "react";

/** A small surface beside its trigger. Escape and a click outside close it. */
export function Popover({ trigger, label, children, align = "start", open, onOpenChange }: { trigger: ReactNode; label: string; children: ReactNode; align?: "start" | "center" | "end"; open?: boolean; onOpenChange?: (open: boolean) => void }) {
  return (
    <Radix.Root {...(open === undefined ? {} : { open })} {...(onOpenChange === undefined ? {} : { onOpenChange })}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="pop fade" align={align} sideOffset={4} collisionPadding={8} aria-label={label}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
