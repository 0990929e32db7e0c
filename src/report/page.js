"use strict";
// The tables of the page: searched, sorted, shown a page at a time. Whatever they hold goes
// into the page as text, never as HTML.
(() => {
  const PAGE = 25;

  const make = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const counted = (number) => number.toLocaleString("en");

  // Whether a text is of a reason, in which `…` stands for anything.
  const isOf = (reason, text) => {
    const parts = reason.split("…");
    if (parts.length === 1) return text === reason;
    const last = parts.pop();
    let from = 0;
    for (const [place, part] of parts.entries()) {
      const at = text.indexOf(part, from);
      if (at < 0 || (place === 0 && at > 0)) return false;
      from = at + part.length;
    }
    return text.length - last.length >= from && text.endsWith(last);
  };

  const tables = [];

  class Table {
    constructor(place, { columns, rows }) {
      this.place = place;
      this.rows = rows;
      const isUsed = (at) => rows.some((row) => row[at] !== null && row[at] !== "");
      this.columns = columns.map((column, at) => ({ ...column, at })).filter(({ at }) => isUsed(at));
      this.state = this.columns.find(({ kind }) => kind === "state");
      this.result = this.columns.find(({ name, more }) => name === "result" && !more);
      this.texts = new Array(rows.length);
      this.words = [];
      this.only = null;
      this.reason = null;
      this.more = false;
      this.sorted = null;
      this.all = Uint32Array.from(rows, (_, at) => at);
      this.order = this.all;
      this.build();
      this.choose();
    }

    build() {
      this.search = make("input", { type: "search", placeholder: "Search all columns", autocomplete: "off" });
      this.search.setAttribute("aria-label", "search");
      let wait;
      this.search.addEventListener("input", () => {
        clearTimeout(wait);
        wait = setTimeout(() => this.find(this.search.value), 120);
      });
      this.tools = make("div", { className: "tools" }, this.search);
      this.chips = this.stateChips();
      this.tools.append(...this.chips);
      this.reasonChip = make("button", { type: "button", hidden: true });
      this.reasonChip.addEventListener("click", () => this.show(null));
      this.tools.append(this.reasonChip);
      if (this.columns.some(({ more }) => more)) {
        this.tools.append(this.toggle("all columns", () => {
          this.more = !this.more;
          this.draw();
          return this.more;
        }));
      }
      this.head = make("tr");
      this.body = make("tbody");
      const table = make("table", {}, make("thead", {}, this.head), this.body);
      this.shown = make("output");
      const turn = (text, label, to) => {
        const button = make("button", { type: "button", textContent: text });
        button.setAttribute("aria-label", label);
        button.addEventListener("click", () => this.turn(to()));
        return button;
      };
      this.back = [turn("⇤", "first page", () => 0), turn("←", "page before", () => this.page - 1)];
      this.on = [turn("→", "next page", () => this.page + 1), turn("⇥", "last page", () => this.last())];
      this.pager = make("div", { className: "pager" }, this.shown, ...this.back, ...this.on);
      this.place.replaceChildren(this.tools, make("div", { className: "scroll" }, table), this.pager);
    }

    toggle(text, act) {
      const button = make("button", { type: "button", textContent: text });
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => button.setAttribute("aria-pressed", String(act())));
      return button;
    }

    stateChips() {
      if (!this.state) return [];
      const counts = new Map();
      for (const row of this.rows) {
        const state = row[this.state.at];
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      if (counts.size < 2) return [];
      return [...counts].sort((one, other) => other[1] - one[1]).map(([state, count]) => {
        const chip = this.toggle(`${state} ${counted(count)}`, () => {
          this.only = this.only === state ? null : state;
          for (const other of this.chips) if (other !== chip) other.setAttribute("aria-pressed", "false");
          this.choose();
          return this.only === state;
        });
        return chip;
      });
    }

    find(text) {
      this.words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
      this.choose();
    }

    // Shows the rows of one reason only, or of all again.
    show(reason) {
      this.reason = reason;
      this.reasonChip.hidden = reason === null;
      this.reasonChip.textContent = reason === null ? "" : `one reason only ✕`;
      this.reasonChip.title = reason ?? "";
      this.reasonChip.setAttribute("aria-pressed", "true");
      this.choose();
      return this.order.length;
    }

    text(at) {
      return this.texts[at] ??= this.rows[at].join("\u0001").toLowerCase();
    }

    choose() {
      const { words, only, reason, rows } = this;
      const isShown = (at) => (only === null || rows[at][this.state.at] === only)
        && (reason === null || isOf(reason, rows[at][this.result.at] ?? ""))
        && (words.length === 0 || words.every((word) => this.text(at).includes(word)));
      const isWhole = words.length === 0 && only === null && reason === null;
      this.order = isWhole ? this.all : this.all.filter(isShown);
      this.arrange();
      this.turn(0);
    }

    // Sorts by what a column holds: as numbers where all of it are numbers; nothing comes last.
    arrange() {
      if (!this.sorted) return;
      const { at, down } = this.sorted;
      const isEmpty = (value) => value === null || value === "";
      const cells = this.rows.map((row) => row[at]);
      const isNumeric = cells.every((cell) => isEmpty(cell) || !Number.isNaN(Number(cell)));
      const keys = cells.map((cell) => isEmpty(cell) ? null : isNumeric ? Number(cell) : String(cell).toLowerCase());
      const sign = down ? -1 : 1;
      this.order = Uint32Array.from(this.order).sort((one, other) => {
        const [a, b] = [keys[one], keys[other]];
        if (a === b) return one - other;
        if (a === null || b === null) return a === null ? 1 : -1;
        return a < b ? -sign : sign;
      });
    }

    sort(at) {
      const down = this.sorted?.at === at && !this.sorted.down;
      const isThird = this.sorted?.at === at && this.sorted.down;
      this.sorted = isThird ? null : { at, down };
      this.choose();
    }

    last() {
      return Math.max(0, Math.ceil(this.order.length / PAGE) - 1);
    }

    turn(page) {
      this.page = Math.min(Math.max(page, 0), this.last());
      this.draw();
    }

    draw() {
      const columns = this.columns.filter(({ more }) => this.more || !more);
      this.head.replaceChildren(...columns.map((column) => this.heading(column)));
      const from = this.page * PAGE;
      const shown = this.order.subarray(from, from + PAGE);
      this.body.replaceChildren(...Array.from(shown, (at) => this.line(at, columns)));
      const total = this.order.length;
      const of = total === this.rows.length ? counted(total) : `${counted(total)} found, of ${counted(this.rows.length)}`;
      this.shown.textContent = total === 0 ? `nothing found, of ${counted(this.rows.length)}`
        : `${counted(from + 1)}–${counted(from + shown.length)} of ${of}`;
      for (const button of this.back) button.disabled = this.page === 0;
      for (const button of this.on) button.disabled = this.page === this.last();
      const isOne = this.last() === 0;
      for (const button of [...this.back, ...this.on]) button.hidden = isOne;
    }

    heading({ name, kind, at }) {
      const sorted = this.sorted?.at === at ? this.sorted : null;
      const mark = sorted ? (sorted.down ? " ↓" : " ↑") : "";
      // No <button>: browsers leave those out where a printed table repeats its head.
      const button = make("span", { tabIndex: 0, textContent: name + mark });
      button.setAttribute("role", "button");
      const sort = () => {
        this.sort(at);
        this.head.querySelector("[aria-sort] span")?.focus();
      };
      button.addEventListener("click", sort);
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        sort();
      });
      const cell = make("th", { scope: "col", className: isRight(kind) ? "num" : "" }, button);
      if (sorted) cell.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      return cell;
    }

    line(at, columns) {
      const row = this.rows[at];
      const cells = columns.map((column) => cell(column, row[column.at]));
      const open = make("button", { type: "button", className: "open", textContent: "▸" });
      open.setAttribute("aria-label", "details");
      open.setAttribute("aria-expanded", "false");
      cells[0].prepend(open);
      const line = make("tr", { className: "line" }, ...cells);
      let detail = null;
      line.addEventListener("click", () => {
        // Whoever marks text does not want to open anything.
        if (String(getSelection()) !== "") return;
        if (detail) detail.remove();
        detail = detail ? null : this.detail(row, columns.length);
        if (detail) line.after(detail);
        open.textContent = detail ? "▾" : "▸";
        open.setAttribute("aria-expanded", String(detail !== null));
      });
      return line;
    }

    // All there is of a row.
    detail(row, width) {
      const isThere = ({ at }) => row[at] !== null && row[at] !== "";
      const facts = this.columns.filter(isThere).map(({ name, kind, at }) =>
        make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: said(kind, row[at]) })));
      const all = make("td", { colSpan: width }, make("dl", { className: "facts" }, ...facts));
      return make("tr", { className: "detail" }, all);
    }
  }

  const isRight = (kind) => kind === "number" || kind === "millis";

  const said = (kind, value) => {
    if (value === null) return "";
    if (kind === "number") return counted(value);
    if (kind === "millis") return value < 10_000 ? `${counted(Math.round(value * 10) / 10)} ms` : `${(value / 1000).toFixed(1)} s`;
    return String(value);
  };

  const cell = ({ kind }, value) => {
    const text = said(kind, value);
    if (kind === "state") {
      return make("td", {}, make("span", { className: `state ${text.replace(" ", "-")}`, textContent: text }));
    }
    return make("td", { className: isRight(kind) ? "num" : "", textContent: text, title: text.length > 32 ? text : "" });
  };

  const start = () => {
    for (const place of document.querySelectorAll(".table")) {
      const data = document.getElementById(`data-${place.dataset.of}`);
      tables.push(new Table(place, JSON.parse(data.textContent)));
      data.remove();
    }
    for (const button of document.querySelectorAll("[data-reason]")) {
      const withResults = tables.filter(({ result }) => result);
      button.hidden = withResults.length === 0;
      button.addEventListener("click", () => {
        const found = withResults.filter((table) => table.show(button.dataset.reason) > 0);
        found[0]?.place.closest("section").scrollIntoView({ behavior: "smooth" });
      });
    }
    document.documentElement.dataset.ready = "yes";
  };

  for (const code of document.querySelectorAll(".command code")) {
    if (!navigator.clipboard) break;
    const button = make("button", { type: "button", textContent: "copy" });
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
    code.after(button);
  }

  // What stands in the page already is to be seen before the tables are made.
  requestAnimationFrame(() => setTimeout(start));
})();
