// Draws one molecule and, faintly, its reference. Python calls the functions of `moreredView`;
// what happens here goes back through the channel's object `bridge`.
"use strict";

const moreredView = (() => {
  const DASHES = { dashLength: 0.16, gapLength: 0.1 }; // of aromatic bonds, Å
  // Looking a little from above and from the side, so that depth shows.
  const HOME = [0, 0, 0, 0, -0.19, 0.13, 0.02, 0.973];
  const MARGIN = 54; // pixels beside the outermost atoms
  const MOST_ZOOM = 1.6; // beyond what 3Dmol thinks right for a small molecule
  const ARROW = { radius: 0.045, radiusRatio: 2.2, mid: 0.72 };
  const CLOUD = { radius: 0.08, opacity: 0.7 };
  const INSIDE = { radius: 0.05, scale: 0.12 }; // of the molecule within its cloud
  const SURFACE_PAUSE = 300; // ms without a move, after which a surface is computed

  // Atoms for 3Dmol from {symbols, positions (flat, Å), bonds [[i, j, order], ...]}. Bonds are
  // always given, never guessed by 3Dmol.
  function atomsOf(data) {
    const atoms = data.symbols.map((elem, i) => ({
      elem, serial: i, index: i, bonds: [], bondOrder: [], properties: {},
      x: data.positions[3 * i], y: data.positions[3 * i + 1], z: data.positions[3 * i + 2],
    }));
    addBonds(atoms, data.bonds);
    return atoms;
  }

  function addBonds(atoms, bonds) {
    for (const [i, j, order] of bonds) {
      atoms[i].bonds.push(j); atoms[i].bondOrder.push(order);
      atoms[j].bonds.push(i); atoms[j].bondOrder.push(order);
    }
  }

  // One picture: the window's own, or the camera's that takes pictures for files.
  class Stage {
    constructor(element, options) {
      this.viewer = $3Dmol.createViewer(element, {
        antialias: options.antialias, upscale: options.antialias, disableFog: false,
        backgroundColor: options.background,
        backgroundAlpha: options.transparent ? 0 : 1,
      });
      this.options = options;
      this.model = null;
      this.ghost = null;
      this.cloud = null;
      // All that is needed to draw the same elsewhere.
      this.scene = {
        molecule: null, ghost: null, cloud: null, theme: null,
        look: { style: "ball", labels: "none", background: null },
        extras: {
          colors: null, arrows: null, measures: [], texts: [], picked: [], frozen: [], bonds: null,
        },
      };
      this.onAtom = null;
      this.surface = null;
      this.surfaceTimer = 0;
    }

    copy(scene, view) {
      this.setTheme(scene.theme);
      this.scene.look = scene.look;
      this.setMolecule(scene.molecule);
      this.setGhost(scene.ghost);
      this.setCloud(scene.cloud);
      this.setPositions(scene.molecule ? scene.molecule.positions : [], scene.extras);
      this.setLook(scene.look);
      this.viewer.setView(view);
    }

    // --- styles -----------------------------------------------------------------------------

    style() {
      const colors = this.scene.extras.colors;
      const paint = colors ? { colorfunc: (atom) => colors[atom.index] } : { colorscheme: "Jmol" };
      const stick = { radius: 0.14, dashedBondConfig: DASHES, ...paint };
      const inside = this.cloud !== null;
      switch (this.scene.look.style) {
        case "stick": return { stick: { ...stick, radius: inside ? INSIDE.radius : 0.17 } };
        case "sphere": return { sphere: { scale: 1.0, ...paint } };
        case "line": return { line: { linewidth: 2, ...paint } };
        default: return {
          stick: inside ? { ...stick, radius: INSIDE.radius } : stick,
          sphere: { scale: inside ? INSIDE.scale : 0.23, ...paint },
        };
      }
    }

    ghostStyle() {
      const { ghost, ghostOpacity } = this.scene.theme;
      return {
        stick: { radius: 0.08, dashedBondConfig: DASHES, color: ghost, opacity: ghostOpacity },
      };
    }

    replaceModel(old, data, style) {
      if (old) this.viewer.removeModel(old);
      if (!data) return null;
      const model = this.viewer.addModel();
      model.addAtoms(atomsOf(data));
      model.setStyle({}, style);
      return model;
    }

    // --- what Python asks for ---------------------------------------------------------------

    setMolecule(data) {
      this.scene.molecule = data;
      this.scene.extras = {
        colors: null, arrows: null, measures: [], texts: [], picked: [], frozen: [], bonds: null,
      };
      this.model = this.replaceModel(this.model, data, this.style());
      if (this.model && this.onAtom) this.model.setClickable({}, true, this.onAtom);
      this.decorate();
    }

    setGhost(data) {
      this.scene.ghost = data;
      this.ghost = this.replaceModel(this.ghost, data, this.ghostStyle());
    }

    // The same molecule at several places: {symbols, bonds, positions [flat, ...], colors}.
    setCloud(data) {
      this.scene.cloud = data;
      const n = data ? data.symbols.length : 0;
      const many = data && {
        symbols: data.positions.flatMap(() => data.symbols),
        positions: data.positions.flat(),
        bonds: data.positions.flatMap((_, m) =>
          data.bonds.map(([i, j, order]) => [i + m * n, j + m * n, order])),
      };
      const stick = data && {
        ...CLOUD, colorfunc: (atom) => data.colors[atom.index % n], dashedBondConfig: DASHES,
      };
      this.cloud = this.replaceModel(this.cloud, many, { stick });
      if (this.model) this.model.setStyle({}, this.style()); // thinner within a cloud
    }

    // Coordinates are moved in place: nothing is kept per frame, however long the trajectory.
    setPositions(positions, extras) {
      if (!this.model) return;
      this.scene.molecule.positions = positions;
      if (extras) this.scene.extras = { ...this.scene.extras, ...extras };
      const atoms = this.model.selectedAtoms({});
      const bonds = extras && (extras.bonds || this.scene.molecule.bonds);
      if (bonds) this.setBonds(atoms, bonds);
      for (let i = 0; i < atoms.length; i++) {
        atoms[i].x = positions[3 * i];
        atoms[i].y = positions[3 * i + 1];
        atoms[i].z = positions[3 * i + 2];
      }
      this.model.setStyle({}, this.style()); // makes 3Dmol build the geometry anew
      this.decorate();
    }

    setBonds(atoms, bonds) {
      for (const atom of atoms) { atom.bonds = []; atom.bondOrder = []; }
      addBonds(atoms, bonds);
    }

    setLook(look) {
      this.scene.look = look;
      if (this.model) this.model.setStyle({}, this.style());
      this.paintBackground();
      this.decorate();
    }

    setTheme(theme) {
      this.scene.theme = theme;
      this.paintBackground();
      if (this.ghost) this.ghost.setStyle({}, this.ghostStyle());
      this.decorate();
    }

    paintBackground() {
      const color = this.scene.look.background || this.scene.theme.background;
      this.viewer.setBackgroundColor(color, this.options.transparent ? 0 : 1);
    }

    fit() {
      this.viewer.zoomTo(); // looks at the height alone, and leaves a wide margin
      for (let round = 0; round < 2; round++) { // nearer atoms grow more
        this.viewer.render();
        this.viewer.zoom(this.room());
      }
      this.viewer.render();
    }

    // By how much the molecule may grow until it fills the picture.
    room() {
      if (!this.model) return 1;
      const { clientWidth: width, clientHeight: height } = document.getElementById("view");
      const screen = ({ x, y, z }) => this.viewer.modelToScreen({ x, y, z });
      const halves = { x: width / 2, y: height / 2 };
      let room = MOST_ZOOM;
      for (const atom of this.model.selectedAtoms({})) {
        // A surface wraps whole atoms, whatever is drawn inside it.
        const sphere = this.scene.look.style === "surface" ? {} : atom.style.sphere;
        const radius = sphere ? this.model.getRadiusFromStyle(atom, sphere) : 0; // Å
        const at = screen(atom);
        const beside = ["x", "y", "z"].map((axis) =>
          screen({ ...atom, [axis]: atom[axis] + radius }).x - at.x);
        const drawn = Math.hypot(...beside); // the radius, pixels
        for (const [axis, half] of Object.entries(halves)) {
          const away = Math.abs(at[axis] - half) + 1;
          // Spheres grow with the rest: large ones need more than the margin.
          room = Math.min(room, (half - MARGIN) / away, (half - MARGIN / 4) / (away + drawn));
        }
      }
      return Math.max(room, 0.1);
    }

    // --- what stands beside the atoms -------------------------------------------------------

    decorate() {
      const { extras, look, theme } = this.scene;
      this.viewer.removeAllShapes();
      this.viewer.removeAllLabels();
      this.dropSurface();
      if (!this.model || !theme) return;
      const atoms = this.model.selectedAtoms({});
      if (extras.arrows) this.addArrows(atoms, extras.arrows, theme.arrow);
      if (look.labels !== "none") this.addNames(atoms, look.labels);
      extras.measures.forEach((each, k) => this.addMeasure(atoms, each, extras.texts[k] || ""));
      for (const k of extras.picked) {
        if (atoms[k]) this.viewer.addSphere({
          center: atoms[k], radius: 0.48, color: theme.arrow, opacity: 0.45,
        });
      }
      for (const k of extras.frozen) {
        if (atoms[k]) this.viewer.addSphere({
          center: atoms[k], radius: 0.42, color: theme.frozen, wireframe: true,
          quality: 1, linewidth: 1,
        });
      }
      if (look.style === "surface") this.planSurface();
    }

    addArrows(atoms, vectors, color) {
      const shape = this.viewer.addShape({ color }); // one shape for all: one draw call
      atoms.forEach((atom, i) => {
        const [x, y, z] = vectors.slice(3 * i, 3 * i + 3);
        if (Math.hypot(x, y, z) < 0.05) return;
        shape.addArrow({
          ...ARROW, start: { x: atom.x, y: atom.y, z: atom.z },
          end: { x: atom.x + x, y: atom.y + y, z: atom.z + z },
        });
      });
    }

    label(text, position, options = {}) {
      this.viewer.addLabel(text, {
        position: { x: position.x, y: position.y, z: position.z }, inFront: true,
        fontColor: this.scene.theme.text, showBackground: false, alignment: "center", ...options,
        fontSize: 13 * (this.options.scale || 1),
      }, undefined, true);
    }

    addNames(atoms, kind) {
      for (const atom of atoms) {
        const text = kind === "element" ? atom.elem : `${atom.elem}${atom.index + 1}`;
        this.label(text, atom, {
          showBackground: true, backgroundColor: this.scene.theme.background,
          backgroundOpacity: 0.6, borderThickness: 0, padding: 0,
        });
      }
    }

    addMeasure(atoms, indices, text) {
      const points = indices.map((k) => atoms[k]).filter(Boolean);
      const color = this.scene.theme.measure;
      for (let k = 1; k < points.length; k++) {
        this.viewer.addCylinder({
          start: points[k - 1], end: points[k], radius: 0.035, color, dashed: true,
          dashLength: 0.12, gapLength: 0.08, fromCap: 1, toCap: 1,
        });
      }
      const middle = { x: 0, y: 0, z: 0 };
      for (const point of points) {
        for (const axis of ["x", "y", "z"]) middle[axis] += point[axis] / points.length;
      }
      this.label(text, middle, {
        showBackground: true, backgroundColor: color, fontColor: this.scene.theme.background,
        backgroundOpacity: 0.92, borderThickness: 0, padding: 2,
      });
    }

    dropSurface() {
      clearTimeout(this.surfaceTimer);
      if (this.surface !== null) this.viewer.removeAllSurfaces();
      this.surface = null;
    }

    planSurface() {
      this.surfaceTimer = setTimeout(() => this.addSurface(), SURFACE_PAUSE);
    }

    addSurface() {
      clearTimeout(this.surfaceTimer);
      const colors = this.scene.extras.colors;
      const paint = colors ? { colorfunc: (atom) => colors[atom.index] } : { colorscheme: "Jmol" };
      const made = this.viewer.addSurface($3Dmol.SurfaceType.VDW, { opacity: 0.75, ...paint },
        { model: this.model }, { model: this.model });
      this.surface = made.surfid !== undefined ? made.surfid : true;
      return made;
    }
  }

  let main = null;
  let bridge = null;
  let camera = null;

  // One stage for all pictures: the browser gives out few drawing contexts, and making and losing
  // them in a row has been seen to hang it.
  function makeCamera() {
    const element = document.createElement("div");
    element.style.cssText = "position: fixed; left: -30000px; top: 0; width: 16px; height: 16px;";
    document.body.appendChild(element);
    const options = { antialias: false, background: "white", transparent: true };
    return { element, stage: new Stage(element, options) };
  }

  function setCameraSize(width, height) {
    camera.element.style.width = `${width}px`;
    camera.element.style.height = `${height}px`;
    camera.stage.viewer.resize();
  }

  function closeCamera() {
    if (!camera) return;
    camera.stage.setMolecule(null);
    camera.stage.setGhost(null);
    camera.stage.setCloud(null);
    setCameraSize(16, 16); // gives the memory of the picture back
  }

  // The key to the colours, a row per quantity.
  function showLegend(legend) {
    const box = document.getElementById("legend");
    box.replaceChildren(...legend.rows.map((row) => {
      const line = document.createElement("div");
      const bar = document.createElement("i");
      bar.style.background = `linear-gradient(to right, ${legend.ramp.join(", ")})`;
      line.append(`${row.title}  0 `, bar, ` ${row.top}`);
      return line;
    }));
  }

  function render(result = true) { main.viewer.render(); return result; }

  return {
    start(options) {
      main = new Stage(document.getElementById("view"), options);
      main.onAtom = (atom) => bridge.report_atom(atom.index);
      moreredHand.attach(document.getElementById("view"), main, () => bridge);
      window.addEventListener("resize", () => { main.viewer.resize(); main.viewer.render(); });
      new QWebChannel(qt.webChannelTransport, (channel) => {
        bridge = channel.objects.bridge;
        bridge.report_ready();
      });
    },
    // What the mouse did before is told of before the number is given back.
    tell(number) { bridge.report_told(number); return true; },
    setHand(mode) { return moreredHand.setMode(mode); },
    setMolecule(data, zoom) {
      moreredHand.drop();
      main.setMolecule(data);
      document.getElementById("hint").hidden = Boolean(data);
      if (zoom === "home" && data) main.viewer.setView(HOME);
      if (zoom !== "keep" && data) main.fit(); else main.viewer.render();
      return true;
    },
    setPositions(positions, extras) {
      main.setPositions(positions, extras);
      moreredHand.rebase();
      return render();
    },
    setGhost(data) { main.setGhost(data); return render(); },
    setCloud(data) { main.setCloud(data); return render(); },
    setLegend(legend) { showLegend(legend); return true; },
    cloudSize() { return main.cloud ? main.cloud.selectedAtoms({}).length : 0; },
    setTheme(theme) {
      document.getElementById("hint").style.color = theme.muted;
      document.getElementById("legend").style.color = theme.text;
      main.setTheme(theme);
      return render();
    },
    setLook(look) { main.setLook(look); return render(); },
    fit() { main.fit(); return true; },
    view() { return JSON.stringify(main.viewer.getView()); },
    setView(view) { main.viewer.setView(view); return render(); },
    positions() {
      return JSON.stringify(main.model ? main.model.selectedAtoms({}).map((a) => [a.x, a.y, a.z]) : []);
    },
    // Where an atom is drawn, in CSS pixels of the page.
    atomOnScreen(index) {
      const atom = main.model.selectedAtoms({})[index];
      return main.viewer.modelToScreen({ x: atom.x, y: atom.y, z: atom.z });
    },
    bonds() { return main.model.selectedAtoms({}).map((atom) => atom.bonds); },
    labels() { return main.viewer.labels.map((label) => label.text); },
    hasSurface() { return main.surface !== null; },
    png() { return main.viewer.pngURI(); },

    // --- pictures for files: another stage of any size, out of sight --------------------------

    openCamera(options) {
      camera = camera || makeCamera();
      const ratio = window.devicePixelRatio || 1;
      setCameraSize(options.width / ratio, options.height / ratio);
      const scale = options.height / ratio / document.getElementById("view").clientHeight;
      camera.stage.options = { ...camera.stage.options, transparent: options.transparent, scale };
      const scene = structuredClone(main.scene);
      if (options.background) scene.look.background = options.background;
      camera.stage.copy(scene, main.viewer.getView());
      return true;
    },
    // Takes a picture and reports it; a surface is awaited.
    shoot(number, positions, extras) {
      const stage = camera.stage;
      if (positions) stage.setPositions(positions, extras);
      const done = () => { stage.viewer.render(); bridge.report_picture(number, stage.viewer.pngURI()); };
      if (stage.scene.look.style === "surface") Promise.resolve(stage.addSurface()).then(done);
      else done();
      return true;
    },
    closeCamera() { closeCamera(); return true; },
  };
})();

window.addEventListener("error", (event) => console.error(event.message));
