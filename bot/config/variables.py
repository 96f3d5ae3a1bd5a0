"""The variables of the environment, each of which sets a key of the configuration.

Law: every key has one, by the name that its place in `config.schema` gives it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from bot.config.schema import Config, Section
from bot.files.problems import KeyPath

PREFIX: Final = "DRAMATIS_"


def _variables(section: type[Section] = Config, above: tuple[str, ...] = ()) -> Iterator[tuple[str, KeyPath]]:
    for name, info in section.model_fields.items():
        path = (*above, name)
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            yield from _variables(info.annotation, path)
        else:
            yield f"{PREFIX}{'__'.join(path)}".upper(), path


VARIABLES: Final[Mapping[str, KeyPath]] = dict(_variables())
"""All variables by their long names, each with the key it sets."""

EXAMPLES: Final[Mapping[KeyPath, str]] = {
    ("discord", "servers"): "[123456789012345678]",
    ("personas", "roots"): '["cast", "/srv/cast"]',
    ("prices",): '{"llama-3": {"input": 0.1, "output": 0.4}}',
    ("proxies", "applications"): "[123456789012345678]",
    ("proxies", "ignored_prefixes"): '["pk;", "tul!"]',
    ("blocked",): "[123456789012345678]",
    ("channels",): '{"123": {"persona": "marlow"}}',
}
"""The keys whose variables are JSON, each with an example."""
