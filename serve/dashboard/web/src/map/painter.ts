// Paints zones, circles, flow lines and labels on one canvas, in one pass a frame. Styles are made once a theme; a step
// in time only chooses among them by index.

import type { Palette } from "../colour.ts";
import type { Ground, Zone } from "../ground.ts";
import { dots, hatch } from "./pattern.ts";

/** How one zone looks at one moment. */
export interface Look {
  class: number; // 0 to 6, or one of the three below
  faded: boolean; // uncertain: half the saturation and dots
  dots: boolean; // modelled
  share: number; // of a circle's largest area, 0 to 1
}

export const suppressed = -1;
export const missing = -2;

/** Line is one flow, drawn curved, from and to zone indexes. */
export interface Line {
  from: number;
  to: number;
  width: number; // pixels
  dashed: boolean;
  way: "out" | "into" | "mark";
}

export interface Scene {
  ground: Ground | null;
  shown: Zone[]; // zones of the level in view
  looks: Map<number, Look>; // by zone index
  only: number; // class to show alone, or -1
  selected: number[];
  hovered: number;
  lines: Line[];
  plain: boolean; // zones as quiet shapes without values
}

export interface Frame {
  size: number[];
  ratio: number;
  centre: number[];
  resolution: number;
}

export class Painter {
  readonly canvas = document.createElement("canvas");
  private c: CanvasRenderingContext2D | null = this.canvas.getContext("2d");
  private paths = new Map<number, Path2D>();
  private ground: Ground | null = null;
  private origin = [0, 0];
  private palette!: Palette;
  private hatch: CanvasPattern | null = null;
  private dots: CanvasPattern | null = null;

  constructor() {
    this.canvas.className = "painter";
    this.canvas.setAttribute("role", "img");
  }

  dress(palette: Palette, ratio: number) {
    this.palette = palette;
    if (!this.c) return;
    this.hatch = this.c.createPattern(hatch(palette.hatch, ratio), "repeat");
    this.dots = this.c.createPattern(dots(palette.halo, ratio), "repeat");
  }

