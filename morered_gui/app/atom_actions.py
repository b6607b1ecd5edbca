"""The commands that select and edit atoms in space."""

from morered_gui.app.action_spec import ActionSpec

ATOM_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "hand_turn",
        "&Turn the view",
        "mdi6.rotate-3d",
        "T",
        "The mouse turns the view",
        True,
        "Turn",
    ),
    ActionSpec(
        "hand_box",
        "Select by a &box",
        "mdi6.selection-drag",
        "S",
        "Draw a box around atoms with the mouse; with Shift they are added to the selection",
        checkable=True,
        short="Box",
    ),
    ActionSpec(
        "hand_move",
        "&Move atoms",
        "mdi6.hand-back-right-outline",
        "M",
        "Drag an atom with its hydrogens, or the whole selection; with Ctrl it is turned. "
        "Beside the atoms the mouse turns the view, with Shift it draws a box",
        checkable=True,
        short="Move",
    ),
    ActionSpec(
        "set_geometry",
        "&Set distance, angle or dihedral",
        "mdi6.ruler-square",
        "Ctrl+G",
        "Move the smaller fragment until 2, 3 or 4 selected atoms have the value in the panel",
        short="Set",
    ),
    ActionSpec(
        "change_element",
        "Change &element",
        "mdi6.atom",
        "Ctrl+Shift+E",
        "Make the selected atom the element in the panel; its hydrogens follow",
        short="Change",
    ),
    ActionSpec(
        "change_order",
        "Make, change or break a &bond",
        "mdi6.equal",
        "Ctrl+B",
        "Give two selected atoms a bond of the order in the panel, or none; hydrogens follow",
        short="Set",
    ),
    ActionSpec(
        "change_charge",
        "Change &charge",
        "mdi6.plus-minus-variant",
        "Ctrl+Shift+Q",
        "Give the selected atom the charge in the panel; hydrogens follow",
        short="Set",
    ),
    ActionSpec(
        "add_group",
        "Add &group",
        "mdi6.plus",
        "Ctrl+Shift+G",
        "Put the group in the panel in the place of a hydrogen of the selected atom",
        short="Add",
    ),
    ActionSpec(
        "delete_atoms",
        "&Delete atoms",
        "mdi6.trash-can-outline",
        "Ctrl+Del",
        "Delete the selected atoms with their hydrogens; open valences are filled",
        short="Delete",
    ),
    ActionSpec(
        "invert_centre",
        "&Invert stereocentre",
        "mdi6.flip-horizontal",
        "Ctrl+I",
        "Let two substituents of the selected atom change places",
        short="Invert",
    ),
    ActionSpec(
        "freeze",
        "&Freeze",
        "mdi6.snowflake",
        "Ctrl+F",
        "Selected atoms stay exactly where the start has them in every relaxation; "
        "again to free them",
        checkable=True,
        short="Freeze",
    ),
    ActionSpec(
        "unfreeze_all", "&Unfreeze all", "", "", "All atoms may move again", short="Free all"
    ),
    ActionSpec("select_all", "Select &all", "", "Ctrl+A", "All atoms"),
    ActionSpec(
        "select_none", "Select &none", "", "Ctrl+Shift+A", "Forget which atoms were selected"
    ),
    ActionSpec("select_rest", "Select the &others", "", "Ctrl+Shift+I", "What is not selected now"),
    ActionSpec(
        "select_fragment",
        "Select the &fragment",
        "",
        "Ctrl+Shift+F",
        "All that is connected with the selected atoms; with two that are bonded, what lies beyond "
        "the second one",
    ),
    ActionSpec(
        "select_element",
        "Select the same &elements",
        "",
        "Ctrl+Alt+E",
        "All atoms of the elements of those that are selected",
    ),
)

# An empty id is a separator.
ATOM_MENU: tuple[str, ...] = (
    "hand_turn",
    "hand_box",
    "hand_move",
    "",
    "select_all",
    "select_none",
    "select_rest",
    "select_fragment",
    "select_element",
    "",
    "set_geometry",
    "change_element",
    "change_order",
    "change_charge",
    "add_group",
    "delete_atoms",
    "invert_centre",
    "",
    "freeze",
    "unfreeze_all",
)
