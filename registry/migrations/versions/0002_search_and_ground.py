"""Full-text indexes of each engine, and the rows a registry cannot do without."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KINDS = ("programme", "organisation", "need", "offer")


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for kind in KINDS:
        if sqlite:
            # Texts come in already folded and split (catalogue/search.py), so the tokenizer only cuts at spaces.
            op.execute(f"CREATE VIRTUAL TABLE {kind}_search USING fts5(title, body, tokenize = 'unicode61 remove_diacritics 0')")
        else:
            op.execute(f"CREATE TABLE {kind}_search (rowid bigint PRIMARY KEY REFERENCES {kind} (id) ON DELETE CASCADE, body tsvector NOT NULL)")
            op.execute(f"CREATE INDEX ix_{kind}_search_body ON {kind}_search USING gin (body)")
    op.execute(sa.text("INSERT INTO audit_head (id, entry_id, sha256) VALUES (1, 0, :zero)").bindparams(zero="0" * 64))
    for key in ("registry_id", "epoch"):
        op.execute(sa.text("INSERT INTO registry_meta (key, value) VALUES (:key, :value)").bindparams(key=key, value=str(uuid.uuid4())))


def downgrade() -> None:
    for kind in KINDS:
        op.execute(f"DROP TABLE {kind}_search")
    op.execute("DELETE FROM audit_head")
    op.execute("DELETE FROM registry_meta WHERE key IN ('registry_id', 'epoch')")
