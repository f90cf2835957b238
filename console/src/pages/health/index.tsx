import { PageHead } from "@/ui/PageHead";
import { Empty } from "@/ui/States";

/** Place of the page until it is built. */
export default function Health() {
  return (
    <>
      <PageHead title="Health" />
      <Empty title="Not built yet" />
    </>
  );
}
