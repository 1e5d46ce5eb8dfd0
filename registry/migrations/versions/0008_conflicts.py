"""Conflicts between sources; what a source said when a person wrote over it."""

import json

import sqlalchemy as sa
import sqlmodel
from alembic import op

import registry.db

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('conflict',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('programme_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('field', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
    sa.Column('sides', sa.Text(), nullable=False),
    sa.Column('judged', sa.Text(), nullable=False),
    sa.Column('decision', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=True),
    sa.Column('undo', sa.Text(), nullable=True),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('decided_at', registry.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('opened_at', registry.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("decision IS NULL OR decision IN ('keep', 'take', 'both')", name=op.f('ck_conflict_decision')),
    sa.CheckConstraint("state IN ('open', 'decided', 'gone')", name=op.f('ck_conflict_state')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_conflict_programme_id_programme'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_conflict_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conflict')),
    sa.UniqueConstraint('programme_id', 'field', name=op.f('uq_conflict_programme_id_field')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('conflict', schema=None) as batch_op:
        batch_op.create_index('ix_conflict_state', ['state', 'opened_at', 'id'], unique=False)

    with op.batch_alter_table('programme_override', schema=None) as batch_op:
        batch_op.add_column(sa.Column('seen', sa.Text(), nullable=True))
    _note_what_was_seen(op.get_bind())


def _note_what_was_seen(connection: sa.Connection) -> None:
    # Edits made before count as made with the eyes on what the source says today.
    rows = connection.execute(
        sa.text(
            "SELECT o.id, o.field, d.document FROM programme_override o"
            " JOIN programme_document d ON d.programme_id = o.programme_id"
        )
    ).all()
    for row in rows:
        seen = json.dumps(json.loads(row.document).get(row.field), ensure_ascii=False, sort_keys=True)
        connection.execute(sa.text("UPDATE programme_override SET seen = :seen WHERE id = :id"), {"seen": seen, "id": row.id})


def downgrade() -> None:
    with op.batch_alter_table('programme_override', schema=None) as batch_op:
        batch_op.drop_column('seen')

    with op.batch_alter_table('conflict', schema=None) as batch_op:
        batch_op.drop_index('ix_conflict_state')

    op.drop_table('conflict')
