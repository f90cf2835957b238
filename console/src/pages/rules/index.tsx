import type { PageProps } from "@/pages";
import { registerKeys } from "@/ui/KeyHelp";
import { LIST_KEYS } from "@/ui/useListKeys";
import { useParam } from "@/url/router";
import { FileList } from "./FileList";
import { FilePage } from "./FilePage";
import { NodeSets } from "./NodeSets";
import { RuleTable } from "./RuleTable";
import "./rules.css";

registerKeys("/rules", LIST_KEYS);

/** Rules: the effective set, its files, and what nodes loaded. */
export default function RulesPage({ rest }: PageProps) {
  const [part] = rest;
  const [path] = useParam("file");
  if (part === "files" && path !== null) return <FilePage key={path} path={path} />;
  if (part === "files") return <FileList />;
  if (part === "nodes") return <NodeSets />;
  return <RuleTable />;
}
