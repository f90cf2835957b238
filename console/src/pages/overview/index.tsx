import { PageHead } from "@/ui/PageHead";
import { Empty } from "@/ui/States";

/** Place of the page until it is built. */
export default function Overview() {
  return (
    <>
      <PageHead title="Overview" />
      <Empty title="Not built yet" />
    </>
  );
}
