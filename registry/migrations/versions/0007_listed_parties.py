"""Persons and entities on sanctions lists; what a remote record became is a programme or one of them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import registry.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "listed_party",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", registry.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", registry.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("sort_name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("regime", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.Column("amended_on", sa.Date(), nullable=True),
        sa.Column("states", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("archived_at", registry.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("archived_reason", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=True),
        sa.CheckConstraint("kind IN ('person', 'entity')", name=op.f("ck_listed_party_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed_party")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_listed_party_listed_on", "listed_party", ["listed_on", "id"])
    op.create_index("ix_listed_party_name", "listed_party", ["sort_name", "id"])
    op.create_index(op.f("ix_listed_party_reference"), "listed_party", ["reference"])
    op.create_index(op.f("ix_listed_party_source"), "listed_party", ["source"])
    if sqlite:
        # Texts come in already folded and split (catalogue/search.py), so the tokenizer only cuts at spaces.
        op.execute("CREATE VIRTUAL TABLE listed_party_search USING fts5(title, body, tokenize = 'unicode61 remove_diacritics 0')")
    else:
        op.execute("CREATE TABLE listed_party_search (rowid bigint PRIMARY KEY REFERENCES listed_party (id) ON DELETE CASCADE, body tsvector NOT NULL)")
        op.execute("CREATE INDEX ix_listed_party_search_body ON listed_party_search USING gin (body)")
    # In words of SQL: a batch would copy the table on SQLite, and lose its CHECK and AUTOINCREMENT.
    kind = "INTEGER" if sqlite else "BIGINT"
    op.execute(f"ALTER TABLE feed_record ADD COLUMN listed_id {kind} CONSTRAINT fk_feed_record_listed_id_listed_party REFERENCES listed_party (id)")
    op.create_index("ix_feed_record_listed", "feed_record", ["listed_id"])


def downgrade() -> None:
    op.drop_index("ix_feed_record_listed", "feed_record")
    op.drop_column("feed_record", "listed_id")
    op.drop_table("listed_party_search")
    op.drop_table("listed_party")
