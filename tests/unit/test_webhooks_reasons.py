"""Every reason that a person may meet is written down."""

from pathlib import Path

from registry.webhooks.reasons import DELIVERY_REASONS, DISABLED_REASONS

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text(encoding="utf-8")


def test_every_reason_is_documented_in_the_same_words() -> None:
    rows = [line.strip("| ").split(" | ", 1) for line in PAGE.splitlines() if line.startswith("| `")]
    table = {row[0]: row[1] for row in rows}
    for code, meaning in {**DELIVERY_REASONS, **DISABLED_REASONS}.items():
        if code in DELIVERY_REASONS and code in DISABLED_REASONS:
            assert DELIVERY_REASONS[code] == DISABLED_REASONS[code]
        assert table[f"`{code}`"] == meaning
