// Ketcher in the window's page. Python calls the functions of `moreredSketch`; what happens here
// goes back through the channel's object `bridge`.
import { mount } from "./ketcher/ketcher.js";

const AT_ONCE = 20; // ms: one stroke may change the drawing several times
const IN_A_ROW = 150; // ms to wait while one change follows another

const TEXT_FIELDS = "input, textarea, [contenteditable]";
const CLIPBOARD = "[class*='cliparea']"; // where Ketcher keeps the focus to catch copy and paste

// Date and time in the second line of a mol block; a space stands for the first digit where there
// is one only, as before ten in the morning.
const WRITTEN_AT = /^(.*\n.{10})[ \d]{10}/;

let ketcher = null;
let bridge = null;
let showing = 0; // drawings on their way from Python, which are no edits
let settling = 0; // those that are there, of which Ketcher has yet to tell
let timer = null; // of a change that is to be reported
let latest = 0; // of the drawings that Python wants to see
let reported = 0; // when, ms
let last = ""; // what Python knows

async function content() {
  const ids = [...ketcher.editor.struct().atoms.keys()];
  const molfile = ids.length ? await ketcher.getMolfile("v2000") : "";
  // What nobody has touched is no other drawing a minute later.
  return { molfile: molfile.replace(WRITTEN_AT, `$1${" ".repeat(10)}`), ids };
}

function changed() {
  if (showing || settling) return;
  clearTimeout(timer);
  const quiet = performance.now() - reported > IN_A_ROW;
  timer = setTimeout(report, quiet ? AT_ONCE : IN_A_ROW);
}

async function report() {
  clearTimeout(timer);
  timer = null;
  reported = performance.now();
  const before = latest;
  try {
    const { molfile, ids } = await content();
    // What was read before another drawing came is no edit of that one.
    if (showing || latest !== before || molfile === last) return;
    last = molfile;
    bridge.report_drawing(molfile, ids);
  } catch (error) {
    bridge.report_refusal(String(error.message ?? error));
  }
}

// The window undoes and redoes drawings and relaxations alike; text fields keep their own.
function onKey(event) {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.target.closest?.(TEXT_FIELDS) && !event.target.closest(CLIPBOARD)) return;
  const redo = key === "y" || (key === "z" && event.shiftKey);
  if (key !== "z" && !redo) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (redo) bridge.ask_redo(); else bridge.ask_undo();
}

function onReady(instance) {
  if (ketcher === instance) return; // Ketcher says it twice
  ketcher = instance;
  ketcher.setSettings({ ignoreChiralFlag: true });
  ketcher.editor.subscribe("change", changed);
  window.addEventListener("keydown", onKey, true);
  bridge.report_ready();
}

window.moreredSketch = {
  ketcher: () => ketcher,
  // Shows a drawing, or an empty page; tells Python the numbers of its atoms in their order.
  async show(molfile, token, inPlace) {
    latest = token;
    if (timer !== null) await report(); // what this drawing takes the place of
    if (token !== latest) return;
    showing += 1;
    try {
      if (molfile) await ketcher.setMolecule(molfile, { preserveCanvasPosition: inPlace });
      else ketcher.editor.clear();
      const now = await content();
      last = now.molfile;
      bridge.report_shown(token, now.ids);
    } catch (error) {
      bridge.report_refusal(String(error.message ?? error));
    } finally {
      clearTimeout(timer);
      timer = null;
      showing -= 1;
      settling += 1;
      // Ketcher tells of the change only after the promise is kept.
      setTimeout(() => { settling -= 1; }, 0);
    }
  },
  // What was drawn a moment ago is told of before the number is given back.
  async tell(number) {
    await report();
    bridge.report_told(number);
  },
  mark(numbers, color) {
    ketcher.editor.highlights.clear();
    if (numbers.length) ketcher.editor.highlights.create({ atoms: numbers, bonds: [], color });
  },
  setTheme(theme) {
    const style = document.documentElement.style;
    for (const [name, value] of Object.entries(theme.colours)) style.setProperty(`--${name}`, value);
    document.documentElement.classList.toggle("dark", theme.dark);
  },
};

new QWebChannel(qt.webChannelTransport, (channel) => {
  bridge = channel.objects.bridge;
  mount(document.getElementById("sketcher"), {
    onReady,
    onError: (message) => bridge.report_refusal(String(message)),
  });
});
