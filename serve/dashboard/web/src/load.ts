// Loading as a hook: the older answer stays, marked stale, until the newer one is here.

import { useEffect, useRef, useState } from "preact/hooks";

export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  stale: boolean; // data belongs to an older key
}

/** useLoaded loads what a key names; an empty key loads nothing. Quiet is how long the key must rest first, in ms. */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>, quiet = 0): Loaded<T> & { retry(): void } {
  const [held, hold] = useState<{ key: string; data?: T; error?: unknown }>({ key: "" });
  const [turn, again] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (!key) return;
    const stop = new AbortController();
    const go = () =>
      latest.current(stop.signal).then(
        (data) => !stop.signal.aborted && hold({ key, data }),
        (error) => !stop.signal.aborted && hold((h) => ({ key, data: h.data, error })),
      );
    const timer = setTimeout(go, quiet);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key, turn]);
  return {
    data: key ? held.data : undefined,
    error: held.key === key ? held.error : undefined,
    stale: held.key !== key || (held.error !== undefined && held.data !== undefined),
    retry: () => again(turn + 1),
  };
}
