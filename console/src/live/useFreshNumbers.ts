import { useQueryClient } from "@tanstack/react-query";
import { useArrivals } from "./useArrivals";

/** Arriving findings ask for new numbers at most this often, ms. */
const REFRESH = 4000;

/** Makes answers below a key stale when something arrived, but not for each of many. */
export function useFreshNumbers(key: readonly string[]): void {
  const client = useQueryClient();
  useArrivals(REFRESH, () => void client.invalidateQueries({ queryKey: [...key] }));
}
