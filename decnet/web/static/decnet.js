// SPDX-License-Identifier: MIT
"use strict";
(() => {
  const ROWS = 100;
  const one = (selector, root = document) => root.querySelector(selector);

  // The live feed. The stream is that of htmx; here is what it says about itself, and that no event comes twice.
  const STATES = { live: "live", away: "api is away, trying again", busy: "too many pages are open" };
  const tell = (state) => {
    const place = one("[data-live-state]");
    if (!place || place.dataset.state === state) return;
    const shown = document.createElement("span");
    shown.className = `state state-${STATES[state] ? state : "away"}`;
    shown.textContent = STATES[state] ?? "connection lost, trying again";
    place.dataset.state = state;
    place.replaceChildren(shown);
  };

  const follow = (feed) => {
    let last = Number(feed.dataset.last);
    let chartIsOld = false;
    const on = (name, act) => feed.addEventListener(name, act);
    for (const state of Object.keys(STATES)) on(state, () => tell(state));
    for (const end of ["gap", "over"]) on(end, () => location.reload());
    on("htmx:sse:error", () => tell("lost"));
    const again = () => { tell("lost"); setTimeout(() => feed.dispatchEvent(new Event("again")), 1000); };
    on("htmx:error", again);
    on("htmx:sse:close", again);
    on("htmx:sse:before:connection", (event) => {
      // a stream that begins anew goes on where the last one ended
      event.detail.connection.lastEventId ||= String(last);
    });
    on("htmx:sse:before:message", (event) => {
      const { id, event: name } = event.detail.message;
      if (name) return;
      if (Number(id) <= last) event.preventDefault();
      else last = Number(id);
    });
    on("htmx:sse:after:message", (event) => {
      if (event.detail.message.event) return;
      const rows = one("#feed").rows;
      while (rows.length > ROWS) rows[rows.length - 1].remove();
      one("[data-empty]").hidden = true;
      chartIsOld = true;
    });
    setInterval(() => { if (chartIsOld) { chartIsOld = false; document.dispatchEvent(new Event("decnet:touched")); } }, 2000);
  };

  // The chart of touches by the hour.
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const hour = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
  const draw = (place, said, old) => {
    const reading = one("[data-reading]");
    const total = reading.textContent;
    const times = said.hours.map((entry) => Date.parse(entry.at) / 1000);
    const values = said.hours.map((entry) => entry.touches);
    const edge = Math.max(1800, (times[times.length - 1] - times[0]) / 150);
    old?.destroy();
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: `11px ${colour("--sans")}` };
    const shown = (plot) => {
      const at = plot.cursor.idx;
      const entry = at === null || at === undefined ? null : said.hours[at];
      const lures = entry ? Object.entries(entry.lures).map(([name, count]) => `${name} ${count}`).join(", ") : "";
      reading.textContent = entry ? `${hour(times[at])} UTC: ${entry.touches}${lures ? ` (${lures})` : ""}` : total;
    };
    return new uPlot({
      width: place.clientWidth, height: place.clientHeight, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      legend: { show: false }, padding: [8, 0, 0, 0], cursor: { y: false, points: { show: false }, drag: { x: false, y: false } }, hooks: { setCursor: [shown] },
      scales: { y: { range: (_plot, _low, high) => [0, Math.max(high * 1.1, 4)] }, x: { range: (_plot, low, high) => [low - edge, high + edge] } },
      axes: [{ ...axis, size: 22, grid: { show: false }, values: (_plot, marks) => marks.map((mark) => hour(mark).slice(said.hours.length > 48 ? 5 : 11, said.hours.length > 48 ? 10 : 16)) }, { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6] }],
      series: [{}, { fill: colour("--accent"), paths: uPlot.paths.bars({ size: [0.8, 60, 2], gap: times.length > 48 ? 0 : 1 }), points: { show: false } }],
    }, [times, values], place);
  };
  const chart = (place) => {
    let [plot, said] = [null, null];
    const redraw = () => { if (said) plot = draw(place, said, plot); };
    const load = async () => {
      const answer = await fetch(place.dataset.chart).catch(() => null);
      if (!answer || !answer.ok) return;
      said = await answer.json();
      const total = one("[data-total]");
      if (total) total.textContent = said.total.toLocaleString("en").replaceAll(",", "\u202f");
      redraw();
    };
    new ResizeObserver(() => { if (plot) plot.setSize({ width: place.clientWidth, height: place.clientHeight }); }).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    document.addEventListener("decnet:touched", load);
    load();
  };

  // Lists by keyboard: arrows go from row to row, Enter opens one (each has a link), Home and End lead to the ends.
  const MOVES = { ArrowDown: 1, ArrowUp: -1 };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "k") {
      const field = one(".filters input");
      if (field) { event.preventDefault(); field.focus(); }
      return;
    }
    const table = event.target.closest ? event.target.closest("[data-rows] tbody") : null;
    if (!table || event.ctrlKey || event.altKey || event.metaKey) return;
    const links = [...table.rows].map((row) => one("a", row)).filter(Boolean);
    const here = links.indexOf(one("a", event.target.closest("tr")));
    const target = { Home: links[0], End: links[links.length - 1] }[event.key] ?? links[here + MOVES[event.key]];
    if (target) { event.preventDefault(); target.focus(); }
  });

  // A page that waits for api loads again as soon as it answers; not by a reload, which would send a form again.
  const wait = () => setInterval(async () => {
    const answer = await fetch("/health", { cache: "no-store" }).catch(() => null);
    if (answer && answer.ok) location.replace(one("[data-waits] a").href);
  }, 1500);

  // What asks whether all is well says so, too, where not even that is answered; the next answer takes its place.
  const doubt = (place) => place.addEventListener("htmx:error", () => { place.textContent = "The dashboard does not answer. This page goes on by itself as soon as it does."; });

  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  each("[data-live]", follow);
  each("[data-chart]", chart);
  each("[data-waits]", wait);
  each(".health", doubt);
  each("[data-filter]", (filter) => { filter.open ||= innerWidth > 1120; });
})();
