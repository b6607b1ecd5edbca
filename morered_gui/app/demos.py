"""Guided demonstrations for a lecture: what is said, what is done, where to look."""

from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """What a demonstration can do."""

    OPEN = "open"  # an example by its id, unless it is there
    NOISE = "noise"  # diffuse the molecule to t, always by the same draw
    DISSOLVE = "dissolve"  # move the slider of the explanation to t
    METHOD = "method"  # choose a method, and a model where it needs one
    RELAX = "relax"  # and wait for the end
    PLOT = "plot"  # quantities of the left and the right axis, and what runs below
    FRAME = "frame"  # "first" or "last"
    PLAY = "play"


@dataclass(frozen=True)
class Deed:
    """One thing that is done."""

    verb: Verb
    value: str | int | tuple[str, str] | tuple[str, str, str] = ""


@dataclass(frozen=True)
class DemoStep:
    """A slide: few words, what happens, and the accessible name of the control concerned.

    What is done leads to the same state whether one comes from the step before or goes back.
    """

    title: str
    text: str
    light: str
    deeds: tuple[Deed, ...] = ()


@dataclass(frozen=True)
class Demo:
    """A demonstration; ``id`` is that of its action."""

    id: str
    title: str
    steps: tuple[DemoStep, ...]


VIEW, PLOT = "Molecule in three dimensions", "Course of the relaxation, frame by frame"
SCATTER, RUNS, FRAMES = "Predicted time step against RMSD", "Runs", "Frame"
METHOD, RELAX = "Method", "Relax"
DISSOLVE, TOLD = "Time step of forward diffusion", "What the network says"
_AS_USUAL = Deed(Verb.PLOT, ("t", "rmsd", "step"))


# What the slides say of DFT geometries holds for the networks that have learnt from them.
_MODELS = {"jt": "qm9-jt", "fast": "qm9-fast"}


def _run(method: str) -> tuple[Deed, ...]:
    return (Deed(Verb.METHOD, (method, _MODELS.get(method, ""))), Deed(Verb.RELAX))


def _noisy_run(example: str, t: int) -> tuple[Deed, ...]:
    return (_AS_USUAL, Deed(Verb.OPEN, example), Deed(Verb.NOISE, t), *_run("jt"))


