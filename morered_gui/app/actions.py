"""Every command of the program, declared once; menus, toolbar and shortcuts are made of it."""

from morered_gui.app.action_spec import ActionSpec
from morered_gui.app.atom_actions import ATOM_ACTIONS

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "new", "&New", "mdi6.file-outline", "Ctrl+N", "An empty page, and the start page beside it"
    ),
    ActionSpec(
        "open", "&Open…", "mdi6.folder-open-outline", "Ctrl+O", "Open a molecule from a file"
    ),
    ActionSpec(
        "library", "Li&brary", "mdi6.bookshelf", "Ctrl+Shift+L", "Examples by topic, recent files"
    ),
    ActionSpec(
        "save_structure",
        "&Save structure…",
        "mdi6.content-save-outline",
        "Ctrl+S",
        "Save the structure on the screen",
        short="Save structure",
    ),
    ActionSpec(
        "save_trajectory",
        "Save &trajectory…",
        "mdi6.filmstrip",
        "Ctrl+Shift+S",
        "Save all frames of the relaxation",
        short="Save trajectory",
    ),
    ActionSpec(
        "export",
        "&Export…",
        "mdi6.export-variant",
        "Ctrl+E",
        "Film, picture, web page, plot, curves, or files for other programs",
        short="Export",
    ),
    ActionSpec(
        "copy_picture",
        "&Copy picture",
        "mdi6.content-copy",
        "Ctrl+Shift+C",
        "Put the 3D view into the clipboard",
    ),
    ActionSpec(
        "restore_session",
        "&Restore lost session",
        "mdi6.backup-restore",
        "",
        "Bring back what was on the screen when the program ended without being closed",
        short="Restore",
    ),
    ActionSpec(
        "save_session",
        "Sa&ve session…",
        "mdi6.archive-arrow-down-outline",
        "Ctrl+Alt+S",
        "Save molecule, all runs, plots and camera in one file",
    ),
    ActionSpec("quit", "&Quit", "mdi6.exit-to-app", "Ctrl+Q", "Leave the program"),
    ActionSpec("undo", "&Undo", "mdi6.undo", "Ctrl+Z", "Undo the last edit or relaxation"),
    ActionSpec("redo", "&Redo", "mdi6.redo", "Ctrl+Shift+Z", "Do again what was undone"),
    ActionSpec(
        "copy_smiles", "Copy as &SMILES", "mdi6.content-copy", "Ctrl+Alt+C", "Copy the SMILES"
    ),
    ActionSpec("copy_inchi", "Copy as &InChI", "", "", "Copy the InChI"),
    ActionSpec("copy_molfile", "Copy as &molfile", "", "", "Copy the drawing as V2000 molfile"),
    ActionSpec(
        "paste_molecule",
        "&Paste molecule",
        "mdi6.content-paste",
        "Ctrl+Shift+V",
        "Open the SMILES, InChI or molfile of the clipboard",
        short="Paste",
    ),
    ActionSpec(
        "start_drawing", "&Draw", "mdi6.pencil-outline", "Ctrl+Shift+D", "Draw a molecule in 2D"
    ),
    ActionSpec(
        "follow",
        "Relax &while you draw",
        "mdi6.fast-forward-outline",
        "",
        "Relax after every edit of the drawing, in a few steps",
        checkable=True,
    ),
    ActionSpec("relax", "&Relax", "mdi6.play", "Ctrl+R", "Relax the starting structure"),
    ActionSpec(
        "relax_by_other",
        "Relax with what takes the &molecule",
        "",
        "",
        "Choose a model or method that takes the molecule, where the chosen one does not",
    ),
    ActionSpec(
        "polish",
        "&Polish with GFN2-xTB",
        "mdi6.auto-fix",
        "",
        "Go on from the result with GFN2-xTB, as a run of its own",
    ),
    ActionSpec(
        "xtb_energies", "GFN2-xTB &energies of all frames", "", "", "Plot them; again to stop"
    ),
    ActionSpec("stop", "S&top", "mdi6.stop", "Esc", "Stop the relaxation; the frames are kept"),
    ActionSpec(
        "noise",
        "Add &noise",
        "mdi6.blur",
        "Ctrl+D",
        "Diffuse the starting structure to the chosen time step t",
    ),
    ActionSpec(
        "pure_noise",
        "From &pure noise",
        "mdi6.scatter-plot-outline",
        "",
        "Put the atoms at random places, and let plain diffusion begin at the last time step",
        short="Pure noise",
    ),
    ActionSpec(
        "adopt_frame",
        "&Use this frame as start",
        "mdi6.ray-start-arrow",
        "Ctrl+U",
        "Make the structure on the screen the new starting structure",
        short="Use as start",
    ),
    ActionSpec(
        "left_panels",
        "Panels on the &left",
        "mdi6.dock-left",
        "F8",
        "Draw, library, molecule; a narrow window shows one side at a time",
        checkable=True,
    ),
    ActionSpec(
        "right_panels",
        "Panels on the &right",
        "mdi6.dock-right",
        "F9",
        "Plots, method, runs and more; a narrow window shows one side at a time",
        checkable=True,
    ),
    ActionSpec(
        "ghost",
        "Show &reference",
        "mdi6.ghost-outline",
        "G",
        "Show the reference structure as a ghost",
        checkable=True,
        short="Reference",
    ),
    ActionSpec(
        "pin_frame",
        "&Pin this frame as ghost",
        "mdi6.pin-outline",
        "P",
        "Keep this frame in sight, faintly, beside the others",
        checkable=True,
    ),
    ActionSpec(
        "cloud",
        "Show the &cloud of seeds",
        "mdi6.chart-bubble",
        "Shift+G",
        "Lay the results of all seeds over each other, coloured by how far each atom spreads",
        checkable=True,
        short="Cloud",
    ),
    ActionSpec(
        "measure_distance", "Measure a &distance", "mdi6.ruler", "D", "Then click two atoms"
    ),
    ActionSpec(
        "measure_angle",
        "Measure an an&gle",
        "mdi6.angle-acute",
        "Shift+D",
        "Then click three atoms",
    ),
    ActionSpec(
        "measure_dihedral",
        "Measure a di&hedral",
        "mdi6.rotate-orbit",
        "Alt+D",
        "Then click four atoms in their order",
    ),
    ActionSpec(
        "plot_measurement",
        "Plot the &measurement",
        "mdi6.chart-line",
        "",
        "Draw the selected measurement as a curve over the frames",
    ),
    ActionSpec(
        "remove_measure",
        "&Remove the measurement",
        "mdi6.trash-can-outline",
        "",
        "Take the selected measurement away",
    ),
    *ATOM_ACTIONS,
    ActionSpec(
        "fit",
        "&Fit to window",
        "mdi6.fit-to-screen-outline",
        "F",
        "Show the whole molecule",
        short="Fit",
    ),
    ActionSpec("play", "&Play", "mdi6.play", "Space", "Play the trajectory, or pause"),
    ActionSpec("first", "&First frame", "mdi6.skip-backward", "Home", "First frame"),
    ActionSpec("previous", "&Previous frame", "mdi6.step-backward", "Left", "Previous frame"),
    ActionSpec("next", "&Next frame", "mdi6.step-forward", "Right", "Next frame"),
    ActionSpec("last", "&Last frame", "mdi6.skip-forward", "End", "Last frame"),
    ActionSpec("back_ten", "Ten frames back", "", "Shift+Left", "Ten frames back"),
    ActionSpec("forward_ten", "Ten frames on", "", "Shift+Right", "Ten frames on"),
    ActionSpec(
        "best",
        "&Best frame",
        "mdi6.star-outline",
        "B",
        "The frame with the lowest GFN2-xTB energy where all are known, else with the lowest t",
    ),
    ActionSpec(
        "live", "Follow &live", "mdi6.broadcast", "L", "Follow the newest frame", checkable=True
    ),
    ActionSpec("loop", "L&oop", "mdi6.repeat", "Ctrl+L", "Play again and again", checkable=True),
    ActionSpec(
        "skip_frames",
        "S&kip frames to keep the speed",
        "",
        "",
        "Leave frames out where drawing them all would be slower than the speed chosen",
        checkable=True,
    ),
    ActionSpec(
        "import_model",
        "&Import…",
        "mdi6.import",
        "",
        "Import a model that was published, such as those of the authors of MoreRed",
        short="Import model",
    ),
    ActionSpec(
        "manage_models",
        "&Manage…",
        "mdi6.card-text-outline",
        "",
        "All models with their cards; remove your own",
        short="Models",
    ),
    ActionSpec("models_folder", "&Open folder", "", "", "Show the folder of your own models"),
    ActionSpec(
        "run_seeds", "Relax with several &seeds", "", "", "The same start with other random numbers"
    ),
    ActionSpec(
        "run_methods",
        "Relax with all &methods",
        "",
        "",
        "One run with each method and model that is installed, one after another",
    ),
    ActionSpec(
        "remove_run",
        "Forget this ru&n",
        "mdi6.trash-can-outline",
        "",
        "Take the run out of the table; files are not touched",
    ),
    ActionSpec(
        "start_dissolved",
        "Use the dissolved structure as start",
        "mdi6.ray-start-arrow",
        "",
        "Relax from what the slider shows",
    ),
    ActionSpec(
        "demo_dissolve",
        "A &molecule dissolves and comes back",
        "mdi6.blur",
        "",
        "Guided demonstration: forward diffusion, the network's clock, and the way back",
    ),
    ActionSpec(
        "demo_noise",
        "&How noisy is it? Predicted t against RMSD",
        "mdi6.chart-scatter-plot",
        "",
        "Guided demonstration: three amounts of noise, and a disturbance that is none",
    ),
    ActionSpec(
        "demo_methods",
        "MMFF94, &GFN2-xTB and MoreRed on one molecule",
        "mdi6.compare",
        "",
        "Guided demonstration: three methods from the same start, side by side",
    ),
    ActionSpec("demo_next", "&Next", "", "PgDown", "On with the demonstration"),
    ActionSpec("demo_back", "&Back", "", "PgUp", "Back to the step before"),
    ActionSpec("demo_end", "&End the demonstration", "", "", "Esc as well", short="End"),
    ActionSpec("palette", "&Commands…", "mdi6.magnify", "Ctrl+K", "Find any command by its name"),
    ActionSpec(
        "shortcuts", "&Keyboard shortcuts", "mdi6.keyboard-outline", "F1", "List all shortcuts"
    ),
    ActionSpec("about", "&About MoreRed GUI", "mdi6.information-outline", "", "Version and paper"),
)

BY_ID = {spec.id: spec for spec in ACTIONS}
