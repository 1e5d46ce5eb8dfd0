"""Alembic's entry: runs the migrations over the connection that registry.migrate hands it."""

from typing import Any

from alembic import context
from sqlmodel import SQLModel

import registry.models  # noqa: F401  (fills SQLModel.metadata)


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    # Full-text indexes are engine-specific and made by hand in a migration of their own; tickets are Procrastinate's.
    return not (kind == "table" and name is not None and ("_search" in name or name.startswith("procrastinate_")))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_object=include_object,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
