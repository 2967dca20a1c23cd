// Messages by key and language. A message may hold {name} and {name, plural, one {...} other {...}}; nothing else, and
// no sentence is glued from pieces.

import en from "./message/en.json";
import fr from "./message/fr.json";
import zh from "./message/zh.json";

export type Key = keyof typeof en;
export type Language = "en" | "fr" | "zh";

export const languages: { code: Language; name: string }[] = [
  { code: "en", name: "English" },
  { code: "fr", name: "Français" },
  { code: "zh", name: "中文" },
];

const messages: Record<Language, Record<string, string>> = { en, fr, zh };

/** locale is the BCP 47 tag by which numbers and dates are written. */
export const locale: Record<Language, string> = { en: "en-GB", fr: "fr-FR", zh: "zh-CN" };

export type Values = Record<string, string | number>;

export interface Say {
  (key: Key, values?: Values): string;
  lang: Language;
}

/** speak gives the function that says messages in a language. */
export function speak(lang: Language): Say {
  const say = ((key: Key, values: Values = {}) => fill(messages[lang][key] ?? en[key] ?? key, values, lang)) as Say;
  say.lang = lang;
  return say;
}

/** has says whether a key exists, for keys that are made from codes. */
export const has = (key: string): key is Key => key in en;

/** fill writes values into a message. */
export function fill(message: string, values: Values, lang: Language): string {
  let out = "";
  for (let i = 0; i < message.length; i++) {
    if (message[i] !== "{") {
      out += message[i];
      continue;
    }
    const end = closing(message, i);
    out += one(message.slice(i + 1, end), values, lang);
    i = end;
  }
  return out;
}

function closing(s: string, from: number): number {
  let depth = 0;
  for (let i = from; i < s.length; i++) {
    if (s[i] === "{") depth++;
    else if (s[i] === "}" && --depth === 0) return i;
  }
  throw new Error(`message without a closing brace: ${s}`);
}

function one(inner: string, values: Values, lang: Language): string {
  const [name, kind] = inner.split(",", 2).map((s) => s.trim());
  const value = values[name];
  if (!kind) return String(value ?? `{${name}}`);
  const forms = inner.slice(inner.indexOf(",", inner.indexOf(",") + 1) + 1);
  const form = new Intl.PluralRules(locale[lang]).select(Number(value));
  const count = typeof value === "number" ? new Intl.NumberFormat(locale[lang]).format(value) : String(value);
  return fill(pick(forms, form) ?? pick(forms, "other") ?? "", values, lang).replaceAll("#", count);
}

function pick(forms: string, want: string): string | undefined {
  for (let i = 0; i < forms.length; ) {
    const open = forms.indexOf("{", i);
    if (open < 0) return undefined;
    const end = closing(forms, open);
    if (forms.slice(i, open).trim() === want) return forms.slice(open + 1, end);
    i = end + 1;
  }
  return undefined;
}

/** preferred is the reader's language: the link's, then the one chosen before, then the browser's, then English. */
export function preferred(link: string | undefined, before: string | null, browser: readonly string[]): Language {
  for (const tag of [link, before, ...browser]) {
    const found = languages.find((l) => tag?.toLowerCase().split("-")[0] === l.code);
    if (found) return found.code;
  }
  return "en";
}

/** codeName is what a code of a breakdown is called: known codes in the reader's language, others as they are. */
export function codeName(by: string, code: string, say: Say): string {
  const key = `${by}.${code}`;
  if (has(key)) return say(key);
  if (code === "U" || code === "other") return say(code === "U" ? "unknown" : "otherCodes");
  return code;
}
