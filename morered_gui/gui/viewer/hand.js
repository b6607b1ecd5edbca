// The hand in the 3D view: moves and turns atoms, or draws a box around them. What it has done goes
// to Python when the button is let go; until then only the page knows.
"use strict";

const moreredHand = (() => {
  const REACH = 20; // pixels from the middle of an atom
  const CLICK = 3; // pixels that still are no movement
  const DEGREES = 0.6; // of a turn per pixel

  let element = null;
  let stage = null; // the picture that the hand works in
  let bridge = null;
  let mode = "turn"; // turn the view, draw a box, or move atoms
  let held = null; // what is being done with the button down
  let box = null;

  const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
  const scale = (a, s) => [a[0] * s, a[1] * s, a[2] * s];
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const cross = (a, b) => [
    a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0],
  ];
  const unit = (a) => scale(a, 1 / (Math.hypot(...a) || 1));
  const place = (atom) => [atom.x, atom.y, atom.z];

  function onScreen([x, y, z]) {
    const at = stage.viewer.modelToScreen({ x, y, z });
    return [at.x, at.y];
  }

  // How far a point goes on the screen when it is moved along the axes: two rows, pixels per Å.
  function slopes(point) {
    const here = onScreen(point);
    const columns = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((axis) => {
      const there = onScreen(add(point, scale(axis, 0.1)));
      return [(there[0] - here[0]) / 0.1, (there[1] - here[1]) / 0.1];
    });
    return [0, 1].map((row) => columns.map((column) => column[row]));
  }

  // The shortest shift in Å that moves a point by so many pixels: parallel to the screen.
  function shiftOf([across, down], dx, dy) {
    const a = dot(across, across), b = dot(across, down), d = dot(down, down);
    const det = a * d - b * b || 1;
    return add(scale(across, (d * dx - b * dy) / det), scale(down, (a * dy - b * dx) / det));
  }

  // --- turning: unit quaternions [w, x, y, z] ---------------------------------------------------

  function quaternion(vector) {
    const angle = Math.hypot(...vector);
    const axis = unit(vector);
    return [Math.cos(angle / 2), ...scale(axis, Math.sin(angle / 2))];
  }

  function product(p, q) {
    const [pv, qv] = [p.slice(1), q.slice(1)];
    const v = add(add(scale(qv, p[0]), scale(pv, q[0])), cross(pv, qv));
    return [p[0] * q[0] - dot(pv, qv), ...v];
  }

  function turned(q, v) {
    const axis = q.slice(1);
    const once = scale(cross(axis, v), 2);
    return add(add(v, scale(once, q[0])), cross(axis, once));
  }

  // --- atoms ------------------------------------------------------------------------------------

  const atoms = () => (stage.model ? stage.model.selectedAtoms({}) : []);

  // The atom under the mouse that is nearest to the one who looks; -1 for none.
  function atomAt(x, y) {
    let best = -1, front = -Infinity;
    const all = atoms();
    if (!all.length) return -1;
    const [across, down] = slopes(place(all[0]));
    const outwards = scale(unit(cross(across, down)), -1);
    for (const atom of all) {
      const [ax, ay] = onScreen(place(atom));
      const depth = dot(place(atom), outwards);
      if (Math.hypot(ax - x, ay - y) <= REACH && depth > front) {
        best = atom.index; front = depth;
      }
    }
    return best;
  }

  // What moves with an atom: the selection if it belongs to it, else its own hydrogens.
  function group(index) {
    const { picked } = stage.scene.extras;
    if (picked.includes(index)) return [...picked];
    const all = atoms();
    const carried = all[index].elem === "H" ? [] : all[index].bonds.filter((k) => all[k].elem === "H");
    return [index, ...carried];
  }

  function show() {
    if (!held || held.waiting) return;
    held.waiting = true;
    requestAnimationFrame(() => {
      if (!held || !held.moving) return;
      held.waiting = false;
      const all = atoms();
      held.atoms.forEach((k, i) => {
        const away = turned(held.turn, add(held.from[i], scale(held.centre, -1)));
        [all[k].x, all[k].y, all[k].z] = add(add(held.centre, away), held.shift);
      });
      stage.model.setStyle({}, stage.style());
      stage.decorate();
      stage.viewer.render();
    });
  }

  function grab(index, event) {
    const all = atoms();
    const moving = group(index);
    const from = moving.map((k) => place(all[k]));
    held = {
      moving: true, atoms: moving, from, index, shift: [0, 0, 0], turn: [1, 0, 0, 0],
      centre: scale(from.reduce(add), 1 / from.length), slopes: slopes(place(all[index])),
      turns: event.ctrlKey || event.metaKey, x: event.clientX, y: event.clientY, moved: false,
    };
    bridge().report_grab();
  }

  function pull(event) {
    const dx = event.clientX - held.x, dy = event.clientY - held.y;
    if (!held.moved && Math.hypot(dx, dy) < CLICK) return;
    held.moved = true;
    if (held.turns) {
      const [across, down] = held.slopes;
      const vector = add(scale(unit(down), -dx), scale(unit(across), dy));
      held.turn = product(quaternion(scale(vector, (DEGREES * Math.PI) / 180)), held.turn);
      held.x = event.clientX;
      held.y = event.clientY;
    } else {
      held.shift = shiftOf(held.slopes, dx, dy);
    }
    show();
  }

  function letGo(done) {
    if (!done.moved) {
      bridge().report_atom(done.index);
    } else if (done.turns) {
      const [w, ...v] = done.turn;
      const degrees = (2 * Math.atan2(Math.hypot(...v), w) * 180) / Math.PI;
      bridge().report_drag(done.atoms, "turn", ...scale(unit(v), degrees));
    } else {
      bridge().report_drag(done.atoms, "move", ...done.shift);
    }
  }

  // --- the box ----------------------------------------------------------------------------------

  function beginBox(event) {
    held = { moving: false, x: event.clientX, y: event.clientY, to: [event.clientX, event.clientY],
      adds: event.shiftKey };
  }

  function drawBox() {
    const { x, y, to } = held;
    if (!box) {
      box = document.createElement("div");
      box.id = "box";
      element.appendChild(box);
    }
    box.style.borderColor = stage.scene.theme.arrow;
    box.style.left = `${Math.min(x, to[0])}px`;
    box.style.top = `${Math.min(y, to[1])}px`;
    box.style.width = `${Math.abs(to[0] - x)}px`;
    box.style.height = `${Math.abs(to[1] - y)}px`;
  }

  function endBox({ x, y, to, adds }) {
    if (box) box.remove();
    box = null;
    if (Math.hypot(to[0] - x, to[1] - y) < CLICK) {
      const index = atomAt(x, y);
      if (index >= 0) bridge().report_atom(index);
      return;
    }
    const within = (value, one, other) => value >= Math.min(one, other) && value <= Math.max(one, other);
    const inside = atoms().filter((atom) => {
      const [ax, ay] = onScreen(place(atom));
      return within(ax, x, to[0]) && within(ay, y, to[1]);
    });
    bridge().report_box(inside.map((atom) => atom.index), adds);
  }

  // --- the mouse --------------------------------------------------------------------------------

  function onDown(event) {
    if (held) { // another button as well
      event.stopImmediatePropagation();
      return;
    }
    if (event.button !== 0 || mode === "turn" || !stage.model) return;
    if (mode === "move" && !event.shiftKey) {
      const index = atomAt(event.clientX, event.clientY);
      if (index < 0) return; // beside the atoms the view is turned as ever
      if (stage.scene.extras.frozen.includes(index)) bridge().report_atom(index);
      else grab(index, event);
    } else {
      beginBox(event);
    }
    event.stopImmediatePropagation();
    event.preventDefault();
    element.style.cursor = mode === "move" ? "grabbing" : "crosshair";
  }

  function onMove(event) {
    if (!held) return;
    event.stopImmediatePropagation();
    if (!(event.buttons & 1)) {
      end(); // the button was let go where the page could not see it
    } else if (held.moving) {
      pull(event);
    } else {
      held.to = [event.clientX, event.clientY];
      drawBox();
    }
  }

  function onUp(event) {
    if (!held) return;
    event.stopImmediatePropagation();
    if (event.button === 0) end();
  }

  function end() {
    const done = held;
    held = null;
    setCursor();
    if (done.moving) letGo(done); else endBox(done);
  }

  function setCursor() {
    element.style.cursor = { move: "grab", box: "crosshair" }[mode] || "";
  }

  return {
    attach(view, main, getBridge) {
      [element, stage, bridge] = [view, main, getBridge];
      view.addEventListener("mousedown", onDown, true);
      window.addEventListener("mousemove", onMove, true);
      window.addEventListener("mouseup", onUp, true);
    },
    // The atoms were drawn elsewhere: the hand goes on from there.
    rebase() {
      if (!held || !held.moving) return;
      const all = atoms();
      held.from = held.atoms.map((k) => place(all[k]));
      held.centre = scale(held.from.reduce(add), 1 / held.from.length);
      show();
    },
    // Other atoms are drawn: what is in the hand is given up.
    drop() {
      held = null;
      if (box) box.remove();
      box = null;
      setCursor();
    },
    setMode(name) { mode = name; this.drop(); return true; },
  };
})();
