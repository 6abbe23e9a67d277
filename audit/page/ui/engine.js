"use strict";
globalThis.Ringfence ??= {};

// Runs the verifier in a worker that is made of this page's own text; where a browser allows none, in the page itself.
Ringfence.engine = (() => {
  const trusted = globalThis.trustedTypes?.createPolicy("ringfence-worker", { createScriptURL: (url) => url });

  function worker() {
    const source = document.getElementById("engine-source").textContent;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    try {
      return new Worker(trusted ? trusted.createScriptURL(url) : url);
    } finally {
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    }
  }

  const cancelled = () => Object.assign(new Error("cancelled"), { cancelled: true });

  // start() -> {call(name, args), stop(), onProgress}. A call is answered or refused; `stop` refuses those that are open.
  function start() {
    const engine = { call, stop, onProgress: () => {}, inWorker: true };
    const open = new Map();
    let last = 0;
    let answered = false;
    let stopped = false;
    let own = null;
    let runs = null;

    function fall() {
      runs?.terminate();
      runs = null;
      engine.inWorker = false;
      own = Ringfence.session();
      own.onProgress = (progress) => engine.onProgress(progress);
      for (const [id, { name, args }] of open) here(id, name, args);
    }

    function here(id, name, args) {
      Promise.resolve().then(() => own[name](args)).then((value) => settle(id, "done", value), (error) => settle(id, "failed", error));
    }

    function settle(id, how, value) {
      const waiting = open.get(id);
      open.delete(id);
      waiting?.[how](value);
    }

    function heard({ data }) {
      answered = true;
      if (data.progress) engine.onProgress(data.progress);
      else if ("error" in data) settle(data.id, "failed", new Error(data.error));
      else settle(data.id, "done", data.ok);
    }

    function broke(event) {
      event.preventDefault();
      if (!answered) return fall();
      for (const id of [...open.keys()]) settle(id, "failed", new Error(event.message || "the verifier stopped"));
    }

    function call(name, args = {}) {
      return new Promise((done, failed) => {
        if (stopped) {
          failed(cancelled());
          return;
        }
        const id = last += 1;
        open.set(id, { name, args, done, failed });
        if (runs) runs.postMessage({ id, call: name, args });
        else here(id, name, args);
      });
    }

    function stop() {
      stopped = true;
      runs?.terminate();
      own?.cancel?.({});
      for (const id of [...open.keys()]) settle(id, "failed", cancelled());
    }

    try {
      runs = worker();
      runs.onmessage = heard;
      runs.onerror = broke;
    } catch {
      fall();
    }
    return engine;
  }

  return { start };
})();
