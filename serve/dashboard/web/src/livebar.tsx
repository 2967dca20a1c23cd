// The time bar of the last hours: bins, with a gap for each that is missing, and the way back to live.

import { useEffect, useRef } from "preact/hooks";
import { dayName, hourName, hourStart } from "./clock.ts";
import { Sign } from "./icon.tsx";
import type { Slot } from "./live.ts";
import type { Say } from "./words.ts";

interface Props {
  slots: Slot[];
  at: number; // slot in view
  following: boolean;
  shape: (number | null)[]; // total of each slot, only for the outline
  days: string[]; // released days, ascending
  playing: boolean;
  say: Say;
  go(slot: number): void; // the newest is live
  day(day: string): void;
  live(): void;
  play(on: boolean): void;
}

const everySecond = 4; // bins

export function LiveBar(p: Props) {
  const { say, slots, at } = p;
  const n = slots.length;
  const latest = useRef(p);
  latest.current = p;
  useEffect(() => {
    if (!p.playing) return;
    const timer = setInterval(() => {
      const now = latest.current;
      if (now.at < now.slots.length - 1) now.go(now.at + 1);
      else now.play(false);
    }, 1000 / everySecond);
    return () => clearInterval(timer);
  }, [p.playing]);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const x = (i: number) => (i / Math.max(1, n - 1)) * 100;
  const max = Math.max(1, ...p.shape.map((v) => v ?? 0));
  const wide = Math.min(30, 700 / Math.max(1, n));
  const bars = p.shape.map((v, i) => (v === null ? "" : `M${x(i) * 10 - wide / 2},40V${40 - 36 * (Math.max(0, v) / max)}h${wide}V40Z`)).join("");
  return (
    <section class="timebar livebar" aria-label={say("time")}>
      <div class="time-play">
        {still ? (
          <>
            <button class="tool" disabled={at <= 0} onClick={() => p.go(at - 1)} aria-label={say("binBack")} title={say("binBack")}><Sign name="back" /></button>
            <button class="tool" disabled={at >= n - 1} onClick={() => p.go(at + 1)} aria-label={say("binNext")} title={say("binNext")}><Sign name="next" /></button>
          </>
        ) : (
          <button class="tool primary" onClick={() => (p.playing ? p.play(false) : (p.following && p.go(0), p.play(true)))} aria-label={say(p.playing ? "pause" : "play")} title={say(p.playing ? "pause" : "play")}>
            <Sign name={p.playing ? "pause" : "play"} />
          </button>
        )}
      </div>
      <div class="time-day">
        <span class="select"><select class="day" aria-label={say("day")} value="live" onChange={(e) => (e.currentTarget.value === "live" ? p.live() : p.day(e.currentTarget.value))}>
          {p.days.map((d) => <option key={d} value={d}>{dayName(d, say.lang, false)}</option>)}
          <option value="live">{say("liveHours")}</option>
        </select></span>
      </div>
      <output class="time-hour">{hourName(slots[at]?.name ?? "")}</output>
      <div class="time-slider">
        <svg class="outline" viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true"><path d={bars} /></svg>
        <input
          type="range" min="0" max={Math.max(0, n - 1)} step="1" value={at} disabled={n < 2} aria-label={say("time")}
          aria-valuetext={`${dayName(slots[at].name.slice(0, 10), say.lang)}, ${hourName(slots[at].name)}${slots[at].release ? "" : `, ${say("missing")}`}`}
          onInput={(e) => p.go(Number(e.currentTarget.value))}
        />
        <div class="time-gaps" aria-hidden="true">
          {slots.map((s, i) => !s.release && <i key={s.code} title={say("liveGap", { time: hourName(s.name) })} ref={(el) => { if (el) el.style.left = `${x(i)}%`; }} />)}
        </div>
        <div class="time-ticks" aria-hidden="true">
          {slots.map((s, i) => s.name.slice(14, 16) === "00" && Number(s.name.slice(11, 13)) % 3 === 0 && (
            <span key={s.code} ref={(el) => { if (el) el.style.left = `${x(i)}%`; }}>{hourStart(s.name)}</span>
          ))}
        </div>
      </div>
      <button class={p.following ? "live-button on" : "live-button"} aria-pressed={p.following} onClick={p.live} aria-label={say(p.following ? "following" : "backToLive")} title={say(p.following ? "following" : "backToLive")}>{say("live")}</button>
    </section>
  );
}
