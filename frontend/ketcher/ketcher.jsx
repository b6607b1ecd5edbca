// The one thing that the window's page takes from here: mount Ketcher into an element.
import { createRoot } from "react-dom/client";
import { Editor } from "ketcher-react";
import { StandaloneStructServiceProvider } from "ketcher-standalone/dist/binaryWasmNoRender";
import "ketcher-react/dist/index.css";

// What the program has itself, what needs a server, and what makes no single molecule.
const HIDDEN = [
  "about", "arrows", "fullscreen", "help", "images", "miew", "reaction-plus", "recognize", "open",
  "save", "shapes", "text", "create-monomer", "reaction-mapping-tools", "reaction-automap",
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
