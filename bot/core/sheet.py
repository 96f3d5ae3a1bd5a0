"""The sheet: the base of what admins write in YAML, such as personas and lorebooks.

Law: strict types and no unknown keys: a mistake is an error, never a guess.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True)]
FilledText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Sheet(BaseModel):
    """Base of all parts of a file: strict types, no unknown keys, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
