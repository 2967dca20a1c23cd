// Colours of the map by theme. Viridis in seven classes: light is few on a light page, dark is few on a dark one, so
// that more is always more contrast.

export type Theme = "light" | "dark";

const viridis = ["#fde725", "#90d743", "#35b779", "#21918c", "#31688e", "#443983", "#440154"];

export interface Palette {
  ramp: string[]; // few to many
  faded: string[]; // the same with half the saturation, for uncertain values
  paper: string;
  ink: string;
  halo: string;
  line: string;
  border: string;
  hatch: string;
  mark: string; // circles, perimeters
  out: string;
  into: string;
}

export const palettes: Record<Theme, Palette> = {
  light: {
    ramp: viridis,
    faded: viridis.map((c) => fade(c, "#f4f2ee")),
    paper: "#f4f2ee",
    ink: "#1b2126",
    halo: "rgba(255,255,255,.88)",
    line: "rgba(255,255,255,.75)",
    border: "rgba(27,33,38,.62)",
    hatch: "rgba(27,33,38,.26)",
    mark: "#2159c4",
    out: "#c8590a",
    into: "#2159c4",
  },
  dark: {
    ramp: [...viridis].reverse(),
    faded: [...viridis].reverse().map((c) => fade(c, "#15191d")),
    paper: "#15191d",
    ink: "#f1f4f6",
    halo: "rgba(10,13,16,.85)",
    line: "rgba(12,15,18,.8)",
    border: "rgba(241,244,246,.62)",
    hatch: "rgba(241,244,246,.26)",
    mark: "#8db4ff",
    out: "#f6a04d",
    into: "#8db4ff",
  },
};

/** channels reads a colour such as #35b779. */
export function channels(hex: string): number[] {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

// fade halves the saturation and moves a third of the way to the paper.
function fade(hex: string, paper: string): string {
  const c = channels(hex);
  const p = channels(paper);
  const grey = 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2];
  return "#" + c.map((v, i) => Math.round((0.5 * v + 0.5 * grey) * 0.7 + 0.3 * p[i]).toString(16).padStart(2, "0")).join("");
}

const steps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** readable rounds a limit to a number that is easy to read. */
export function readable(v: number): number {
  if (v <= 0) return 0;
  const p = 10 ** Math.floor(Math.log10(v));
  const best = steps.reduce((a, b) => (Math.abs(b * p - v) < Math.abs(a * p - v) ? b : a));
  const out = best * p;
  return out < 1 ? Number(out.toPrecision(2)) : Math.round(out);
}

/** limits gives the six inner limits of seven classes, ascending and distinct, from released values: equal steps of
 * the logarithm for densities, quantiles for totals. */
export function limits(values: number[], log: boolean): number[] {
  const v = values.filter((x) => x > 0).sort((a, b) => a - b);
  if (!v.length) return [1, 2, 5, 10, 20, 50];
  const at = (p: number) => v[Math.min(v.length - 1, Math.floor(p * v.length))];
  const lo = at(0.06);
  const hi = Math.max(at(0.95), lo * 1.5);
  const out: number[] = [];
  for (let k = 1; k <= 6; k++) {
    const raw = log ? lo * (hi / lo) ** ((k - 0.5) / 5.5) : at(k / 7);
    let limit = readable(raw);
    const before = out.at(-1) ?? 0;
    for (let up = raw; limit <= before; ) limit = readable((up = Math.max(up, before) * 1.25));
    out.push(limit);
  }
  return out;
}

/** classOf gives the class of a value, 0 to 6. */
export function classOf(v: number, limits: number[]): number {
  let k = 0;
  while (k < limits.length && v >= limits[k]) k++;
  return k;
}
