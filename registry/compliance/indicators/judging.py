"""Whether a plan or an observation fits its indicator. Pure. Raises InvalidInput with dotted paths."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from registry.compliance.indicators import rules
from registry.compliance.indicators.definitions import Indicator
from registry.errors import N_, InvalidInput


def judge_plan(indicator: Indicator, plan: Mapping[str, Any]) -> None:
    """A target that asks for no improvement is refused."""
    baseline, target = plan["baseline"], plan["target"]
    if indicator.unit == "percent":
        for name in ("baseline", "target"):
            if plan[name] is not None and Fraction(plan[name]) > 100:
                raise InvalidInput({name: [N_("A percentage is at most 100.")]})
    if target is not None and baseline is None:
        raise InvalidInput({"baseline": [N_("A target is measured from a baseline: write where it began.")]})
    if target is None or baseline is None:
        return
    if rules.is_worse(Fraction(baseline), Fraction(target), indicator.direction):
        better = N_("higher") if indicator.direction == "up" else N_("lower")
        raise InvalidInput(
            {"target": [f"For this indicator {better} is better: the target must be {better} than the baseline."]}
        )


def judge_observation(indicator: Indicator, form: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    """The columns of the observation. `at`: path before the fields' names (`observations.3.`)."""
    found: dict[str, list[str]] = {}
    foreign = [name for name in form["groups"] if name not in indicator.dimensions]
    if foreign:
        allowed = ", ".join(indicator.dimensions) or N_("nothing")
        found[f"{at}groups.{foreign[0]}"] = [f"This indicator is broken down by: {allowed}."]
    numerator, denominator, value = form["numerator"], form["denominator"], form["value"]
    if (numerator is None) != (denominator is None):
        missing = "denominator" if denominator is None else "numerator"
        found[at + missing] = [N_("A share needs both: the numerator and the denominator.")]
    elif numerator is not None and value is not None:
        found[f"{at}value"] = [N_("Write the share's two numbers or its value, not both.")]
    elif numerator is not None and not indicator.is_share:
        found[f"{at}numerator"] = [N_("This indicator is one number: write it as the value.")]
    elif numerator is None and value is None:
        found[f"{at}{'numerator' if indicator.is_share else 'value'}"] = [N_("This is needed.")]
    elif indicator.unit == "percent" and _beyond_all(numerator, denominator, value):
        found[f"{at}{'value' if value is not None else 'numerator'}"] = [N_("This comes to more than 100 percent.")]
    if found:
        raise InvalidInput(found)
    groups = {name: " ".join(str(group).lower().split()) for name, group in sorted(form["groups"].items())}
    return {
        "period_start": form["period_start"],
        "period_end": form["period_end"],
        "dimensions": groups,
        "breakdown": ";".join(f"{name}={group}" for name, group in groups.items()),
        "value": value,
        "numerator": numerator,
        "denominator": denominator,
        "quality": form["quality"],
        "source": form["source"] or "",
    }


def _beyond_all(numerator: str | None, denominator: str | None, value: str | None) -> bool:
    if value is not None:
        return Fraction(value) > 100
    return Fraction(numerator or 0) > Fraction(denominator or 0)
