import { PageHead } from "@/ui/PageHead";
import { Empty } from "@/ui/States";

/** Place of the page until it is built. */
export default function Controls() {
  return (
    <>
      <PageHead title="Controls" />
      <Empty title="Not built yet" />
    </>
  );
}
