// What went wrong, in words a reader can use: what the server said, its request id, and a way on.

import { Failure } from "./api.ts";
import type { Say } from "./words.ts";

interface Props {
  error: unknown;
  say: Say;
  retry(): void;
  home?(): void;
}

export function Trouble({ error, say, retry, home }: Props) {
  const f = error instanceof Failure ? error : null;
  if (f?.code === "area-outside") {
    return (
      <div class="trouble" role="status">
        <p><strong>{say("outside")}</strong></p>
        {home && <button class="button" onClick={home}>{say("goThere")}</button>}
      </div>
    );
  }
  const title = f?.status === 0 ? say("offline") : f && f.status < 500 ? f.message : say("serverError");
  return (
    <div class="trouble" role="alert">
      <p><strong>{title}</strong></p>
      {f?.detail && <p>{f.detail}</p>}
      {f?.hint && <p>{f.hint}</p>}
      {f?.request && <p class="note">{say("requestId", { id: f.request })}</p>}
      {!f && <p class="note">{String(error)}</p>}
      <button class="button" onClick={retry}>{say("retry")}</button>
    </div>
  );
}
