// The legend: seven classes and the signs of what is not a number. A click on a class shows only it.

import { palettes, type Theme } from "./colour.ts";
import { few, whole } from "./figure.ts";
import type { Say } from "./words.ts";

interface Props {
  title: string;
  limits: number[];
  theme: Theme;
  only: number;
  circles: { radius: number; value: number } | null;
  say: Say;
  pick(k: number): void;
}

export function Legend({ title, limits, theme, only, circles, say, pick }: Props) {
  const ramp = palettes[theme].ramp;
  const write = (v: number) => (v < 10 ? few(v, say.lang, 2) : whole(v, say.lang));
  return (
    <figure class="legend" aria-label={say("legend")}>
      <figcaption>{title}</figcaption>
      {circles ? <Circles {...circles} say={say} /> : (
        <div class="ramp" ref={(el) => el?.style.setProperty("--class", `${Math.max(34, 10 + 7 * Math.max(...limits.map((v) => write(v).length)))}px`)}>
          {ramp.map((colour, k) => (
            <button
              key={k} class={only >= 0 && only !== k ? "class off" : "class"} aria-pressed={only === k}
              title={say("onlyClass")} onClick={() => pick(only === k ? -1 : k)}
              aria-label={k === 0 ? say("below", { v: write(limits[0]) }) : k === 6 ? say("from", { v: write(limits[5]) }) : say("range", { a: write(limits[k - 1]), b: write(limits[k]) })}
            >
              <svg viewBox="0 0 10 10" preserveAspectRatio="none" aria-hidden="true"><rect width="10" height="10" fill={colour} /></svg>
            </button>
          ))}
          <div class="limits" aria-hidden="true">{limits.map((v, i) => <span key={i}>{write(v)}</span>)}</div>
        </div>
      )}
      <ul class="signs">
        <li><svg viewBox="0 0 18 12" aria-hidden="true"><path class="sign-hatch" d="M0 12L12 0M6 12L18 0M-6 12L6 0M12 12L24 0" /><rect class="sign-frame" x=".5" y=".5" width="17" height="11" /></svg>{say("tooUncertain")}</li>
        <li><svg viewBox="0 0 18 12" aria-hidden="true"><g class="sign-dots"><circle cx="4" cy="3" r="1" /><circle cx="9" cy="6" r="1" /><circle cx="14" cy="3" r="1" /><circle cx="4" cy="9" r="1" /><circle cx="14" cy="9" r="1" /></g><rect class="sign-frame" x=".5" y=".5" width="17" height="11" /></svg>{say("dotted")}</li>
        <li><svg viewBox="0 0 18 12" aria-hidden="true"><rect class="sign-frame dotted" x=".5" y=".5" width="17" height="11" /></svg>{say("missing")}</li>
      </ul>
    </figure>
  );
}

function Circles({ radius, value, say }: { radius: number; value: number; say: Say }) {
  const sizes = [1, 0.25, 0.0625].map((s) => ({ r: radius * Math.sqrt(s), v: value * s }));
  const h = radius * 2 + 14;
  return (
    <svg class="circles" width={radius * 2 + 74} height={h} aria-hidden="true">
      {sizes.map(({ r, v }) => (
        <g key={v}>
          <circle cx={radius + 2} cy={h - 2 - r} r={r} />
          <line x1={radius + 2} x2={radius * 2 + 14} y1={h - 2 - 2 * r} y2={h - 2 - 2 * r} />
          <text x={radius * 2 + 18} y={h - 2 - 2 * r} dominant-baseline="middle">{v < 10 ? few(v, say.lang, 2) : whole(v, say.lang)}</text>
        </g>
      ))}
    </svg>
  );
}
