// What the reader has chosen is in the address, as `#<section>?<parameters>`, so that a link or a bookmark brings it back.
Encore.state = (() => {
  const listeners = [];
  let section = "";
  let parameters = new URLSearchParams();
  const SETTLED_MS = 3000;

  function read() {
    const [, place, query] = location.hash.match(/^#?([^?]*)\??(.*)$/s);
    section = place;
    // A link to a section keeps what was chosen.
    if (query) parameters = new URLSearchParams(query);
    // Links to a row or a table choose it.
    if (document.getElementById(place)?.matches("#row .row-detail, #row .table-detail")) {
      section = "row";
      parameters.set("row", place);
    }
  }

  function write() {
    const query = parameters.toString();
    const hash = `#${section || "leakage"}${query ? `?${query}` : ""}`;
    if (hash !== location.hash && (section || query)) history.replaceState(null, "", hash);
  }

  function notify() {
    for (const listener of listeners) listener();
  }

  // Shows a place, and keeps it where it is while parts of the page above it are drawn, until the reader does something.
  let release = () => {};
  function show(place) {
    release();
    const drawn = new ResizeObserver(() => place.scrollIntoView({ behavior: "instant" }));
    const acts = ["wheel", "touchstart", "keydown", "pointerdown"];
    const timer = setTimeout(() => release(), SETTLED_MS);
    release = () => {
      clearTimeout(timer);
      drawn.disconnect();
      for (const act of acts) window.removeEventListener(act, release);
    };
    for (const act of acts) window.addEventListener(act, release, { passive: true });
    drawn.observe(document.querySelector("main"));
  }

  // Shows the section, and lets the Tab key go on from its heading.
  function arrive() {
    const place = document.getElementById(section);
    const heading = place?.querySelector("h2");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    show(place);
  }

  return {
    get: (name) => parameters.get(name),
    // Sets parameters; null or "" removes one.
    set(values, { at = section } = {}) {
      for (const [name, value] of Object.entries(values)) {
        if (value === null || value === "") parameters.delete(name);
        else parameters.set(name, value);
      }
      section = at;
      write();
      notify();
    },
    subscribe: (listener) => listeners.push(listener),
    start() {
      const wasGiven = location.hash.length > 1;
      read();
      write();
      window.addEventListener("hashchange", () => {
        read();
        write();
        notify();
        arrive();
      });
      notify();
      // A fragment with parameters is no element's id, so the browser does not go there itself.
      const place = document.getElementById(section);
      if (wasGiven && place) show(place);
    },
  };
})();
