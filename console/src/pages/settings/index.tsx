import { useSession } from "@/session/SessionProvider";
import { PageHead } from "@/ui/PageHead";
import { Tabs, type Tab } from "@/ui/Tabs";
import { useParam } from "@/url/router";
import { AccessLog } from "./AccessLog";
import { Account } from "./Account";
import { Channels } from "./Channels";
import { Clusters } from "./Clusters";
import { Tokens } from "./Tokens";
import { Users } from "./Users";
import "./settings.css";

/** Who is told, who may come in, who looked at what. A role sees the parts that the server opens to it. */
export default function Settings() {
  const { may } = useSession();
  const [chosen, choose] = useParam("tab");
  const tabs: (Tab | false)[] = [
    may("read_channels") && { id: "channels", label: "Notifications", content: <Channels /> },
    may("manage_users") && { id: "users", label: "Users", content: <Users /> },
    may("manage_users") && { id: "tokens", label: "Tokens", content: <Tokens /> },
    { id: "account", label: "Sessions and password", content: <Account /> },
    (may("read_access_log") || may("read_own_access_log")) && { id: "access", label: "Access log", content: <AccessLog /> },
    may("read_health") && { id: "clusters", label: "Clusters", content: <Clusters /> },
  ];
  const open = tabs.filter((tab) => tab !== false);
  const value = open.some((tab) => tab.id === chosen) ? chosen : open[0]?.id;
  return (
    <>
      <PageHead title="Settings">
        <span className="faint">Each change is a record of the ledger.</span>
      </PageHead>
      <div className="settings">
        <Tabs tabs={open} value={value ?? "account"} onChange={(id) => choose(id)} label="Settings" />
      </div>
    </>
  );
}
