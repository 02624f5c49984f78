// What the reader has chosen is in the address, as `#<section>?<parameters>`, so that a link or a bookmark brings it back.
Encore.state = (() => {
  const listeners = [];
  let section = "";
  let parameters = new URLSearchParams();

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

  return {
    get: (name) => parameters.get(name),
    get section() {
      return section;
    },
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
    // Shows a section and puts the focus on its heading.
    go(place) {
      section = place;
      write();
      const heading = document.querySelector(`#${CSS.escape(place)} h2`);
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      heading.scrollIntoView();
    },
    start() {
      read();
      write();
      window.addEventListener("hashchange", () => {
        read();
        write();
        notify();
        document.getElementById(section)?.scrollIntoView();
      });
      notify();
      // A fragment with parameters is no element's id, so the browser does not go there itself.
      if (location.hash.includes("?")) document.getElementById(section)?.scrollIntoView({ behavior: "instant" });
    },
  };
})();
