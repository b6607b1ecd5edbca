// Runs inside py3Dmol's page, where viewer_UNIQUEID is the viewer.
(function (viewer, movie) {
  "use strict";
  const model = viewer.addModel();
  model.addAtoms(movie.atoms);
  const atomsAt = function (k) {
    const x = movie.positions[k];
    const atoms = movie.atoms.map(function (atom, i) {
      return Object.assign({}, atom, { x: x[3 * i], y: x[3 * i + 1], z: x[3 * i + 2] });
    });
    if (movie.bonds) {
      atoms.forEach(function (atom) { atom.bonds = []; atom.bondOrder = []; });
      movie.bonds[movie.bonds_of[k]].forEach(function (bond) {
        [[bond[0], bond[1]], [bond[1], bond[0]]].forEach(function (pair) {
          atoms[pair[0]].bonds.push(pair[1]);
          atoms[pair[0]].bondOrder.push(bond[2]);
        });
      });
    }
    return atoms;
  };
  movie.positions.forEach(function (_, k) { model.addFrame(atomsAt(k)); });
  const slider = document.getElementById("frame");
  const button = document.getElementById("play");
  const caption = document.getElementById("caption");
  const last = movie.positions.length - 1;
  slider.max = String(last);
  let timer = null;

  function show(k) {
    slider.value = String(k);
    caption.textContent = movie.captions[k];
    model.setFrame(k);
    model.setStyle({}, { stick: { radius: 0.12, colorscheme: "Jmol" }, sphere: { scale: 0.24, colorscheme: "Jmol" } });
    viewer.render();
  }
  function pause() {
    window.clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  }
  function play() {
    if (Number(slider.value) === last) { show(0); }
    button.textContent = "Pause";
    timer = window.setInterval(function () {
      const next = Number(slider.value) + 1;
      if (next > last) { pause(); } else { show(next); }
    }, movie.milliseconds);
  }
  button.addEventListener("click", function () { if (timer === null) { play(); } else { pause(); } });
  slider.addEventListener("input", function () { pause(); show(Number(slider.value)); });
  document.addEventListener("keydown", function (event) {
    if (event.altKey || event.ctrlKey || event.metaKey) { return; } // the browser's own
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === " " && event.target !== button) {
      if (!event.repeat) { button.click(); }
      event.preventDefault();
    }
    if (step && event.target !== slider) {
      pause();
      show(Math.min(last, Math.max(0, Number(slider.value) + step)));
    }
  });
  show(0);
  viewer.zoomTo();
  viewer.render();
  if (last === 0) { button.disabled = true; slider.disabled = true; } else { play(); }
  window.moreredMovie = { model: model, frames: last + 1, show: show, pause: pause };
})(viewer_UNIQUEID, @MOVIE@);
