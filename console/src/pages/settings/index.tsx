import { PageHead } from "@/ui/PageHead";
import { Empty } from "@/ui/States";

/** Place of the page until it is built. */
export default function Settings() {
  return (
    <>
      <PageHead title="Settings" />
      <Empty title="Not built yet" />
    </>
  );
}
