// The frame: banner, header, the screen in view, footer. It holds the state, which is the link.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { busy, onQuiet } from "./api.ts";
import { catalogue, presences, live, of, type Catalogue } from "./catalogue.ts";
import { dayName, instantName, monthName } from "./clock.ts";
import type { Theme } from "./colour.ts";
import { Sign } from "./icon.tsx";
import { read, screens, write, type State } from "./link.ts";
import { isLive, useLive } from "./live.ts";
import { useLoaded } from "./load.ts";
import { holders } from "./holder.ts";
import { CompanyScreen, shows } from "./screen/company.tsx";
import { FlowsScreen } from "./screen/flows.tsx";
import { LiveScreen } from "./screen/live.tsx";
import { MoversScreen } from "./screen/movers.tsx";
import { NowScreen } from "./screen/now.tsx";
import { PrivacyScreen } from "./screen/privacy.tsx";
import { Trouble } from "./trouble.tsx";
import { languages, locale, preferred, speak, type Say } from "./words.ts";

/** remembered reads and keeps the two choices that outlast a visit: language and theme. */
const remembered = {
  get(key: string): string | null {
    try {
      return localStorage.getItem("throng." + key);
    } catch {
      return null;
    }
  },
  set(key: string, value: string) {
    try {
      localStorage.setItem("throng." + key, value);
    } catch {
      // A browser that keeps nothing is fine.
    }
  },
};

