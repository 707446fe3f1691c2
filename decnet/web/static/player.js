// SPDX-License-Identifier: MIT
// Plays an asciicast (version 2) that api made harmless: text, line ends, tab, backspace, and the sequences of ECMA-48 that move
// the cursor, erase, insert, delete or colour. Nothing in it is ever markup: every cell is a text node.
"use strict";
(() => {
  const LONGEST_PAUSE = 2;
  const LARGEST = 500;
  const LOOKS = { 1: "bold", 2: "bold", 3: "italic", 4: "underline", 7: "flip" };
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  class Screen {
    constructor(columns, rows) {
      this.columns = clamp(columns, 1, LARGEST);
      this.rows = clamp(rows, 1, LARGEST);
      this.reset();
    }
    reset() {
      this.lines = Array.from({ length: this.rows }, () => []);
      this.x = this.y = 0;
      this.look = {};
      this.begun = "";
    }
    write(text) {
      const whole = this.begun + text;
      const token = /\x1b\[([0-9;:]*)([A-Za-z@])|\x1b\[[0-9;:]*$|\x1b$|[\r\n\t\b]|[^\x1b\r\n\t\b]/gu;
      this.begun = "";
      for (const [all, numbers, command] of whole.matchAll(token)) {
        if (command) this.command(command, numbers.split(/[;:]/).map(Number));
        else if (all[0] === "\x1b") this.begun = all;
        else this.put(all);
      }
    }
    put(sign) {
      if (sign === "\r") this.x = 0;
      else if (sign === "\n") this.feed();
      else if (sign === "\b") this.x = Math.max(Math.min(this.x, this.columns - 1) - 1, 0);
      else if (sign === "\t") this.x = Math.min((this.x >> 3 << 3) + 8, this.columns - 1);
      else {
        if (this.x >= this.columns) { this.x = 0; this.feed(); }
        this.lines[this.y][this.x++] = { sign, look: this.look };
      }
    }
    feed() {
      if (this.y < this.rows - 1) this.y += 1;
      else { this.lines.shift(); this.lines.push([]); }
    }
    command(name, [first = 0, second = 0, ...more]) {
      const count = clamp(first || 1, 1, LARGEST);
      const line = this.lines[this.y];
      const go = (x, y) => { this.x = clamp(x, 0, this.columns - 1); this.y = clamp(y, 0, this.rows - 1); };
      const moves = {
        A: () => go(this.x, this.y - count), B: () => go(this.x, this.y + count), C: () => go(this.x + count, this.y), D: () => go(this.x - count, this.y),
        E: () => go(0, this.y + count), F: () => go(0, this.y - count), G: () => go(count - 1, this.y), d: () => go(this.x, count - 1),
        H: () => go((second || 1) - 1, count - 1), f: () => go((second || 1) - 1, count - 1),
        J: () => this.erase(first), K: () => this.clear(line, first),
        L: () => this.shift(count, true), M: () => this.shift(count, false),
        P: () => line.splice(this.x, count), X: () => { for (let at = this.x; at < this.x + count; at += 1) delete line[at]; },
        "@": () => { line.length = Math.max(line.length, this.x); line.splice(this.x, 0, ...Array(count)); line.length = Math.min(line.length, this.columns); },
        m: () => this.paint([first, second, ...more]),
      };
      if (moves[name]) moves[name]();
    }
    clear(line, part) {
      if (part === 0) line.length = Math.min(line.length, this.x);
      else if (part === 1) for (let at = 0; at <= this.x; at += 1) delete line[at];
      else line.length = 0;
    }
    erase(part) {
      const whole = part === 0 ? this.lines.slice(this.y + 1) : part === 1 ? this.lines.slice(0, this.y) : this.lines;
      for (const line of whole) line.length = 0;
      if (part < 2) this.clear(this.lines[this.y], part);
    }
    shift(count, down) {
      for (let left = Math.min(count, this.rows - this.y); left > 0; left -= 1) {
        if (down) { this.lines.pop(); this.lines.splice(this.y, 0, []); } else { this.lines.splice(this.y, 1); this.lines.push([]); }
      }
    }
    paint(numbers) {
      const look = { ...this.look };
      for (let at = 0; at < numbers.length; at += 1) {
        const number = numbers[at];
        if (number === 0) for (const name of Object.keys(look)) delete look[name];
        else if (number === 38 || number === 48) {
          const place = number === 38 ? "f" : "b";
          if (numbers[at + 1] === 5) { look[place] = palette(numbers[at + 2]); at += 2; }
          else if (numbers[at + 1] === 2) { look[place] = `rgb(${numbers.slice(at + 2, at + 5).map((part) => clamp(part || 0, 0, 255)).join()})`; at += 4; }
        } else if (number >= 30 && number <= 37) look.f = number - 30;
        else if (number >= 40 && number <= 47) look.b = number - 40;
        else if (number >= 90 && number <= 97) look.f = number - 82;
        else if (number >= 100 && number <= 107) look.b = number - 92;
        else if (number === 39) delete look.f;
        else if (number === 49) delete look.b;
        else if (LOOKS[number] && number !== 2) look[LOOKS[number]] = true;
        else delete look[LOOKS[number - 20]];
      }
      this.look = look;
    }
    show(place) {
      place.replaceChildren(...this.lines.flatMap((line, y) => [...this.runs(line, y), "\n"]));
    }
    runs(line, y) {
      const found = [];
      const width = y === this.y ? Math.max(line.length, Math.min(this.x + 1, this.columns)) : line.length;
      let [span, last] = [null, null];
      for (let x = 0; x < width; x += 1) {
        const cell = line[x] ?? { sign: " ", look: null };
        const isCursor = y === this.y && x === Math.min(this.x, this.columns - 1);
        if (!span || cell.look !== last || isCursor || span.classList.contains("cursor")) {
          found.push(span = styled(cell.look ?? {}));
          if (isCursor) span.classList.add("cursor");
          last = cell.look;
        }
        span.append(cell.sign);
      }
      return found;
    }
  }

  const palette = (number = 0) => {
    if (number < 16) return number;
    const level = (part) => part && part * 40 + 55;
    const index = number - 16;
    const grey = 8 + (number - 232) * 10;
    return number >= 232 ? `rgb(${grey},${grey},${grey})` : `rgb(${level(Math.floor(index / 36))},${level(Math.floor(index / 6) % 6)},${level(index % 6)})`;
  };
  const styled = (look) => {
    const span = document.createElement("span");
    for (const [name, value] of Object.entries(look)) {
      if (value === true) span.classList.add(name);
      else if (typeof value === "number") span.classList.add(`${name}${value}`);
      else span.style[name === "f" ? "color" : "backgroundColor"] = value;
    }
    return span;
  };

  const player = async (root) => {
    const part = (name) => root.querySelector(`[data-${name}]`);
    const answer = await fetch(root.dataset.player).catch(() => null);
    if (!answer || !answer.ok) { part("screen").textContent = "The recording cannot be had now. Load this page again."; return; }
    const [head, ...lines] = (await answer.text()).trim().split("\n").map((line) => JSON.parse(line));
    const screen = new Screen(head.width, head.height);
    let [end, before, now, next, stamp, isPlaying] = [0, 0, 0, 0, 0, false];
    const events = lines.filter(([, kind]) => kind === "o").map(([at, , text]) => {
      end += clamp(at - before, 0, LONGEST_PAUSE);
      before = at;
      return { at: end, text };
    });
    const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
    const seek = (to) => {
      if (to < now) { screen.reset(); next = 0; }
      now = clamp(to, 0, end);
      while (next < events.length && events[next].at <= now) screen.write(events[next++].text);
      screen.show(part("screen"));
      part("position").value = now;
      part("clock").value = `${clock(now)} / ${clock(end)}`;
    };
    const turn = (playing) => { isPlaying = playing; part("play").textContent = playing ? "Pause" : now >= end ? "Play again" : "Play"; };
    const step = (time) => {
      if (!isPlaying) return;
      seek(now + (time - stamp) / 1000 * Number(part("speed").value));
      stamp = time;
      if (now >= end) turn(false);
      else requestAnimationFrame(step);
    };
    part("play").addEventListener("click", () => {
      if (!isPlaying && now >= end) seek(0);
      turn(!isPlaying);
      stamp = performance.now();
      requestAnimationFrame(step);
    });
    part("position").addEventListener("input", (event) => { seek(Number(event.target.value)); turn(isPlaying && now < end); });
    part("position").max = end;
    part("position").disabled = part("play").disabled = false;
    seek(end);
    turn(false);
  };
  for (const root of document.querySelectorAll("[data-player]")) player(root);
})();
