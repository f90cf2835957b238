import { Component, lazy, Suspense, useMemo, useState, type ComponentType, type ErrorInfo, type ReactNode } from "react";
import { QueryClientProvider } from "@tanstack/react-query";
import { makeClient } from "@/api/client";
import { LiveProvider } from "@/live/LiveProvider";
import { matchPage, PAGES, type PageProps } from "@/pages";
import { useRecord } from "@/record/RecordLink";
import { SessionProvider } from "@/session/SessionProvider";
import { Link } from "@/url/Link";
import { usePlace } from "@/url/router";
import { Shell } from "@/ui/Shell";
import { Empty } from "@/ui/States";
import { ToastProvider } from "@/ui/Toast";

const LOADED = new Map<string, ComponentType<PageProps>>(PAGES.map((page) => [page.path, lazy(page.load)]));

/** The console. */
export function App() {
  const [client] = useState(makeClient);
  return (
    <QueryClientProvider client={client}>
      <ToastProvider>
        <SessionProvider>
          <LiveProvider>
            <Shell>
              <Page />
            </Shell>
            <RecordOver />
          </LiveProvider>
        </SessionProvider>
      </ToastProvider>
    </QueryClientProvider>
  );
}

const RecordDialog = lazy(() => import("@/record/RecordDialog"));

/** The record of the ledger that the address names, over whatever page is shown. */
function RecordOver() {
  const [seq, close] = useRecord();
  if (seq === null) return null;
  return (
    <Guard key={seq}>
      <Suspense fallback={null}>
        <RecordDialog key={seq} seq={seq} onClose={close} />
      </Suspense>
    </Guard>
  );
}

function Page() {
  const { path } = usePlace();
  const match = useMemo(() => matchPage(path), [path]);
  const Loaded = match === null ? undefined : LOADED.get(match.page.path);
  if (match === null || Loaded === undefined) {
    return (
      <Empty title="No such page" actions={<Link to="/">To the overview</Link>}>
        <code>{path}</code>
      </Empty>
    );
  }
  return (
    <Guard key={match.page.path}>
      <Loaded rest={match.rest} />
    </Guard>
  );
}

/** Keeps the shell alive when a page fails to load or to draw. */
class Guard extends Component<{ children: ReactNode }, { failure: string | null }> {
  override state: { failure: string | null } = { failure: null };

  static getDerivedStateFromError(error: unknown): { failure: string } {
    return { failure: error instanceof Error ? error.message : String(error) };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    // The only place that writes to the console of the browser: without it a failure of a page could not be looked into.
    // eslint-disable-next-line no-console
    console.error(error, info.componentStack);
  }

  override render(): ReactNode {
    if (this.state.failure === null) return this.props.children;
    return (
      <Empty
        title="This page failed"
        actions={
          <button type="button" className="btn" onClick={() => window.location.reload()}>
            Load it again
          </button>
        }
      >
        <code>{this.state.failure}</code>
        <p>Nothing of the server is lost by this; the other pages work.</p>
      </Empty>
    );
  }
}
