import { Suspense, useEffect, useMemo, useRef, type ReactNode } from "react";
import { useLive } from "@/live/LiveProvider";
import { matchPage, PAGES } from "@/pages";
import { useSession } from "@/session/SessionProvider";
import { utcText } from "@/time/format";
import { lengthText, writeSpan } from "@/time/span";
import { TimeControl } from "@/time/TimeControl";
import { clockSkew } from "@/time/useTime";
import { Link, sharedQuery } from "@/url/Link";
import { changeQuery, go, usePlace } from "@/url/router";
import { copyText } from "./give";
import { Icon } from "./icons";
import { KeyHelp } from "./KeyHelp";
import { Menu } from "./Menu";
import { Skeleton } from "./States";
import { useToast } from "./Toast";
import { setTheme, useTheme, type Theme } from "./theme";
import { useKeys } from "./useKeys";
import "@/styles/shell.css";
import "@/styles/narrow.css";

/** The frame of every page: pages at the left; time, scope, stream, theme and user at the top. */
export function Shell({ children }: { children: ReactNode }) {
  const { path, search } = usePlace();
  const { session } = useSession();
  const role = session.user?.role ?? "auditor";
  const pages = PAGES.filter((p) => p.hidden !== true && (p.roles === undefined || p.roles.includes(role)));
  const current = matchPage(path)?.page;
  useKeys(useMemo(() => Object.fromEntries(pages.filter((p) => p.key !== undefined).map((p) => [`g ${p.key ?? ""}`, () => go(p.path, sharedQuery(search))])), [pages, search]));
  // Who reads the page by ear is taken to it when it changes; at the first one the browser has read the title.
  const before = useRef(current);
  useEffect(() => {
    if (before.current === current) return;
    before.current = current;
    document.getElementById("page")?.focus({ preventScroll: true });
  }, [current]);
  // Somebody who may see a period only begins with it.
  const period = session.user?.period ?? null;
  useEffect(() => {
    if (period === null || ["t", "from", "to"].some((name) => new URLSearchParams(window.location.search).has(name))) return;
    changeQuery((query) => writeSpan(query, { kind: "range", from: Date.parse(period.from), to: Date.parse(period.to) }), true);
  }, [period, path]);
  useEffect(() => {
    document.title = current === undefined ? "avouch" : `${current.title} · avouch`;
  }, [current]);
  return (
    <div className="shell">
      <a className="skip" href="#page" onClick={(e) => { e.preventDefault(); document.getElementById("page")?.focus(); }}>
        Skip to the page
      </a>
      <nav className="rail" aria-label="Pages">
        <Link to="/" className="brand" aria-label="avouch: overview">
          <img src="/icon.svg" width="20" height="20" alt="" />
          <span>avouch</span>
        </Link>
        <div className="list">
          {pages.map((page) => (
            <Link key={page.path} to={page.path} aria-current={page === current ? "page" : undefined} title={page.key === undefined ? page.title : `${page.title} (g ${page.key})`} aria-label={page.title}>
              <Icon name={page.icon} />
              <span>{page.title}</span>
            </Link>
          ))}
        </div>
        <div className="foot">
          {session.version}
          <br />
          keys: <kbd>?</kbd>
        </div>
      </nav>
      <header className="topbar">
        <TimeControl />
        <ClusterScope names={session.cluster_names} />
        <span className="grow" />
        <LiveDot />
        <ThemeMenu />
        <UserMenu />
      </header>
      <main className="page" id="page" tabIndex={-1} data-fill={fills(path) ? "" : undefined}>
        <Suspense fallback={<Skeleton lines={6} />}>{children}</Suspense>
      </main>
      <KeyHelp />
      <span className="sr" data-say aria-live="polite" />
    </div>
  );
}

/** Pages that are a list with a pane beside it: both scroll for themselves, so that what is opened is in sight. */
function fills(path: string): boolean {
  return path.startsWith("/findings") || path === "/rules" || path === "/acceptances";
}

