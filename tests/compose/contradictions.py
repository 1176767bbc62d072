"""What the three descriptions of a village say against each other, or against the settings of the product."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch

from tests.chart.settings_of import known_variables
from tests.compose.differences import COMMANDS, COMPONENTS, MEMORY, VALUES, VARIABLES
from tests.compose.sources import Component

__all__ = ["Descriptions", "contradictions", "listening"]

_LISTENS = {"edge": ("EDGE_GRPC", "EDGE_STATUS"), "cache": ("EDGE", "EDGE_CACHE_METRICS")}
_SERVICES = ("account", "blog", "comment", "spam")
_OF_OTHERS = frozenset({"postgres", "collector", "jaeger", "prometheus", "grafana"})


@dataclass
class Descriptions:
    """Components by name. `used` gathers which of the explained differences are there."""

    compose: Mapping[str, Component]
    chart: Mapping[str, Component]
    up: Mapping[str, Component]
    used: set[tuple[str, ...]] = field(default_factory=set)

    def explained(self, table: Mapping[tuple[str, str], str], where: str, what: str, component: str = "") -> bool:
        for place, pattern in table:
            named, _, name = pattern.rpartition(":")
            if place == where and fnmatch(what, name) and fnmatch(component, named or "*"):
                self.used.add((place, pattern))
                return True
        return False


def contradictions(three: Descriptions) -> list[str]:
    """One sentence each; none where all is well."""
    checks: tuple[Callable[[Descriptions], Iterator[str]], ...] = (
        _components,
        _commands,
        _unknown_variables,
        _variables_of_chart,
        _variables_of_up,
        _ports,
        _targets,
        _bounds,
        _images,
        _stale,
    )
    return [sentence for check in checks for sentence in check(three)]


def _components(three: Descriptions) -> Iterator[str]:
    everybody = three.compose.keys() | three.chart.keys() | three.up.keys()
    for where, there in (("compose", three.compose), ("chart", three.chart), ("up", three.up)):
        for name in sorted(everybody - there.keys()):
            if not three.explained(COMPONENTS, where, name):
                yield f"{where} has no {name}"


def _commands(three: Descriptions) -> Iterator[str]:
    for where, there in (("chart", three.chart), ("up", three.up)):
        for name in sorted(three.compose.keys() & there.keys()):
            here, other = three.compose[name].command, there[name].command
            if here != other and not three.explained(COMMANDS, where, name):
                yield f"{name} runs {' '.join(here)} in compose and {' '.join(other)} in {where}"


def _unknown_variables(three: Descriptions) -> Iterator[str]:
    known = known_variables()
    for where, there in (("compose", three.compose), ("chart", three.chart), ("up", three.up)):
        for name in sorted(there.keys() - _OF_OTHERS):
            for variable in sorted(there[name].environment.keys() - known):
                yield f"{where} tells {name} {variable}, which nothing reads"


def _variables_of_chart(three: Descriptions) -> Iterator[str]:
    for name in sorted((three.compose.keys() & three.chart.keys()) - _OF_OTHERS):
        here, there = three.compose[name].environment, three.chart[name].environment
        for variable in sorted(here.keys() - there.keys()):
            if not three.explained(VARIABLES, "chart", variable, name):
                yield f"the chart does not tell {name} {variable}"
        for variable in sorted(there.keys() - here.keys()):
            if not three.explained(VARIABLES, "compose", variable, name):
                yield f"compose does not tell {name} {variable}"
        for variable in sorted(here.keys() & there.keys()):
            # A Secret's value is not known, and need not be the same.
            if there[variable] is None or here[variable] == there[variable]:
                continue
            if variable not in VALUES:
                yield f"{variable} of {name} is {here[variable]} in compose and {there[variable]} in the chart"
            three.used.add((variable,))


def _variables_of_up(three: Descriptions) -> Iterator[str]:
    common = three.compose.keys() & three.up.keys()
    here = {variable for name in common for variable in three.compose[name].environment}
    there = {variable for name in common for variable in three.up[name].environment}
    yield from (f"compose does not tell anybody {variable}, as `hamlet up` does" for variable in sorted(there - here))
    for variable in sorted(here - there):
        if not three.explained(VARIABLES, "up", variable):
            yield f"`hamlet up` does not tell anybody {variable}, as compose does"


def listening(name: str, component: Component) -> set[int]:
    """The ports of the container on which a component of ours listens, by what it is told."""
    prefixes = _LISTENS.get(name, (name.upper(), f"{name.upper()}_HEALTH", f"{name.upper()}_METRICS"))
    addresses = [component.environment.get(f"HAMLET_{prefix}_LISTEN") for prefix in prefixes]
    return {int(address.rpartition(":")[2]) for address in addresses if address}


def _ports(three: Descriptions) -> Iterator[str]:
    for name in (*_SERVICES, "edge", "cache"):
        if name not in three.compose or name not in three.chart:
            continue
        here, charted = listening(name, three.compose[name]), set(three.chart[name].ports)
        if here != charted:
            yield f"{name} listens on {sorted(here)} in compose and on {sorted(charted)} in the chart"
        if unheard := three.compose[name].ports - here:
            yield f"compose publishes {sorted(unheard)} of {name}, where nobody listens"
        if name in three.up and three.compose[name].ports != three.up[name].ports:
            doors = (sorted(three.compose[name].ports), sorted(three.up[name].ports))
            yield f"the doors of {name} are {doors[0]} in compose and {doors[1]} in `hamlet up`"


def _targets(three: Descriptions) -> Iterator[str]:
    for name, component in three.compose.items():
        for variable, value in component.environment.items():
            if not variable.endswith("_TARGET") or value is None:
                continue
            host, _, port = value.removeprefix("dns:///").partition(":")
            if host not in three.compose or int(port) not in listening(host, three.compose[host]):
                yield f"{variable} of {name} is {value}, where nobody listens"


def _bounds(three: Descriptions) -> Iterator[str]:
    for name in sorted(three.compose.keys() & three.chart.keys()):
        here, there = three.compose[name], three.chart[name]
        if here.memory != there.memory:
            if name not in MEMORY:
                yield f"{name} may take {here.memory} MiB in compose and {there.memory} in the chart"
            three.used.add((name,))
        if there.leaves_within and here.leaves_within != there.leaves_within:
            yield f"{name} leaves within {here.leaves_within} s in compose and {there.leaves_within} s in the chart"


def _images(three: Descriptions) -> Iterator[str]:
    for name in sorted(three.compose.keys() & three.chart.keys()):
        here, there = three.compose[name].image, three.chart[name].image
        if here != there:
            yield f"the image of {name} is {here} in compose and {there} in the chart"


def _stale(three: Descriptions) -> Iterator[str]:
    """Checked last, when the others have looked everything up."""
    explained = {*COMPONENTS, *COMMANDS, *VARIABLES, *((name,) for name in (*VALUES, *MEMORY))}
    yield from (f"differences.py explains {each}, which is no difference" for each in sorted(explained - three.used))