  /** paint draws a scene. Paths are kept near zero, since canvases count in single precision. */
  paint(scene: Scene, f: Frame): HTMLCanvasElement {
    const c = this.c;
    const w = Math.round(f.size[0] * f.ratio);
    const h = Math.round(f.size[1] * f.ratio);
    if (this.canvas.width !== w || this.canvas.height !== h) [this.canvas.width, this.canvas.height] = [w, h];
    if (!c || !scene.ground) return this.canvas;
    if (scene.ground !== this.ground) this.learn(scene.ground);
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, w, h);
    const k = f.ratio / f.resolution;
    const tx = w / 2 + (this.origin[0] - f.centre[0]) * k;
    const ty = h / 2 - (this.origin[1] - f.centre[1]) * k;
    c.setTransform(k, 0, 0, -k, tx, ty);
    const px = f.ratio / k; // one pixel, in metres
    c.lineJoin = "round";
    this.pin(k, tx, ty);
    for (const z of scene.shown) if (z.rings.length) this.area(c, scene, z, px);
    this.borders(c, scene, px);
    const at = (p: ArrayLike<number>): [number, number] => [
      (tx + (p[0] - this.origin[0]) * k) / f.ratio,
      (ty - (p[1] - this.origin[1]) * k) / f.ratio,
    ];
    c.setTransform(f.ratio, 0, 0, f.ratio, 0, 0);
    this.circles(c, scene, at, f);
    this.lines(c, scene, at);
    this.labels(c, scene, at, f);
    return this.canvas;
  }

  private learn(g: Ground) {
    this.ground = g;
    this.paths.clear();
    const box = g.zones.reduce((b, z) => [Math.min(b[0], z.box[0]), Math.min(b[1], z.box[1])], [Infinity, Infinity]);
    this.origin = box.map((v) => (Number.isFinite(v) ? v : 0));
    for (const z of g.zones) {
      if (!z.rings.length) continue;
      const p = new Path2D();
      for (const r of z.rings) {
        p.moveTo(r[0] - this.origin[0], r[1] - this.origin[1]);
        for (let i = 2; i < r.length - 2; i += 2) p.lineTo(r[i] - this.origin[0], r[i + 1] - this.origin[1]);
        p.closePath();
      }
      this.paths.set(z.index, p);
    }
  }

  // pin undoes the map's transform for patterns, so that they keep their size and are not mirrored.
  private pin(k: number, tx: number, ty: number) {
    const m = new DOMMatrix([k, 0, 0, -k, tx, ty]).inverse();
    this.hatch?.setTransform(m);
    this.dots?.setTransform(m);
  }

  private area(c: CanvasRenderingContext2D, scene: Scene, z: Zone, px: number) {
    const p = this.palette;
    const path = this.paths.get(z.index);
    if (!path) return;
    const look = scene.plain ? undefined : scene.looks.get(z.index);
    c.globalAlpha = look && scene.only >= 0 && scene.only !== look.class ? 0.14 : 1;
    if (!look || look.class === missing) {
      c.fillStyle = p.paper;
      c.fill(path, "evenodd");
    } else if (look.class === suppressed) {
      c.fillStyle = p.paper;
      c.fill(path, "evenodd");
      if (this.hatch) c.fillStyle = this.hatch;
      c.fill(path, "evenodd");
    } else {
      c.fillStyle = (look.faded ? p.faded : p.ramp)[look.class];
      c.fill(path, "evenodd");
      if ((look.faded || look.dots) && this.dots) {
        c.fillStyle = this.dots;
        c.fill(path, "evenodd");
      }
    }
    c.globalAlpha = 1;
    const empty = !look || look.class === missing;
    c.setLineDash(empty && !scene.plain ? [2 * px, 3 * px] : []);
    c.lineWidth = 0.9 * px;
    c.strokeStyle = empty || look?.class === suppressed ? p.border : p.line;
    c.stroke(path);
    c.setLineDash([]);
  }

  private borders(c: CanvasRenderingContext2D, scene: Scene, px: number) {
    const p = this.palette;
    const parents = new Set(scene.shown.map((z) => z.parent));
    c.lineWidth = 1.4 * px;
    c.strokeStyle = p.border;
    for (const i of parents) {
      const path = this.paths.get(i);
      if (path) c.stroke(path);
    }
    for (const [index, wide] of [[scene.hovered, 2], ...scene.selected.map((i) => [i, 3])] as [number, number][]) {
      const path = this.paths.get(index);
      if (!path) continue;
      c.strokeStyle = p.halo;
      c.lineWidth = (wide + 2.5) * px;
      c.stroke(path);
      c.strokeStyle = p.ink;
      c.lineWidth = wide * px;
      c.stroke(path);
    }
  }

  private circles(c: CanvasRenderingContext2D, scene: Scene, at: (p: ArrayLike<number>) => [number, number], f: Frame) {
    const p = this.palette;
    const points = scene.shown.filter((z) => z.point);
    const size = (z: Zone) => scene.looks.get(z.index)?.share ?? 0;
    points.sort((a, b) => size(b) - size(a));
    const largest = circleRadius(f.size);
    for (const z of points) {
      const look = scene.looks.get(z.index);
      const [x, y] = at(z.centre);
      const chosen = scene.selected.includes(z.index) || scene.hovered === z.index;
      c.beginPath();
      const shown = look && look.class >= 0 && !scene.plain;
      c.arc(x, y, shown ? Math.max(2, largest * Math.sqrt(look.share)) : 4, 0, 7);
      c.fillStyle = p.mark;
      c.globalAlpha = look && look.faded ? 0.22 : 0.5;
      if (shown) c.fill();
      c.globalAlpha = 1;
      c.setLineDash(shown ? [] : [2, 2]);
      c.lineWidth = chosen ? 3 : 1;
      c.strokeStyle = chosen ? p.ink : shown ? p.mark : p.border;
      c.stroke();
      c.setLineDash([]);
    }
  }

  private lines(c: CanvasRenderingContext2D, scene: Scene, at: (p: ArrayLike<number>) => [number, number]) {
    if (!scene.ground) return;
    c.lineCap = "butt";
    for (const l of [...scene.lines].reverse()) {
      const a = at(scene.ground.zones[l.from].centre);
      const b = at(scene.ground.zones[l.to].centre);
      const dx = b[0] - a[0];
      const dy = b[1] - a[1];
      const length = Math.hypot(dx, dy);
      if (length < 4) continue;
      const q = [(a[0] + b[0]) / 2 - dy * 0.18, (a[1] + b[1]) / 2 + dx * 0.18];
      const colour = l.way === "out" ? this.palette.out : l.way === "into" ? this.palette.into : this.palette.mark;
      c.strokeStyle = c.fillStyle = colour;
      c.globalAlpha = 0.78;
      c.lineWidth = l.width;
      c.setLineDash(l.dashed ? [5, 5] : []);
      c.beginPath();
      const size = 5 + l.width * 1.6;
      const tip = along(a, q, b, 1 - Math.min(0.3, 10 / length));
      const neck = along(a, q, b, 1 - Math.min(0.45, (10 + size * 0.8) / length));
      c.moveTo(a[0], a[1]);
      c.quadraticCurveTo(q[0] + (neck[0] - b[0]) / 2, q[1] + (neck[1] - b[1]) / 2, neck[0], neck[1]);
      c.stroke();
      c.setLineDash([]);
      arrow(c, neck, tip, size);
      c.globalAlpha = 1;
    }
  }

  private labels(c: CanvasRenderingContext2D, scene: Scene, at: (p: ArrayLike<number>) => [number, number], f: Frame) {
    const p = this.palette;
    c.font = '600 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif';
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.lineJoin = "round";
    const taken: number[][] = [];
    const ends = new Set(scene.lines.flatMap((l) => [l.from, l.to]));
    const quiet = (z: Zone) => z.point && scene.shown.length > 15 && (scene.plain ? !ends.has(z.index) : (scene.looks.get(z.index)?.class ?? -1) < 0);
    const weight = (z: Zone) => (scene.selected.includes(z.index) ? 1e12 : ends.has(z.index) ? 1e10 : (scene.looks.get(z.index)?.share ?? 0) * 1e6 + z.km2);
    for (const z of [...scene.shown].sort((a, b) => weight(b) - weight(a))) {
      const [x, y0] = at(z.centre);
      if (x < 0 || y0 < 0 || x > f.size[0] || y0 > f.size[1]) continue;
      const w = c.measureText(z.name).width;
      const chosen = scene.selected.includes(z.index) || scene.hovered === z.index;
      if (!chosen && (quiet(z) || x < w / 2 || x > f.size[0] - w / 2)) continue;
      const room = z.point ? Infinity : ((z.box[2] - z.box[0]) / f.resolution) * 0.95;
      if (w > room && !chosen) continue;
      const y = z.point ? y0 + 12 + Math.max(2, circleRadius(f.size) * Math.sqrt(scene.looks.get(z.index)?.share ?? 0)) : y0;
      const box = [x - w / 2 - 4, y - 9, x + w / 2 + 4, y + 9];
      if (taken.some((t) => t[0] < box[2] && t[2] > box[0] && t[1] < box[3] && t[3] > box[1])) continue;
      taken.push(box);
      c.strokeStyle = p.halo;
      c.lineWidth = 3.5;
      c.strokeText(z.name, x, y);
      c.fillStyle = p.ink;
      c.fillText(z.name, x, y);
    }
  }
}

/** circleRadius is the radius of the largest circle, in pixels. */
export const circleRadius = (size: number[]) => Math.max(14, Math.min(30, Math.min(size[0], size[1]) / 18));

// along is a point of a curve with one control point, t from 0 to 1.
function along(a: number[], q: number[], b: number[], t: number): number[] {
  const s = 1 - t;
  return [0, 1].map((i) => s * s * a[i] + 2 * s * t * q[i] + t * t * b[i]);
}

function arrow(c: CanvasRenderingContext2D, from: number[], to: number[], size: number) {
  const t = Math.atan2(to[1] - from[1], to[0] - from[0]);
  c.beginPath();
  c.moveTo(to[0], to[1]);
  c.lineTo(to[0] - size * Math.cos(t - 0.42), to[1] - size * Math.sin(t - 0.42));
  c.lineTo(to[0] - size * Math.cos(t + 0.42), to[1] - size * Math.sin(t + 0.42));
  c.closePath();
  c.fill();
}
