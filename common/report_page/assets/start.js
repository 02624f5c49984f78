// Runs what the parts have registered, once the whole page is there.
(() => {
  const { element, starts, state, theme } = Encore;
  document.documentElement.classList.replace("no-js", "js");

  const tools = document.getElementById("page-tools");
  const words = () => (theme.isDark ? "Light colours" : "Dark colours");
  const button = element(
    "button",
    {
      type: "button",
      class: "button",
      on: {
        click: () => {
          theme.toggle();
          button.textContent = words();
        },
      },
    },
    words(),
  );
  tools.append(button);
  tools.hidden = false;

  // Marks the section that is being read in the list of sections.
  const links = new Map(
    [...document.querySelectorAll('nav[aria-label="Sections"] a')].map((link) => [link.hash.slice(1), link]),
  );
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        for (const [id, link] of links) {
          if (id === target.id) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        }
      }
    },
    { rootMargin: "-20% 0px -75% 0px" },
  );
  for (const id of links.keys()) {
    const section = document.getElementById(id);
    if (section) seen.observe(section);
  }

  // A part that fails says so and leaves the others alone; its tables stay readable.
  for (const start of starts) {
    try {
      start();
    } catch (error) {
      console.error(error);
      document
        .querySelector("main")
        .prepend(
          element(
            "p",
            { class: "warning" },
            `A part of this page did not start (${error.message}); its tables are readable below.`,
          ),
        );
    }
  }
  state.start();
})();
