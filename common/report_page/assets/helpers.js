// Functions that all parts of the page share. Each part registers what it does with Encore.whenReady; nothing runs
// before start.js, so that the order of the parts does not matter.
const Encore = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const starts = [];
  let parsed;

  // Children in one list, without those that are left out: null, undefined and false.
  const contents = (children) =>
    children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

  // An element with its attributes and children. Strings become text, never markup.
  function make(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
      else if (name === "data") Object.assign(node.dataset, value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...contents(children));
    return node;
  }
  const element = (tag, attributes = {}, ...children) => make(document.createElement(tag), attributes, children);
  const drawing = (tag, attributes = {}, ...children) => make(document.createElementNS(SVG, tag), attributes, children);

  // Puts children into an element, in place of those that it has.
  const fill = (node, ...children) => node.replaceChildren(...contents(children));

  // A row's heading, and its name, by which rows of one label are told apart.
  const rowTitle = ({ heading, label, name }) => (label.toLowerCase() === name ? heading : `${heading} (${name})`);

  const percent = (value) => value.toFixed(1);
  const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

  // Says a text to users of screen readers.
  function announce(text) {
    document.getElementById("announcements").textContent = text;
  }

  // Draws when the element comes near the screen, once more when its width changes, and before printing.
  const pending = new Map();
  let observer;
  function whenVisible(target, draw) {
    let width = -1;
    const redraw = () => {
      if (target.clientWidth === width || target.clientWidth === 0) return;
      width = target.clientWidth;
      draw(width);
    };
    observer ??= new IntersectionObserver(
      (entries) => {
        for (const entry of entries) if (entry.isIntersecting) pending.get(entry.target)?.();
      },
      { rootMargin: "400px" },
    );
    pending.set(target, () => {
      pending.delete(target);
      observer.unobserve(target);
      redraw();
      new ResizeObserver(redraw).observe(target);
    });
    observer.observe(target);
  }
  window.addEventListener("beforeprint", () => {
    for (const draw of [...pending.values()]) draw();
  });

  // Light or dark: as the system has it until the reader chooses.
  const theme = {
    get isDark() {
      return (
        (document.documentElement.dataset.theme ??
          (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark"
      );
    },
    toggle() {
      document.documentElement.dataset.theme = theme.isDark ? "light" : "dark";
    },
  };

  return {
    element,
    drawing,
    fill,
    percent,
    rowTitle,
    count,
    announce,
    whenVisible,
    theme,
    starts,
    whenReady: (start) => starts.push(start),
    // What the page shows, see common/report_page/page_json.py.
    get data() {
      return (parsed ??= JSON.parse(document.getElementById("data").textContent));
    },
  };
})();
