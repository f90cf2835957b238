import { Link } from "@/url/Link";

const PARTS = [
  ["/rules", "Rules"],
  ["/rules/files", "Files"],
  ["/rules/nodes", "Nodes"],
] as const;

/** The parts of the page, at its right. */
export function Parts({ at }: { at: (typeof PARTS)[number][0] }) {
  return (
    <nav className="choice" aria-label="Parts of Rules">
      {PARTS.map(([to, label]) => (
        <Link key={to} to={to} className="btn" aria-current={to === at ? "page" : undefined}>
          {label}
        </Link>
      ))}
    </nav>
  );
}
