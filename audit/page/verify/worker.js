"use strict";
/*
 * In a Worker, answers {id, call, args} with {id, ok} or {id, error}, and meanwhile {id, progress: {phase, done, total}};
 * in a window it does nothing. Calls may overlap: `cancel` stops a `verify`.
 */
globalThis.Ringfence ??= {};
if (typeof WorkerGlobalScope !== "undefined" && globalThis instanceof WorkerGlobalScope) {
  const CALLS = new Set([
    ..."verify cancel record records find related values proof sample document member text".split(" "),
  ]);
  const session = Ringfence.session();
  globalThis.onmessage = async ({ data: { id, call, args } }) => {
    if (call === "verify") session.onProgress = (progress) => globalThis.postMessage({ id, progress });
    try {
      if (!CALLS.has(call)) throw new Error("no such call");
      globalThis.postMessage({ id, ok: await session[call](args ?? {}) });
    } catch (error) {
      globalThis.postMessage({ id, error: error instanceof Error ? error.message : "it failed" });
    }
  };
}
