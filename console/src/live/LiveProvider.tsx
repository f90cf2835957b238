import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { cleanRow } from "@/api/clean";
import { isRecord } from "@/api/error";
import { openStream, type ServerEvent, type StreamState } from "@/api/sse";
import type { Row } from "@/api/types";
import type { Known, Schemas } from "@/api/wire";
import { filterParams, useFilter } from "@/url/filter";

// One stream a tab, with the filter of the page. Pages listen to it; the shell
// shows its state and what was missed.

/** Somebody did something about a finding. */
export interface ActEvent {
  finding: string;
  kind: string;
}

interface Events {
  finding: Row;
  act: ActEvent;
  health: Record<string, unknown>;
}

type Listener<K extends keyof Events> = (value: Events[K]) => void;
type Listeners = { [K in keyof Events]: Set<Listener<K>> };

export interface LiveState {
  state: StreamState;
  /** Events that this browser did not get since the page was opened. */
  missed: number;
  /** When the last event or sign of health arrived, by this browser's clock; null before the first. */
  heard: number | null;
  /** Grows when something may have come by the stream's side: it opened, opened again, or told of missed events. Lists then look what is new. */
  breaks: number;
  /** The user has seen the count of missed events. */
  forgetMissed: () => void;
}

const StateContext = createContext<LiveState>({ state: "connecting", missed: 0, heard: null, breaks: 0, forgetMissed: () => undefined });
const ListenersContext = createContext<Listeners | null>(null);

export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const filter = useFilter();
  const query = filterParams(filter).toString();
  const listeners = useRef<Listeners>({ finding: new Set(), act: new Set(), health: new Set() });
  const [state, setState] = useState<StreamState>("connecting");
  const [missed, setMissed] = useState(0);
  const [breaks, setBreaks] = useState(0);
  const [heard, setHeard] = useState<number | null>(null);

  useEffect(() => {
    const abort = new AbortController();
    // Text being typed changes the filter often: wait until it rests.
    const timer = setTimeout(() => {
      const handlers = {
        onState: (next: StreamState) => {
          setState(next);
          if (next === "open") setBreaks((n) => n + 1);
        },
        onHeard: () => setHeard(Date.now()),
        onTooLong: (count: number) => setMissed((n) => n + count),
        onEvent: (event: ServerEvent) => {
          const lost = deliver(event, listeners.current);
          if (lost > 0) setMissed((n) => n + lost);
          // What was missed is in the store: ask for it.
          if (event.event === "missed") {
            setBreaks((n) => n + 1);
            void client.invalidateQueries({ queryKey: ["findings"] });
          }
        },
      };
      void openStream(new URLSearchParams(query), handlers, abort.signal);
    }, 250);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [query, client]);

  const value = useMemo(() => ({ state, missed, heard, breaks, forgetMissed: () => setMissed(0) }), [state, missed, heard, breaks]);
  return (
    <ListenersContext.Provider value={listeners.current}>
      <StateContext.Provider value={value}>{children}</StateContext.Provider>
    </ListenersContext.Provider>
  );
}

/** Hands an event to the listeners; gives the number of events that it says are lost. */
function deliver(event: ServerEvent, listeners: Listeners): number {
  let data: unknown;
  try {
    data = JSON.parse(event.data);
  } catch {
    return 1;
  }
  if (!isRecord(data)) return 1;
  if (event.event === "missed") return typeof data["count"] === "number" ? data["count"] : 1;
  if (event.event === "finding") for (const listener of listeners.finding) listener(cleanRow(data as unknown as Known<Schemas["Row"]>));
  if (event.event === "act") for (const listener of listeners.act) listener(data as unknown as ActEvent);
  if (event.event === "health") for (const listener of listeners.health) listener(data);
  return 0;
}

/** The state of the stream. */
export function useLive(): LiveState {
  return useContext(StateContext);
}

/** Calls `listener` for each event of a kind while the component is shown. */
export function useLiveEvent<K extends keyof Events>(kind: K, listener: Listener<K>): void {
  const listeners = useContext(ListenersContext);
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    if (listeners === null) return;
    const call: Listener<K> = (value) => latest.current(value);
    const set = listeners[kind] as Set<Listener<K>>;
    set.add(call);
    return () => {
      set.delete(call);
    };
  }, [listeners, kind]);
}
