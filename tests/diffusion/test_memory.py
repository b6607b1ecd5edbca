"""The allocator's hint."""

import sys

import pytest

from morered_gui.diffusion.memory import INFERENCE_BLOCK, keep_memory


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_that_glibc_takes_the_hint() -> None:
    assert keep_memory(INFERENCE_BLOCK)


def test_that_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_memory.__wrapped__(INFERENCE_BLOCK)
