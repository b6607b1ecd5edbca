// The one thing that the window's page takes from here: mount Ketcher into an element.
import { createRoot } from "react-dom/client";
import { Editor } from "ketcher-react";
import { StandaloneStructServiceProvider } from "ketcher-standalone/dist/binaryWasmNoRender";
import "ketcher-react/dist/index.css";

// What the window has itself (files, undo, a view in space), and what makes no single molecule.
const HIDDEN = [
  "about", "any-atom", "arrows", "create-monomer", "extended-table", "fullscreen", "help", "images",
  "miew", "open", "reaction-automap", "reaction-mapping-tools", "reaction-plus", "recognize",
  "redo", "rgroup", "save", "sgroup", "shapes", "text", "undo",
];

export function mount(element, { onReady, onError }) {
  const buttons = Object.fromEntries(HIDDEN.map((name) => [name, { hidden: true }]));
  createRoot(element).render(
    <Editor
      staticResourcesUrl=""
      structServiceProvider={new StandaloneStructServiceProvider()}
      disableMacromoleculesEditor
      buttons={buttons}
      errorHandler={onError}
      onInit={onReady}
    />,
  );
}
