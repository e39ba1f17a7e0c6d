from __future__ import annotations

import re
from pathlib import Path

from convbridge.plan import LIMITS, Breach
from plan_samples import plan, world

PAGE = Path(__file__).parents[2].joinpath("docs", "lifecycle.md").read_text()


def test_the_plan_on_the_page_is_what_is_printed():
    (block,) = re.findall(r"```text\n(.*?)\n```", PAGE, re.DOTALL)

    assert block == str(plan(world()))


def test_every_limit_is_on_the_page_with_its_flag():
    flags = [Breach(limit=name, message="").flag for name in LIMITS]

    assert sorted(re.findall(r"\| `(\w+)` \| .* \| `(--[\w-]+)` \|", PAGE)) == sorted(
        zip(LIMITS, flags, strict=True)
    )
