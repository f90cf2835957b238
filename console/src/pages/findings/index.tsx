import { PageHead } from "@/ui/PageHead";
import { Empty } from "@/ui/States";

/** Place of the page until it is built. */
export default function Findings() {
  return (
    <>
      <PageHead title="Findings" />
      <Empty title="Not built yet" />
    </>
  );
}
