// The width of a chart follows its box.

import { useEffect, useRef, useState } from "preact/hooks";

export function useWidth() {
  const [width, measure] = useState(360);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(([e]) => measure(Math.max(220, Math.round(e.contentRect.width))));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return [box, width] as const;
}
