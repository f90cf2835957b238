import { PageHead } from "@/ui/PageHead";
import { Empty } from "@/ui/States";

/** Place of the page until it is built. */
export default function Acceptances() {
  return (
    <>
      <PageHead title="Acceptances" />
      <Empty title="Not built yet" />
    </>
  );
}
