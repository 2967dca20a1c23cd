// The time bar: a day among those released, an hour of it, and play.

import { useEffect, useRef } from "preact/hooks";
import { dayName, hourName, hourStart, monthName } from "./clock.ts";
import { Sign } from "./icon.tsx";
import type { Say } from "./words.ts";

interface Props {
  days: string[]; // released days, ascending
  day: string;
  hours: string[]; // local hours of the day
  hour: number;
  shape: number[]; // total of each hour, only for the outline behind the slider
  playing: boolean;
  speed: number; // hours a second
  say: Say;
  go(day: string, hour: number, dragging: boolean): void;
  play(on: boolean): void;
  pace(speed: number): void;
  byMonth?: boolean;
  live?: () => void; // goes to the crowd of now, where there is one
}

export function TimeBar(p: Props) {
  const { say } = p;
  const at = p.days.indexOf(p.day);
  const latest = useRef(p);
  latest.current = p;
  useEffect(() => {
    if (!p.playing) return;
    const timer = setInterval(() => step(latest.current, 1), 1000 / p.speed);
    return () => clearInterval(timer);
  }, [p.playing, p.speed]);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const max = Math.max(1, ...p.shape);
  const byDay = !p.hours.length; // of products without hours: the slider moves over days
  const n = byDay ? p.days.length : p.hours.length;
  const slide = (v: number, dragging: boolean) => (byDay ? p.go(p.days[v] ?? p.day, 0, dragging) : p.go(p.day, v, dragging));
  const narrow = window.matchMedia("(max-width: 699.98px)").matches;
  const outline = p.shape.length === n && n > 1
    ? `M0,40${p.shape.map((v, i) => `L${(i / (n - 1)) * 1000},${40 - 36 * (Math.max(0, v) / max)}`).join("")}L1000,40Z`
    : "";
  return (
    <section class={p.live ? "timebar with-live" : "timebar"} aria-label={say("time")}>
      <div class="time-play">
        {still ? (
          <>
            <button class="tool" onClick={() => step(p, -1)} aria-label={say("hourBack")} title={say("hourBack")}><Sign name="back" /></button>
            <button class="tool" onClick={() => step(p, 1)} aria-label={say("hourNext")} title={say("hourNext")}><Sign name="next" /></button>
          </>
        ) : (
          <button class="tool primary" onClick={() => p.play(!p.playing)} aria-label={say(p.playing ? "pause" : "play")} title={say(p.playing ? "pause" : "play")}>
            <Sign name={p.playing ? "pause" : "play"} />
          </button>
        )}
      </div>
      <div class="time-day">
        <button class="tool" disabled={at <= 0} onClick={() => p.go(p.days[at - 1], p.hour, false)} aria-label={say("dayBack")} title={say("dayBack")}><Sign name="back" /></button>
        <span class="select"><select class="day" aria-label={say("day")} value={p.day} onChange={(e) => p.go(e.currentTarget.value, p.hour, false)}>
          {p.days.map((d) => <option key={d} value={d}>{p.byMonth ? monthName(d.slice(0, 7), say.lang) : dayName(d, say.lang, !narrow)}</option>)}
        </select></span>
        <button class="tool" disabled={at >= p.days.length - 1} onClick={() => p.go(p.days[at + 1], p.hour, false)} aria-label={say("dayNext")} title={say("dayNext")}><Sign name="next" /></button>
      </div>
      <output class="time-hour">{p.hours[p.hour] ? hourName(p.hours[p.hour]) : ""}</output>
      <div class="time-slider">
        <svg class="outline" viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true"><path d={outline} /></svg>
        <input
          type="range" min="0" max={Math.max(0, n - 1)} step="1" value={byDay ? Math.max(0, at) : p.hour} disabled={n < 2}
          aria-label={say(byDay ? "day" : "hour")}
          aria-valuetext={p.hours[p.hour] ? `${dayName(p.day, say.lang)}, ${hourName(p.hours[p.hour])}` : dayName(p.day, say.lang)}
          onInput={(e) => slide(Number(e.currentTarget.value), true)}
          onChange={(e) => slide(Number(e.currentTarget.value), false)}
        />
        <div class="time-ticks" aria-hidden="true">
          {p.hours.map((h, i) => Number(h.slice(11, 13)) % 3 === 0 && !h.endsWith("b") && (
            <span key={h} class={i % 6 ? "minor" : ""} ref={(el) => { if (el) el.style.left = `${(i / Math.max(1, n - 1)) * 100}%`; }}>{hourStart(h)}</span>
          ))}
        </div>
      </div>
      {!still && !byDay && (
        <span class="select speed"><select aria-label={say("speed")} value={String(p.speed)} onChange={(e) => p.pace(Number(e.currentTarget.value))}>
          {[1, 2, 4, 8].map((v) => <option key={v} value={String(v)}>{say("perSecond", { n: v })}</option>)}
        </select></span>
      )}
      {p.live && <button class="live-button" onClick={p.live} title={say("backToLive")}>{say("live")}</button>}
    </section>
  );
}

/** step moves by hours, over the end of a day into the next released one; at the last hour playing stops. */
export function step(p: Props, by: number) {
  const at = p.days.indexOf(p.day);
  const hour = p.hour + by;
  if (!p.hours.length) {
    const day = p.days[at + by];
    if (day) p.go(day, 0, true);
    else if (p.playing) p.play(false);
  } else if (hour >= 0 && hour < p.hours.length) p.go(p.day, hour, true);
  else if (by > 0 && at < p.days.length - 1) p.go(p.days[at + 1], 0, true);
  else if (by < 0 && at > 0) p.go(p.days[at - 1], 23, true);
  else if (p.playing) p.play(false);
}
