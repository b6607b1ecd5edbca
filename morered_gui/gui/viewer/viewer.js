// Draws one molecule and, faintly, its reference. Python calls the functions of `moreredView`;
// what happens here goes back through the channel's object `bridge`.
"use strict";

const moreredView = (() => {
  const DASHES = { dashLength: 0.16, gapLength: 0.1 }; // of aromatic bonds, Å
  const STYLE = {
    stick: { radius: 0.14, dashedBondConfig: DASHES, colorscheme: "Jmol" },
    sphere: { scale: 0.23, colorscheme: "Jmol" },
  };
  // Looking a little from above and from the side, so that depth shows.
  const HOME = [0, 0, 0, 0, -0.19, 0.13, 0.02, 0.973];
  const CLOSER = 1.12; // zoomTo leaves a wide margin

  let viewer = null;
  let bridge = null;
  let molecule = null;
  let ghost = null;
  let ghostStyle = {};

  // Atoms for 3Dmol from {symbols, positions (flat, Å), bonds [[i, j, order], ...]}. Bonds are
  // always given: guessed ones would come and go in a noisy structure.
  function atomsOf(data) {
    const atoms = data.symbols.map((elem, i) => ({
      elem, serial: i, index: i, bonds: [], bondOrder: [], properties: {},
      x: data.positions[3 * i], y: data.positions[3 * i + 1], z: data.positions[3 * i + 2],
    }));
    for (const [i, j, order] of data.bonds) {
      atoms[i].bonds.push(j); atoms[i].bondOrder.push(order);
      atoms[j].bonds.push(i); atoms[j].bondOrder.push(order);
    }
    return atoms;
  }

  function replaceModel(old, data, style) {
    if (old) viewer.removeModel(old);
    if (!data) return null;
    const model = viewer.addModel();
    model.addAtoms(atomsOf(data));
    model.setStyle({}, style);
    return model;
  }

  function fit() {
    viewer.zoomTo(); // looks at the height alone
    const view = document.getElementById("view");
    const aspect = view.clientWidth / view.clientHeight;
    viewer.zoom(aspect < 1 ? aspect : CLOSER);
    viewer.render();
  }

  // Coordinates are moved in place: nothing is kept per frame, however long the trajectory.
  function setPositions(positions) {
    const atoms = molecule.selectedAtoms({});
    for (let i = 0; i < atoms.length; i++) {
      atoms[i].x = positions[3 * i];
      atoms[i].y = positions[3 * i + 1];
      atoms[i].z = positions[3 * i + 2];
    }
    molecule.setStyle({}, STYLE); // makes 3Dmol build the geometry anew
  }

  return {
    start(options) {
      viewer = $3Dmol.createViewer(document.getElementById("view"), {
        antialias: options.antialias, upscale: options.antialias, disableFog: false,
        backgroundColor: options.background,
      });
      window.addEventListener("resize", () => { viewer.resize(); viewer.render(); });
      new QWebChannel(qt.webChannelTransport, (channel) => {
        bridge = channel.objects.bridge;
        bridge.report_ready();
      });
    },
    setMolecule(data, zoom) {
      molecule = replaceModel(molecule, data, STYLE);
      document.getElementById("hint").hidden = Boolean(data);
      if (molecule) {
        molecule.setClickable({}, true, (atom) => bridge.report_atom(atom.index));
      }
      if (zoom === "home" && data) viewer.setView(HOME);
      if (zoom !== "keep" && data) fit(); else viewer.render();
      return true;
    },
    setPositions(positions) {
      if (!molecule) return false;
      setPositions(positions);
      viewer.render();
      return true;
    },
    setGhost(data) {
      ghost = replaceModel(ghost, data, ghostStyle);
      viewer.render();
      return true;
    },
    setTheme(theme) {
      viewer.setBackgroundColor(theme.background);
      document.getElementById("hint").style.color = theme.muted;
      ghostStyle = { stick: { radius: 0.08, dashedBondConfig: DASHES, color: theme.ghost, opacity: theme.ghostOpacity } };
      if (ghost) ghost.setStyle({}, ghostStyle);
      viewer.render();
      return true;
    },
    fit() { fit(); return true; },
    view() { return viewer.getView(); },
    positions() {
      return JSON.stringify(molecule ? molecule.selectedAtoms({}).map((a) => [a.x, a.y, a.z]) : []);
    },
    png() { return viewer.pngURI(); },
  };
})();

window.addEventListener("error", (event) => console.error(event.message));
