import type { ComponentType } from "react";
import type { Role } from "@/api/types";
import type { IconName } from "@/ui/icons";

/** What a page is given. */
export interface PageProps {
  /** Segments of the path below the page, decoded: `/findings/F1` gives `["F1"]`. */
  rest: string[];
}

/** A page of the console. Its code is a chunk of its own. */
export interface PageEntry {
  path: string;
  title: string;
  icon: IconName;
  /** Second key of `g x`. */
  key?: string;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
  /** Roles that have it; all when left out. */
  roles?: Role[];
  /** Not in the rail. */
  hidden?: boolean;
}

/** The pages, in the order of the rail. To add one: a folder beside this file, and one line here. */
export const PAGES: PageEntry[] = [
  { path: "/", title: "Overview", icon: "overview", key: "o", load: () => import("./overview") },
  { path: "/findings", title: "Findings", icon: "findings", key: "f", load: () => import("./findings") },
  { path: "/controls", title: "Controls", icon: "controls", key: "c", load: () => import("./controls") },
  { path: "/rules", title: "Rules", icon: "rules", key: "r", load: () => import("./rules") },
  { path: "/acceptances", title: "Acceptances", icon: "acceptances", key: "a", load: () => import("./acceptances") },
  { path: "/health", title: "Health", icon: "health", key: "h", load: () => import("./health") },
  { path: "/settings", title: "Settings", icon: "settings", key: "s", load: () => import("./settings") },
];

/** The page of a path, and the segments below it. */
export function matchPage(path: string): { page: PageEntry; rest: string[] } | null {
  const segments = path.split("/").filter((s) => s !== "");
  const first = `/${segments[0] ?? ""}`;
  const page = PAGES.find((p) => p.path === first);
  if (page === undefined || (page.path === "/" && segments.length > 0)) return null;
  return { page, rest: segments.slice(1).map(decode) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