DISSOLVING = Demo(
    "demo_dissolve",
    "A molecule dissolves and comes back",
    (
        DemoStep(
            "A molecule at rest",
            "Bicyclo[2.1.1]hexan-5-one, a strained cage near its equilibrium. We take it apart by "
            "noise, and let a network put it together again.",
            VIEW,
            (_AS_USUAL, Deed(Verb.OPEN, "bicyclohexanone")),
        ),
        DemoStep(
            "Noise takes it apart",
            "Forward diffusion pushes every atom at random, more with each time step t. Drag the "
            "slider yourself; the farther, the less is left of the molecule.",
            DISSOLVE,
            (Deed(Verb.OPEN, "bicyclohexanone"), Deed(Verb.DISSOLVE, 150)),
        ),
        DemoStep(
            "The network reads the clock",
            "Nobody tells the network how much noise was added. From the structure alone it "
            "predicts t: compare both numbers. This is what MoreRed adds to diffusion models.",
            TOLD,
            (Deed(Verb.OPEN, "bicyclohexanone"), Deed(Verb.DISSOLVE, 150)),
        ),
        DemoStep(
            "Back, step by step",
            "MoreRed-JT takes a little of the predicted noise away, asks for t anew, and so on. "
            "It has learnt from equilibrium structures alone: no energies, no forces.",
            RELAX,
            _noisy_run("bicyclohexanone", 150),
        ),
        DemoStep(
            "The clock runs backwards",
            "Predicted t falls, and the RMSD to the DFT geometry with it, which the network never "
            "sees. Point at the plot, or drag in it: the molecule shows that frame.",
            PLOT,
            (Deed(Verb.FRAME, "first"), Deed(Verb.PLAY)),
        ),
        DemoStep(
            "Where it ends",
            "The faint sticks are the DFT geometry; the result lies on it. Space plays the "
            "relaxation again, arrows step through it, Ctrl+E makes a film.",
            FRAMES,
            (Deed(Verb.FRAME, "last"),),
        ),
    ),
)
HOW_NOISY = Demo(
    "demo_noise",
    "How noisy is it? Predicted t against RMSD",
    (
        DemoStep(
            "One question, three amounts of noise",
            "1-Benzofuran is going to be diffused to t = 50, 100 and 200. Does the network tell "
            "how noisy each of them is?",
            VIEW,
            (_AS_USUAL, Deed(Verb.OPEN, "benzofuran")),
        ),
        DemoStep(
            "A little noise: t = 50",
            "Each point is a frame: predicted t upwards, RMSD to the DFT geometry to the right. "
            "The run begins at the upper right and ends at the origin.",
            SCATTER,
            _noisy_run("benzofuran", 50),
        ),
        DemoStep(
            "Twice as much: t = 100",
            "The network has seen the structure, not the number. It says somewhat less than "
            "100: this draw of noise is weaker than the average one, and so is its RMSD.",
            SCATTER,
            _noisy_run("benzofuran", 100),
        ),
        DemoStep(
            "Four times as much: t = 200",
            "The dashed curve is what forward diffusion gives on average. A run along the curve "
            "is one in which predicted t measures the distance still to go.",
            SCATTER,
            _noisy_run("benzofuran", 200),
        ),
        DemoStep(
            "Not every disturbance is noise",
            "This start is a minimum of MMFF94: hydroxyl groups are turned, little is strained. "
            "Its points lie below the curve: the network takes it for better than it is.",
            SCATTER,
            (Deed(Verb.OPEN, "trimethylolethane"), *_run("jt")),
        ),
    ),
)
THREE_METHODS = Demo(
    "demo_methods",
    "MMFF94, GFN2-xTB and MoreRed on one molecule",
    (
        DemoStep(
            "One start, three methods",
            "A strained cage with a side chain, its atoms disturbed by 0.21 Å. Each method relaxes "
            "the same start; the curves are RMSD to the DFT geometry over evaluations.",
            VIEW,
            (
                Deed(Verb.OPEN, "isopropylbicyclohexane"),
                Deed(Verb.PLOT, ("rmsd", "", "evaluations")),
            ),
        ),
        DemoStep(
            "MMFF94: a force field",
            "Springs and charges from tables. It is fast, and ends in its own minimum, which is "
            "not the one of quantum chemistry.",
            METHOD,
            _run("mmff94"),
        ),
        DemoStep(
            "GFN2-xTB: semiempirical quantum chemistry",
            "It solves for the electrons at every step. Nearer, at some milliseconds for each "
            "energy and its forces.",
            METHOD,
            _run("gfn2-xtb"),
        ),
        DemoStep(
            "MoreRed: a network that denoises",
            "Some eight evaluations of the network. It knows neither energies nor forces; it "
            "has learnt what equilibrium structures look like.",
            METHOD,
            _run("fast"),
        ),
        DemoStep(
            "Side by side",
            "RMSD, evaluations, seconds and verdict of each run. Click a run to look at it, tick "
            "it to draw its curve.",
            RUNS,
            (Deed(Verb.PLOT, ("rmsd", "", "evaluations")),),
        ),
        DemoStep(
            "One molecule proves nothing",
            "Over 300 starts at MMFF94 minima, unseen by the network, the medians are 0.150 Å for "
            "MMFF94, 0.067 Å for GFN2-xTB and 0.035 Å for MoreRed (README).",
            RUNS,
        ),
    ),
)
DEMOS = {demo.id: demo for demo in (DISSOLVING, HOW_NOISY, THREE_METHODS)}
