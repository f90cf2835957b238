import type { PageProps } from "@/pages";
// Before the parts: what they bring of their own comes after it.
import "./controls.css";
import { useSession } from "@/session/SessionProvider";
import { registerKeys } from "@/ui/KeyHelp";
import { PageHead } from "@/ui/PageHead";
import { Empty } from "@/ui/States";
import { ByCriterion } from "./ByCriterion";
import { ControlPage } from "./ControlPage";
import { DeviationRegister } from "./Deviations";
import { Paper } from "./Paper";
import { ReportPage } from "./ReportPage";
import { Reports } from "./Reports";
import { useView } from "./useControls";
import { Versions } from "./Versions";

registerKeys("/controls", [
  ["j", "next row"],
  ["k", "row before"],
  ["o", "open the row"],
  ["[", "control before"],
  ["]", "next control"],
  ["u", "up: to the list"],
]);

/** Controls, their registers and their reports. `/controls/<id>` is a control. */
export default function ControlsPage({ rest }: PageProps) {
  return (
    <div className="ctl">
      <Part rest={rest} />
    </div>
  );
}

function Part({ rest }: PageProps) {
  const { may } = useSession();
  const { auditor } = useView();
  const [first, second] = rest;
  if (first === "reports") return second === undefined ? <Reports /> : <ReportPage key={second} id={second} />;
  if (!may("read_controls")) {
    return (
      <>
        <PageHead title="Controls" />
        <Empty title="Controls are not open to your role" />
      </>
    );
  }
  if (first === "deviations") return <DeviationRegister />;
  if (first === "versions") return <Versions />;
  if (auditor) return <Paper id={first ?? null} />;
  return first === undefined ? <ByCriterion /> : <ControlPage id={first} />;
}
