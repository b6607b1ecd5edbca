"""Weights under the names that the reference implementation of MoreRed gives them.

Reference: github.com/khaledkah/MoreRed on SchNetPack. Body and layers bear the same names
there and here; only the heads are reached by other paths.
"""

from collections.abc import Mapping

from morered_gui.diffusion.config import NetworkConfig, NetworkKind

_BODY = "representation."
_TIME, _NOISE = "time_head.outnet.", "noise_head.outnet."
# Head -> where the reference keeps it. A joint model keeps its time head twice (the noise
# head holds it as well); the copy is left out.
_PREFIXES = {
    NetworkKind.JOINT: {
        _TIME: "output_modules.0.time_outnet.outnet.",
        _NOISE: "output_modules.1.outnet.",
    },
    NetworkKind.NOISE: {_NOISE: "output_modules.0.outnet."},
    NetworkKind.TIME: {_TIME: "output_modules.0.time_outnet.outnet."},
}


def kind_of(names: Mapping[str, object]) -> NetworkKind:
    """Which kind of network a reference state belongs to; ValueError where it is none."""
    gated = any(name.startswith("output_modules.0.outnet.0.mix_vectors") for name in names)
    if any(name.startswith("output_modules.1.outnet.0.mix_vectors") for name in names):
        return NetworkKind.JOINT
    if gated:
        return NetworkKind.NOISE
    if "output_modules.0.time_outnet.outnet.0.weight" in names:
        return NetworkKind.TIME
    raise ValueError("these are not the weights of a MoreRed network")


def from_upstream[Array](state: Mapping[str, Array]) -> dict[str, Array]:
    """Reference names -> names here; ValueError where an expected part is missing."""
    prefixes = _PREFIXES[kind_of(state)]
    renamed = {name: value for name, value in state.items() if name.startswith(_BODY)}
    for here, there in prefixes.items():
        for name, value in state.items():
            if name.startswith(there):
                renamed[here + name.removeprefix(there)] = value
    return renamed


def to_upstream[Array](state: Mapping[str, Array], kind: NetworkKind) -> dict[str, Array]:
    """Names here -> reference names, the joint model's second copy included."""
    prefixes = dict(_PREFIXES[kind])
    renamed = {name: value for name, value in state.items() if name.startswith(_BODY)}
    for here, there in prefixes.items():
        for name, value in state.items():
            if name.startswith(here):
                renamed[there + name.removeprefix(here)] = value
    if kind == NetworkKind.JOINT:
        copy = "output_modules.1.time_outnet.time_outnet.outnet."
        for name, value in state.items():
            if name.startswith(_TIME):
                renamed[copy + name.removeprefix(_TIME)] = value
    return renamed


def config_of[Array](
    state: Mapping[str, Array],
) -> NetworkConfig:
    """The shape of a reference network, read off its weights' shapes."""
    filters = _shape(state, "representation.filter_net.weight")
    embedding = _shape(state, "representation.embedding.weight")
    blocks = {n.split(".")[2] for n in state if n.startswith("representation.interactions.")}
    return NetworkConfig(
        kind=kind_of(state),
        n_features=embedding[1],
        n_interactions=len(blocks),
        n_rbf=filters[1],
        cutoff=float(state["representation.cutoff_fn.cutoff"][0]),  # type: ignore[index]
        max_atomic_number=embedding[0] - 1,
    )


def _shape(state: Mapping[str, object], name: str) -> tuple[int, ...]:
    return tuple(state[name].shape)  # type: ignore[attr-defined]
