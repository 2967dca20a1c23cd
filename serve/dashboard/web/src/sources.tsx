// Where the numbers of a release come from and what they cost in privacy.

import * as api from "./api.ts";
import type { Catalogue, Day } from "./catalogue.ts";
import { few, whole, z95 } from "./figure.ts";
import { useLoaded } from "./load.ts";
import type { Say } from "./words.ts";

const nano = 1e-9;

interface Props {
  catalogue: Catalogue;
  day: Day;
  sources: Record<string, string>;
  say: Say;
}

export function Sources({ catalogue, day, sources, say }: Props) {
  const { release } = day;
  const ledger = useLoaded("ledger", api.ledger).data;
  const cost = ledger?.days?.find((d) => d.day === day.day);
  const product = catalogue.products.find((p) => p.id === release.product);
  const path = `/v1/releases/${encodeURIComponent(release.id)}`;
  return (
    <details class="sources">
      <summary>{say("sources")}</summary>
      <dl>
        <dt>{say("release")}</dt>
        <dd><code>{release.id}</code>{release.revision > 0 && <> · {say("revision", { n: release.revision })}</>}</dd>
        {product?.method && <><dt>{say("method")}</dt><dd>{product.method}</dd></>}
        <dt>{say("marginWord")}</dt>
        <dd>{say("marginMeans")}</dd>
        {Object.entries(sources).map(([k, v]) => v && <Source key={k} name={k} text={String(v)} say={say} />)}
        <dt>{say("cost")}</dt>
        <dd>
          {cost ? say("epsilonDay", { e: few(cost.epsilon_1e9, say.lang, 2), rho: few(cost.spent * nano, say.lang, 2) }) : say("noLedger")}
        </dd>
      </dl>
      {!!release.parts?.length && (
        <table class="parts">
          <thead><tr><th scope="col">{say("tableWord")}</th><th scope="col">ρ</th><th scope="col">{say("noiseOfCell")}</th></tr></thead>
          <tbody>
            {release.parts.map((p) => (
              <tr key={p.table}><th scope="row">{p.table}</th><td>{few(p.rho * nano, say.lang, 2)}</td><td>±&#8239;{whole(z95 * Math.sqrt(p.sigma2), say.lang)}</td></tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="links">
        <a href={`${path}/claim`}>{say("claim")}</a> <a href={`${path}/manifest`}>{say("manifest")}</a> <a href={`${path}/quality`}>{say("quality")}</a>
      </p>
    </details>
  );
}

function Source({ name, text, say }: { name: string; text: string; say: Say }) {
  const known = { method: "method", noise: "noise", allocation: "allocation", scaling: "scaling" }[name] as "noise" | undefined;
  return <><dt>{known ? say(known) : name}</dt><dd>{text}</dd></>;
}