function ClusterScope({ names }: { names: string[] }) {
  const { search } = usePlace();
  const chosen = new URLSearchParams(search).getAll("cluster");
  if (names.length < 2 && chosen.length === 0) return null;
  const label = chosen.length === 0 ? "All clusters" : chosen.join(", ");
  const toggle = (name: string | null) =>
    changeQuery((query) => {
      query.delete("cluster");
      if (name === null) return;
      for (const one of chosen.includes(name) ? chosen.filter((c) => c !== name) : [...chosen, name]) query.append("cluster", one);
    });
  return (
    <Menu
      label="Scope"
      trigger={
        <button type="button" className="btn" title="Clusters that all pages look at" style={{ maxWidth: 240 }}>
          <Icon name="cluster" />
          <span className="cut">{label}</span>
          <Icon name="down" size={12} />
        </button>
      }
      items={[
        { label: "All clusters", checked: chosen.length === 0, onSelect: () => toggle(null) },
        null,
        ...names.map((name) => ({ label: name, checked: chosen.includes(name), onSelect: () => toggle(name) })),
      ]}
    />
  );
}

const STATE_WORDS = { connecting: "connecting", open: "stream open", retrying: "stream broken, trying again", refused: "stream refused" };

function LiveDot() {
  const { state, missed, heard, forgetMissed } = useLive();
  const skew = clockSkew();
  const title = `${STATE_WORDS[state]}${heard === null ? "" : `; last word of the server ${utcText(heard + skew)} UTC`}${Math.abs(skew) > 5000 ? `; the clock of this browser is ${lengthText(Math.abs(skew))} ${skew > 0 ? "behind" : "ahead of"} the server's` : ""}`;
  return (
    <span className="flex" role="status">
      {missed > 0 && (
        <button type="button" className="btn" data-size="small" onClick={forgetMissed} title="Events that this page was too slow to get, or that were lost when the stream broke. The lists were read anew; they are whole.">
          <Icon name="warn" size={13} /> {missed} missed live
        </button>
      )}
      <span className="livestate" data-state={state} title={title}>
        <span className="dot" aria-hidden="true" />
        <span className={state === "open" ? "hide-narrow" : ""}>{STATE_WORDS[state]}</span>
      </span>
    </span>
  );
}

function ThemeMenu() {
  const { theme, shown } = useTheme();
  const item = (value: Theme, label: string) => ({ label, checked: theme === value, onSelect: () => setTheme(value) });
  return (
    <Menu
      label="Theme"
      align="end"
      trigger={
        <button type="button" className="btn" data-kind="quiet" data-icon aria-label="Theme" title="Theme">
          <Icon name={shown === "dark" ? "moon" : "sun"} />
        </button>
      }
      items={[item("system", "As the system"), item("light", "Light"), item("dark", "Dark")]}
    />
  );
}

function UserMenu() {
  const { session, leave } = useSession();
  const user = session.user;
  const tell = useToast();
  if (user === null) return null;
  return (
    <Menu
      label="User"
      align="end"
      trigger={
        <button type="button" className="btn" data-kind="quiet" title={`${user.name}, ${user.role}`}>
          <Icon name="user" />
          <span className="cut hide-narrow">{user.name}</span>
        </button>
      }
      items={[
        { label: `${user.name}: ${user.role}`, disabled: true, onSelect: () => undefined },
        ...(user.period === null ? [] : [{ label: `Period ${user.period.from.slice(0, 10)} – ${user.period.to.slice(0, 10)}`, disabled: true, onSelect: () => undefined }]),
        null,
        { label: "Copy link of this view", onSelect: () => void copyText(window.location.href).then((done) => (done ? tell("Link copied", "ok") : tell("The browser does not let the console write to the clipboard. The address of this page is the link.", "warn"))) },
        { label: "Log out", onSelect: () => void leave() },
      ]}
    />
  );
}
