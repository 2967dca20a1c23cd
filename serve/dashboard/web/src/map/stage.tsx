// The map as a component: it is made once and told what has changed.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Theme } from "../colour.ts";
import { few } from "../figure.ts";
import type { Ground, Zone } from "../ground.ts";
import { Sign, type Icon } from "../icon.tsx";
import type { Say, Key } from "../words.ts";
import { MapView, type Tool } from "./mapview.ts";
import type { Line, Look } from "./painter.ts";

interface Props {
  ground: Ground;
  shown: Zone[];
  looks: Map<number, Look>;
  only: number;
  selected: number[];
  lines: Line[];
  plain: boolean;
  theme: Theme;
  view: number[] | null;
  ring: number[][] | null;
  drawing: boolean; // offers the drawing tools
  say: Say;
  summary: string;
  tip(z: Zone): string;
  pick(z: Zone | null, add: boolean): void;
  perimeter?(ring: number[][] | null, done: boolean): void;
  moved(v: string): void;
  fitTurn: number; // a change asks for the first look again
  radius?(px: number): void;
  children?: ComponentChildren;
}

const tools: [Tool, Icon, Key][] = [["polygon", "polygon", "drawPolygon"], ["box", "box", "drawBox"], ["circle", "circle", "drawCircle"]];

export function Stage(p: Props) {
  const { say } = p;
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<MapView | null>(null);
  const latest = useRef(p);
  latest.current = p;
  const [tool, setTool] = useState<Tool | null>(null);
  const [tip, setTip] = useState<{ zone: Zone; x: number; y: number } | null>(null);
  const [resolution, setResolution] = useState(0);

  useEffect(() => {
    const el = element.current as HTMLDivElement;
    const m = new MapView(el, {
      pick: (z, add) => latest.current.pick(z, add),
      hover: (zone, x, y) => setTip(zone ? { zone, x, y } : null),
      perimeter: (ring, done) => latest.current.perimeter?.(ring, done),
      moved: (x, y, r) => {
        setResolution(r);
        latest.current.radius?.(m.radius());
        latest.current.moved([Math.round(x), Math.round(y), Number(r.toPrecision(4))].join(","));
      },
      ready: () => (el.dataset.rendered = "1"),
      drawing: setTool,
    });
    map.current = m;
    const watch = new ResizeObserver(() => m.resize());
    watch.observe(el);
    return () => {
      watch.disconnect();
      m.close();
      map.current = null;
    };
  }, []);
  useEffect(() => map.current?.dress(p.theme), [p.theme]);
  useEffect(() => map.current?.lay(p.ground, latest.current.view), [p.ground]);
  useEffect(() => {
    if (p.fitTurn) map.current?.fit();
  }, [p.fitTurn]);
  useEffect(() => {
    const m = map.current;
    if (!m) return;
    Object.assign(m.scene, { shown: p.shown, looks: p.looks, only: p.only, selected: p.selected, lines: p.lines, plain: p.plain });
    m.say(p.summary);
    m.refresh();
  });
  useEffect(() => map.current?.mark(p.ring), [p.ring]);
  const begin = (t: Tool | null) => {
    map.current?.start(t);
    if (t) p.perimeter?.(null, false);
    if (t) element.current?.focus({ preventScroll: true });
  };
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      const tag = (e.target as HTMLElement).tagName;
      if (e.ctrlKey || e.metaKey || e.altKey || tag === "SELECT" || (tag === "INPUT" && (e.target as HTMLInputElement).type !== "range")) return;
      if (e.key === "0") map.current?.fit();
      else if (e.key === "d" && latest.current.drawing) begin("polygon");
      else if (e.key === "Escape") map.current?.end();
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);

  return (
    <div class={tool ? "stage is-drawing" : "stage"}>
      <div class="map" ref={element} tabIndex={0} role="application" aria-label={p.summary} aria-describedby="map-keys">
        <div class="cross" hidden />
      </div>
      <p id="map-keys" class="hidden">{say("mapKeys")}</p>
      <div class="map-tools">
        <div class="tool-group">
          <button class="tool" onClick={() => map.current?.zoom(1)} aria-label={say("zoomIn")} title={say("zoomIn")}><Sign name="plus" /></button>
          <button class="tool" onClick={() => map.current?.zoom(-1)} aria-label={say("zoomOut")} title={say("zoomOut")}><Sign name="minus" /></button>
          <button class="tool" onClick={() => map.current?.fit()} aria-label={say("fit")} title={say("fit")}><Sign name="fit" /></button>
        </div>
        {p.drawing && (
          <div class="tool-group">
            {tools.map(([t, icon, key]) => (
              <button key={t} class="tool" data-tool={t} aria-pressed={tool === t} onClick={() => begin(tool === t ? null : t)} aria-label={say(key)} title={say(key)}><Sign name={icon} /></button>
            ))}
          </div>
        )}
      </div>
      {tool && (
        <div class="draw-hint" role="status">
          <span>{say(tool === "polygon" ? "hintPolygon" : "hintDrag")}</span>
          <button onClick={() => map.current?.end()}>{say(tool === "polygon" ? "done" : "cancel")}</button>
        </div>
      )}
      {tip && !tool && <Tip x={tip.x} y={tip.y} title={tip.zone.name} text={p.tip(tip.zone)} />}
      {resolution > 0 && <ScaleBar resolution={resolution} say={say} />}
      {p.children}
    </div>
  );
}

function Tip({ x, y, title, text }: { x: number; y: number; title: string; text: string }) {
  const place = (el: HTMLDivElement | null) => {
    if (!el) return;
    const room = el.parentElement?.clientWidth ?? 0;
    el.style.left = `${Math.max(8, Math.min(x + 14, room - el.offsetWidth - 8))}px`;
    el.style.top = `${y + 18}px`;
  };
  return <div class="tip" ref={place}><strong>{title}</strong><span>{text}</span></div>;
}

// ScaleBar is a length of 1, 2 or 5 times a power of ten, between 50 and 125 pixels.
function ScaleBar({ resolution, say }: { resolution: number; say: Say }) {
  const raw = 125 * resolution;
  const p = 10 ** Math.floor(Math.log10(raw));
  const length = [5, 2, 1].map((k) => k * p).find((v) => v <= raw) ?? p;
  const text = length >= 1000 ? `${few(length / 1000, say.lang)} km` : `${few(length, say.lang)} m`;
  return <div class="scale-bar" aria-hidden="true" ref={(el) => { if (el) el.style.width = `${length / resolution}px`; }}>{text}</div>;
}
