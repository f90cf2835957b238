import type { ReactNode } from "react";

/** The heading of a page, with the answer line of its main number beside it and commands at the right. */
export function PageHead({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="head">
      <h1>{title}</h1>
      <div className="grow">{children}</div>
      {actions !== undefined && <div className="flex">{actions}</div>}
    </div>
  );
}
