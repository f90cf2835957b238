import { PageHead } from "@/ui/PageHead";
import { Empty } from "@/ui/States";

/** Place of the page until it is built. */
export default function Rules() {
  return (
    <>
      <PageHead title="Rules" />
      <Empty title="Not built yet" />
    </>
  );
}
