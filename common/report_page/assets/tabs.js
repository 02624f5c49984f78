// Tabs that arrow keys, Home and End move between, as the ARIA Authoring Practices describe them.
Encore.tabs = (() => {
  const { element } = Encore;
  let made = 0;

  //   label: what the tabs are of; names: their words; chosen: place of the first one shown
  //   show: (place, panel) -> fills the panel; called once for each tab that is opened
  //   onChoose: called with the place when the reader chooses
  return ({ label, names, chosen = 0, show, onChoose = () => {} }) => {
    const id = `tabs-${(made += 1)}`;
    const filled = new Set();
    const buttons = names.map((name, place) =>
      element(
        "button",
        {
          type: "button",
          role: "tab",
          id: `${id}-${place}`,
          "aria-controls": `${id}-panel-${place}`,
          on: { click: () => choose(place) },
        },
        name,
      ),
    );
    const panels = names.map((_, place) =>
      element("div", {
        role: "tabpanel",
        id: `${id}-panel-${place}`,
        "aria-labelledby": `${id}-${place}`,
        tabindex: 0,
      }),
    );
    const list = element(
      "div",
      {
        class: "tabs",
        role: "tablist",
        "aria-label": label,
        on: {
          keydown: (event) => {
            const now = buttons.indexOf(document.activeElement);
            const last = names.length - 1;
            const next = {
              ArrowRight: now === last ? 0 : now + 1,
              ArrowLeft: now === 0 ? last : now - 1,
              Home: 0,
              End: last,
            }[event.key];
            if (next === undefined) return;
            event.preventDefault();
            choose(next);
            buttons[next].focus();
          },
        },
      },
      buttons,
    );

    function open(place) {
      buttons.forEach((button, other) => {
        button.setAttribute("aria-selected", String(other === place));
        button.tabIndex = other === place ? 0 : -1;
        panels[other].hidden = other !== place;
      });
      if (!filled.has(place)) show(place, panels[place]);
      filled.add(place);
    }

    function choose(place) {
      open(place);
      onChoose(place);
    }

    open(chosen);
    return [list, ...panels];
  };
})();