function useLink(): [State, (patch: Partial<State>, push?: boolean) => void] {
  const [state, set] = useState(() => read(location.pathname, location.search));
  useEffect(() => {
    const back = () => set(read(location.pathname, location.search));
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
  const go = useCallback((patch: Partial<State>, push = false) => {
    const next = { ...read(location.pathname, location.search), ...patch };
    const link = write(next);
    if (link !== location.pathname + location.search) {
      if (push) history.pushState(null, "", link);
      else history.replaceState(null, "", link);
    }
    set(next);
  }, []);
  return [state, go];
}

function useDark(): boolean {
  const query = window.matchMedia("(prefers-color-scheme: dark)");
  const [dark, set] = useState(query.matches);
  useEffect(() => {
    const f = () => set(query.matches);
    query.addEventListener("change", f);
    return () => query.removeEventListener("change", f);
  }, []);
  return dark;
}

// useReady tells tests when nothing is on its way and what is here has been painted.
function useReady() {
  useEffect(() => {
    const root = document.documentElement;
    let timer = 0;
    const look = () => {
      clearTimeout(timer);
      if (busy() > 0) delete root.dataset.ready;
      timer = window.setTimeout(() => {
        const map = document.querySelector<HTMLElement>(".map");
        const painted = !map || map.dataset.rendered === "1";
        if (busy() === 0 && painted) root.dataset.ready = "1";
        else look();
      }, 120);
    };
    look();
    return onQuiet(look);
  }, []);
}

// useLiveKey goes to live with the key L.
function useLiveKey(go: () => void) {
  const latest = useRef(go);
  latest.current = go;
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      const el = e.target as HTMLElement;
      if (e.key.toLowerCase() !== "l" || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName) && (el as HTMLInputElement).type !== "range") return;
      latest.current();
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
}

export function App() {
  const [state, go] = useLink();
  const systemDark = useDark();
  const [tab, setTab] = useState<"map" | "chart" | "table">("map");
  const lang = preferred(state.l, remembered.get("l"), navigator.languages);
  const say = speak(lang);
  const chosen = state.th || remembered.get("th") || "";
  const theme: Theme = chosen === "dark" || (chosen !== "light" && systemDark) ? "dark" : "light";
  const known = useLoaded("catalogue", catalogue);
  useReady();
  useEffect(() => {
    document.documentElement.lang = locale[lang];
    document.documentElement.dataset.theme = theme;
    document.title = `Throng · ${say(state.screen)}`;
  }, [lang, theme, state.screen]);
  const [newer, renew] = useState<Catalogue>();
  const c = newer ?? known.data;
  const wire = useLive(c, renew);
  const liveNow = !!c && state.screen === "now" && isLive(c, state.t, state.p);
  useLiveKey(() => c && state.screen === "now" && of(c, live).length > 0 && go({ t: "live", p: "" }, true));
  const houses = useLoaded(c ? "holders" : "", () => holders(c!)).data ?? [];
  const props = c && { houses, catalogue: c, state, say, theme, tab, setTab, go };
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.querySelector<HTMLElement>("main button, main a, main")?.focus(); }}>{say("skip")}</a>
      {c && c.root.data !== "real" && <p class="banner" role="note">{say(c.root.data === "public" ? "bannerPublic" : "bannerSynthetic")}</p>}
      {(wire.lost || wire.again) && <p class={wire.lost ? "wire lost" : "wire"} role="status">{say(wire.lost ? "liveLost" : "liveBack")}</p>}
      <header class="top">
        <p class="brand"><strong>Throng</strong>{c && <span>{c.root.holder}</span>}</p>
        <nav aria-label={say("screens")}>
          {screens.filter((s) => state.screen === s || (s === "movers" ? c?.releases.some((r) => r.product === "nights") : shows(s, houses))).map((s) => (
            <a key={s} href={write({ ...state, screen: s })} aria-current={state.screen === s ? "page" : undefined} onClick={(e) => { if (e.ctrlKey || e.metaKey || e.shiftKey) return; e.preventDefault(); setTab("map"); go({ screen: s, z: [], a: "", v: "", m: "", n: "", u: "" }, true); }}>{say(s)}</a>
          ))}
        </nav>
        <div class="settings">
          <span class="select"><select class="language" aria-label={say("language")} value={lang} onChange={(e) => { remembered.set("l", e.currentTarget.value); go({ l: e.currentTarget.value }); }}>
            {languages.map((l) => <option key={l.code} value={l.code} lang={l.code}>{l.name}</option>)}
          </select></span>
          <button class="tool quiet" aria-label={say(theme === "dark" ? "light" : "dark")} title={say(theme === "dark" ? "light" : "dark")} onClick={() => { const th = theme === "dark" ? "light" : "dark"; remembered.set("th", th); go({ th }); }}>
            <Sign name={theme === "dark" ? "sun" : "moon"} />
          </button>
        </div>
      </header>
      <div class="body" id="main">
        {known.error ? <main class="page"><Trouble error={known.error} say={say} retry={known.retry} /></main>
          : !props ? <main class="loading" aria-busy="true" />
          : state.screen === "privacy" ? <PrivacyScreen {...props} />
          : state.screen === "movers" ? <MoversScreen {...props} />
          : state.screen === "tourism" || state.screen === "market" || state.screen === "town" || state.screen === "parked" ? <CompanyScreen {...props} screen={state.screen} />
          : state.screen === "flows" ? <FlowsScreen {...props} />
          : liveNow ? <LiveScreen {...props} wire={wire} />
          : <NowScreen {...props} />}
      </div>
      {(state.screen === "flows" || (state.screen === "now" && c && [live, ...presences].some((id) => of(c, id).length > 0))) && (
        <nav class="tabs" aria-label={say("view")}>
          {(["map", "chart", "table"] as const).map((t) => <button key={t} aria-pressed={tab === t} onClick={() => setTab(t)}>{say(t)}</button>)}
        </nav>
      )}
      <Footer say={say} newest={c?.releases[0]?.period.name} licence={c?.root.licence} version={c?.root.version} />
    </>
  );
}

function Footer({ say, newest, licence, version }: { say: Say; newest?: string; licence?: string; version?: string }) {
  return (
    <footer class="foot">
      <span>{say("margins95")}</span>
      {newest && <span>{say("newest", { day: newest.length > 10 ? instantName(newest, say.lang) : newest.length === 10 ? dayName(newest, say.lang) : monthName(newest, say.lang) })}</span>}
      {licence && <span>{say("licence", { name: licence })}</span>}
      <span><a href="/v1">API</a>{version && <> · Throng {version}</>}</span>
    </footer>
  );
}
